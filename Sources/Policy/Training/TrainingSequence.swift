/// What a completion's tokens are trained towards.
public enum TokenObjective: Sendable {
  /// -log p(token): supervised fine-tuning.
  case crossEntropy
  /// -min(r A, clip(r, 1 - low, 1 + high) A) - entropy · H, with r = p(token) / the sampler's p(token), whose
  /// logarithm is in ``TrainingSequence/recorded``.
  ///
  /// Source: Schulman et al., "Proximal Policy Optimization" (arXiv 1707.06347), eq. 7; the asymmetric clip is
  /// that of DAPO (arXiv 2503.14476).
  case clippedSurrogate(advantage: Float, clipLow: Float, clipHigh: Float, entropy: Float)
  /// KL(reference ‖ model) over the masked distribution; `reference`: (completion tokens, vocabularySize)
  /// log-probabilities, as ``TrainingEngine/distributions(of:model:)`` gives them.
  case anchor(reference: [Float])
}

/// A prompt with its completion, and what to learn from it.
public struct TrainingSequence: Sendable {
  /// Prompt and completion.
  public var tokens: [Int32]
  /// At least 1, less than `tokens.count`.
  public var promptCount: Int
  /// The grammar, in its start state, that the completion was sampled under.
  public var constraint: (any TokenConstraint)?
  /// The temperature that the completion was sampled at; above 0.
  public var temperature: Float
  /// The sampler's log-probability of each completion token; `nil` for a completion that no sampler wrote.
  ///
  /// The surrogate needs it. Whatever the objective is, a gradient pass compares it with what the model says
  /// (``LossStatistics/greatestDifference``).
  public var recorded: [Float]?
  public var objective: TokenObjective
  /// Multiplies the loss of every completion token: 1 / tokens of the batch makes a token mean.
  public var weight: Float

  /// - Precondition: a prompt, a completion, a positive temperature, and as many recorded values as completion tokens.
  public init(
    tokens: [Int32], promptCount: Int, constraint: (any TokenConstraint)? = nil, temperature: Float = 1,
    recorded: [Float]? = nil, objective: TokenObjective = .crossEntropy, weight: Float = 1
  ) {
    precondition(promptCount >= 1 && promptCount < tokens.count && temperature > 0)
    precondition(recorded.map { $0.count == tokens.count - promptCount } ?? true)
    self.tokens = tokens
    self.promptCount = promptCount
    self.constraint = constraint
    self.temperature = temperature
    self.recorded = recorded
    self.objective = objective
    self.weight = weight
  }

  public var completionCount: Int { tokens.count - promptCount }
}

/// What a pass over training sequences found.
public struct LossStatistics: Sendable, Hashable {
  /// The weighted sum of all token losses.
  public var loss = 0.0
  /// Completion tokens.
  public var tokenCount = 0
  /// Rows that went through the model, and those that did not because another sequence begins with the same tokens.
  public var rowCount = 0
  public var sharedRowCount = 0
  /// Sum over tokens of the entropy of the distribution, in nats.
  public var entropy = 0.0
  /// Tokens whose ratio was clipped.
  public var clippedCount = 0
  /// Sum over tokens of r - 1 - log r, an estimate of KL(sampler ‖ model) (surrogate objectives only).
  ///
  /// Source: Schulman, "Approximating KL Divergence" (2020), estimator k3.
  public var approximateKL = 0.0
  /// The greatest |log p - recorded log p| of a token that was compared, in nats; infinite if one was no number.
  public var greatestDifference: Float = 0
  /// Tokens that were compared: those of sequences that have ``TrainingSequence/recorded``.
  public var comparedCount = 0

  mutating func add(_ other: LossStatistics) {
    loss += other.loss
    tokenCount += other.tokenCount
    rowCount += other.rowCount
    sharedRowCount += other.sharedRowCount
    entropy += other.entropy
    clippedCount += other.clippedCount
    approximateKL += other.approximateKL
    greatestDifference = max(greatestDifference, other.greatestDifference)
    comparedCount += other.comparedCount
  }
}
