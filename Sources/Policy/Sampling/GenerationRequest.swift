/// How a token is drawn from the logits.
public struct SamplingParameters: Sendable, Hashable, Codable {
  /// Divides the logits; at least 0. With 0 the likeliest token is taken, and among equals the one with the lower id.
  public var temperature: Float
  /// How many of the likeliest tokens are kept, at least 1; `nil` keeps all.
  public var topK: Int?
  /// Keeps the smallest set of likeliest tokens whose probability reaches this value, in (0, 1]; `nil` keeps all.
  public var topP: Float?
  /// Keeps tokens that are at least this fraction, 0 to 1, as likely as the likeliest; `nil` keeps all.
  public var minP: Float?

  public init(temperature: Float = 1, topK: Int? = nil, topP: Float? = nil, minP: Float? = nil) {
    self.temperature = temperature
    self.topK = topK
    self.topP = topP
    self.minP = minP
  }

  /// Always takes the likeliest token.
  public static let greedy = SamplingParameters(temperature: 0)
}

/// A completion to generate: the prompt, how to sample, and where to stop.
public struct GenerationRequest: Sendable {
  /// The token ids of the prompt; at least one.
  public var prompt: [Int32]
  /// The most tokens to generate, with the end token; at least 1.
  public var maximumTokens: Int
  public var sampling: SamplingParameters
  /// Seeds the generation's own random stream: token i is drawn from H(seed, i), whatever else is in the batch.
  public var seed: UInt64
  /// The grammar, in its start state, that the completion must obey; `nil` for none.
  public var constraint: (any TokenConstraint)?
  /// The token after which the generation stops.
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

/// A completion that has ended.
public struct Generation: Sendable, Hashable {
  /// Why a generation ended.
  public enum StopReason: UInt8, Sendable, Hashable {
    /// The end token was sampled. It is the last of `tokens`.
    case end
    /// The completion reached `maximumTokens` or the end of the model's context.
    case length
    /// The grammar allows no further token.
    case constraint
    /// The caller ended the generation, for example at a deadline.
    case cancelled
  }
  /// The token ids of the completion.
  public var tokens: [Int32]
  /// The natural logarithm of each token's probability in the distribution that it was sampled from, after
  /// temperature, grammar and truncation. Greedy tokens have their log-probability at temperature 1.
  public var logProbabilities: [Float]
  public var stop: StopReason
  /// What a model read and wrote in its own tokens, if these are not `tokens`.
  public var sampled: Sampled?

  /// A completion in the tokens of the model that sampled it. A trainer learns from these, and never encodes the text again.
  public struct Sampled: Sendable, Hashable {
    /// The token ids of the prompt, as the model read it.
    public var prompt: [Int32]
    /// The token ids that the model sampled.
    public var tokens: [Int32]
    /// The log-probability of each of `tokens`, as in ``Generation/logProbabilities``.
    public var logProbabilities: [Float]

    public init(prompt: [Int32], tokens: [Int32], logProbabilities: [Float]) {
      self.prompt = prompt
      self.tokens = tokens
      self.logProbabilities = logProbabilities
    }
  }

  /// The number of tokens that the policy generated, in its own vocabulary.
  package var sampledCount: Int { sampled?.tokens.count ?? tokens.count }

  public init(tokens: [Int32], logProbabilities: [Float], stop: StopReason) {
    self.tokens = tokens
    self.logProbabilities = logProbabilities
    self.stop = stop
  }

  /// The probability of all tokens together.
  /// - Complexity: O(tokens).
  package var probability: Double { Elementary.exp(logProbabilities.reduce(0) { $0 + Double($1) }) }
}
