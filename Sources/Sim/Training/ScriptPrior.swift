import Policy

/// The part of the designer's reward that holds its scripts near the cold start's designer π₀.
///
/// The reward of a design loses `weight` · (log π(script) - log π₀(script)), so that the designer maximizes
/// E[reward] - `weight` · KL(π ‖ π₀) over whole scripts: E[∇ log π] is 0, and nothing else of the update depends on the
/// log-probabilities. The best such designer is π₀(script) · exp(reward / `weight`), up to a factor. It keeps a share of
/// every script that the cold start showed, and writes none that the cold start never did.
///
/// Source: KL control of sequences, Jaques et al., "Sequence Tutor" (arXiv 1611.02796), eq. 9.
struct ScriptPrior {
  /// The cost of a nat.
  var weight: Double
  /// log π(script) - log π₀(script) of every design, in nats, in the shape of the tree. It is 0 for a design that the
  /// policy in training did not write.
  var divergences: [[Double]]
  /// The mean over the scripts that the policy in training wrote, which estimates KL(π ‖ π₀); 0 if there are none.
  var meanDivergence: Double

  /// Asks `model`, which has the weights of π₀, for the scripts of `tree`. The log-probabilities of π are those that the
  /// sampler recorded.
  /// - Complexity: one forward pass over the designs.
  init(_ tree: RolloutTree, weight: Double, batch: RoleBatch, model: Transformer, engine: TrainingEngine) {
    self.weight = weight
    divergences = tree.tasks.map { $0.designs.map { _ in 0 } }
    let written = batch.designs
    let references = engine.logProbabilities(of: written.map(\.sequence), model: model)
    for (design, reference) in zip(written, references) {
      // Summed in double precision, so that two equal policies differ by exactly 0.
      let recorded = design.sequence.recorded ?? []
      divergences[design.task][design.design] = zip(recorded, reference).reduce(0) {
        $0 + (Double($1.0) - Double($1.1))
      }
    }
    meanDivergence = divergences.joined().reduce(0, +) / Double(max(1, written.count))
  }

  /// Returns `rewards` with the cost of each design.
  func charged(to rewards: RewardTree) -> RewardTree {
    var rewards = rewards
    for task in divergences.indices {
      for (design, divergence) in divergences[task].enumerated() {
        rewards.tasks[task].designs[design].reward -= weight * divergence
      }
    }
    return rewards
  }
}
