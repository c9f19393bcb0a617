/// The loss of a completion's tokens.
public enum TokenObjective: Sendable {
  /// Supervised fine-tuning: -log p(token).
  case crossEntropy
  /// Policy gradient: -min(r A, clip(r, 1 - low, 1 + high) A) - entropy · H. Here r is p(token) divided by the
  /// sampler's p(token), whose logarithm the sequence has in `recorded`, and H is the entropy in nats.
  ///
  /// Source: Schulman et al., "Proximal Policy Optimization" (arXiv 1707.06347), eq. 7; the asymmetric clip is
  /// that of DAPO (arXiv 2503.14476).
  case clippedSurrogate(advantage: Float, clipLow: Float, clipHigh: Float, entropy: Float)
  /// Stays near a reference: KL(reference ‖ model) of the masked distributions. `reference` holds log-probabilities,
  /// (completion tokens, vocabularySize).
  case anchor(reference: [Float])
}

/// A prompt with its completion, and the loss that is computed for the completion's tokens.
public struct TrainingSequence: Sendable {
  /// The token ids of the prompt, then those of the completion.
  package var tokens: [Int32]
  /// The number of prompt tokens: at least 1, and less than `tokens.count`.
  package var promptCount: Int
  /// The grammar, in its start state, under which the completion was sampled; `nil` for none.
  package var constraint: (any TokenConstraint)?
  /// The temperature at which the completion was sampled; above 0.
  package var temperature: Float
  /// The sampler's log-probability of each completion token; `nil` if no sampler wrote the completion.
  ///
  /// The clipped surrogate requires it. For every objective, a gradient pass compares it with the model's own
  /// log-probability (``LossStatistics/greatestDifference``).
  package var recorded: [Float]?
  package var objective: TokenObjective
  /// The advantage of each completion token under the clipped surrogate; `nil` if all have the objective's.
  package var advantages: [Float]?
  /// Multiplies the loss of every completion token. With 1 / (completion tokens of the batch), the loss is a mean
  /// over tokens.
  package var weight: Float

  /// - Precondition: there is a prompt and a completion, the temperature is positive, and there are as many recorded
  ///   values as completion tokens.
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

  /// The number of completion tokens.
  package var completionCount: Int { tokens.count - promptCount }
}

/// What a gradient pass over training sequences measured.
public struct LossStatistics: Sendable, Hashable {
  /// The weighted sum of all token losses.
  public var loss = 0.0
  /// The number of completion tokens.
  public var tokenCount = 0
  /// How many rows went through the model; a row is one token's activations.
  package var rowCount = 0
  /// How many rows were not computed, because another sequence begins with the same tokens.
  package var sharedRowCount = 0
  /// The sum over tokens of the entropy of their distributions, in nats.
  public var entropy = 0.0
  /// How many tokens had their ratio clipped.
  package var clippedCount = 0
  /// The sum over tokens of r - 1 - log r, an estimate of KL(sampler ‖ model); only for the clipped surrogate.
  ///
  /// Source: Schulman, "Approximating KL Divergence" (2020), estimator k3.
  public var approximateKL = 0.0
  /// The sum over the tokens of anchors of KL(reference ‖ model), in nats, without their weights.
  package var anchorDivergence = 0.0
  /// The number of completion tokens of anchors.
  package var anchoredCount = 0
  /// The greatest |log p - recorded log p| of all compared tokens, in nats; infinite if one is not a number.
  public var greatestDifference: Float = 0
  /// How many tokens were compared: those of sequences with ``TrainingSequence/recorded``.
  package var comparedCount = 0

  mutating func add(_ other: LossStatistics) {
    loss += other.loss
    tokenCount += other.tokenCount
    rowCount += other.rowCount
    sharedRowCount += other.sharedRowCount
    entropy += other.entropy
    clippedCount += other.clippedCount
    approximateKL += other.approximateKL
    anchorDivergence += other.anchorDivergence
    anchoredCount += other.anchoredCount
    greatestDifference = max(greatestDifference, other.greatestDifference)
    comparedCount += other.comparedCount
  }
}
