/// A part of a training step, named by what its wall-clock time is spent on.
///
/// Parts never overlap. Together they are the whole step, except for the time that nothing measures.
package enum StepPart: String, Sendable, CaseIterable {
  /// The cold start draws the demonstrations of a step.
  case demonstrations
  /// Rollout threads run the policy (``RolloutTime/decode``).
  case decode
  /// Rollout threads run actors and record what they do (``RolloutTime/actors``).
  case actors
  /// Rollout threads have nothing left to do (``RolloutTime/waiting``).
  case waiting
  /// The trainer draws tasks, turns rewards into advantages, and generations into training sequences.
  case credit
  /// Earlier weights compute the distributions that the frozen role is anchored to, and what the prior is of scripts.
  case anchors
  /// The trainer runs forward and backward passes over the training sequences.
  case gradient
  /// The optimizer updates weights and moments, and checks that the weights are finite.
  case optimizer
  /// The policy plays held-out tasks.
  case evaluation
  /// The run writes log, metrics, times and checkpoints, and reports its progress.
  case writing
}
