/// How a token is drawn from the logits.
public struct SamplingParameters: Sendable, Hashable, Codable {
  /// Divides the logits; 0 is greedy (ties go to the lower id).
  public var temperature: Float
  /// Keeps the k most likely tokens; `nil` keeps all.
  public var topK: Int?
  /// Keeps the smallest set of tokens whose probability reaches this; `nil` keeps all.
  public var topP: Float?
  /// Keeps tokens at least this fraction as likely as the likeliest; `nil` keeps all.
  public var minP: Float?

  public init(temperature: Float = 1, topK: Int? = nil, topP: Float? = nil, minP: Float? = nil) {
    self.temperature = temperature
    self.topK = topK
    self.topP = topP
    self.minP = minP
  }

  public static let greedy = SamplingParameters(temperature: 0)
}

/// One completion to generate: a prompt, how to sample, and where to stop.
public struct GenerationRequest: Sendable {
  /// Token ids, at least one.
  public var prompt: [Int32]
  /// The most tokens to generate, the end token included.
  public var maximumTokens: Int
  public var sampling: SamplingParameters
  /// Seeds this generation's own stream: token i draws from H(seed, i), whatever the batch.
  public var seed: UInt64
  /// The grammar in its start state, if the completion must obey one.
  public var constraint: (any TokenConstraint)?
  /// Generation stops after this token.
  public var endToken: Int32

  public init(
    prompt: [Int32], maximumTokens: Int, sampling: SamplingParameters, seed: UInt64,
    constraint: (any TokenConstraint)? = nil, endToken: Int32
  ) {
    self.prompt = prompt
    self.maximumTokens = maximumTokens
    self.sampling = sampling
    self.seed = seed
    self.constraint = constraint
    self.endToken = endToken
  }
}

/// A finished completion.
public struct Generation: Sendable, Hashable {
  public enum StopReason: UInt8, Sendable, Hashable {
    /// The end token was sampled; it is the last of `tokens`.
    case end
    /// `maximumTokens`, or the model's context, was reached.
    case length
    /// The grammar allows nothing more.
    case constraint
    /// The caller cut it, at a deadline for example.
    case cancelled
  }
  public var tokens: [Int32]
  /// Natural-log probability of each token under the distribution it was sampled from; greedy tokens have that
  /// of temperature 1.
  public var logProbabilities: [Float]
  public var stop: StopReason

  public init(tokens: [Int32], logProbabilities: [Float], stop: StopReason) {
    self.tokens = tokens
    self.logProbabilities = logProbabilities
    self.stop = stop
  }
}
