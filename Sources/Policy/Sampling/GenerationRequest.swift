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
  /// The token ids of the prompt; at least one, unless there are ``messages``.
  public var prompt: [Int32]
  /// The conversation that is to be gone on with. Who answers it makes a prompt of it, with the template and the tokens of its
  /// own model, and gives the answer as ``Generation/text``. Empty if `prompt` is the question.
  public var messages: [ChatMessage] = []
  /// The most tokens to generate, with the end token; at least 1.
  public var maximumTokens: Int
  public var sampling: SamplingParameters
  /// Seeds the generation's own random stream: token i is drawn from H(seed, i), whatever else is in the batch.
  public var seed: UInt64
  /// The grammar, in its start state, that the completion must obey; `nil` for none.
  public var constraint: (any TokenConstraint)?
  /// The token after which the generation stops.
  public var endToken: Int32
  /// How many of the likeliest tokens a decoder's updates say at each place. It does not change what is drawn.
  package var likeliestCount = 0

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
    /// The prompt left no room in the model's context, so that nothing was generated.
    case overflow
  }
  /// The token ids of the completion.
  public var tokens: [Int32]
  /// The natural logarithm of each token's probability in the distribution that it was sampled from, after
  /// temperature, grammar and truncation. Greedy tokens have their log-probability at temperature 1.
  public var logProbabilities: [Float]
  public var stop: StopReason
  /// What a model read and wrote in its own tokens, if these are not `tokens`.
  public var sampled: Sampled?
  /// The completion as text, if a conversation was asked; `tokens` is then empty.
  public var text: String?
  /// What a server behind a network said beside the completion; `nil` if none was asked.
  package var served: Served?

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

  /// Makes the answer to a conversation. `sampled` is what the model wrote in its own tokens, if that is known.
  public init(text: String, sampled: Sampled? = nil, stop: StopReason) {
    self.init(tokens: [], logProbabilities: [], stop: stop)
    self.text = text
    self.sampled = sampled
  }

  /// The number of tokens that the policy generated, in its own vocabulary. Of a text whose tokens nobody knows, it is the
  /// number of words, and of digits and marks.
  package var sampledCount: Int {
    sampled?.tokens.count ?? served?.completionCount ?? text.map(WordTokenizer.wordCount) ?? tokens.count
  }

  public init(tokens: [Int32], logProbabilities: [Float], stop: StopReason) {
    self.tokens = tokens
    self.logProbabilities = logProbabilities
    self.stop = stop
  }

  /// How much of its limit the completion took: `tokens`, or, of the answer in a conversation, ``sampledCount``, and at least one.
  package var unitCount: Int { text == nil ? tokens.count : max(1, sampledCount) }

  /// The probability of all tokens together.
  /// - Complexity: O(tokens).
  package var probability: Double {
    Elementary.exp(spokenLogProbabilities.reduce(0) { $0 + Double($1) })
  }

  /// The logarithm of ``probability``, summed in single precision.
  package var logProbability: Float { spokenLogProbabilities.reduce(0, +) }

  /// The log-probabilities of the tokens in which the completion was given.
  private var spokenLogProbabilities: [Float] {
    text == nil
      ? logProbabilities : sampled?.logProbabilities ?? served?.pieces.map(\.logProbability) ?? []
  }
}
