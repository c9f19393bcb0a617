/// Generates completions: any number of sequences together, joining and leaving at any step.
///
/// A generation's tokens and log-probabilities depend on its request and the weights alone, not on what ran beside
/// it (P4). Used by one thread at a time; a step costs one row a sequence. Prompts submitted between two steps are
/// read in one pass.
public final class Decoder {
  /// Names a generation within its decoder.
  public typealias Handle = Int

  /// What a step did for one generation.
  public struct Update: Sendable {
    public var handle: Handle
    /// Tokens generated so far.
    public var tokenCount: Int
    /// The whole completion, once it has ended.
    public var finished: Generation?
  }

  private struct Sequence {
    var handle: Handle
    var request: GenerationRequest
    var constraint: (any TokenConstraint)?
    var slot: Int
    var generation = Generation(tokens: [], logProbabilities: [], stop: .length)
  }

  private let model: Transformer
  private let pass: ForwardPass
  private let cache: KeyValueCache
  private let gathered = FloatBuffer()
  private let logits = FloatBuffer()
  private var distribution: TokenDistribution
  private var waiting: [Sequence] = []
  private var running: [Sequence] = []
  private var nextHandle = 0

  public init(_ model: Transformer) {
    self.model = model
    pass = ForwardPass(model, keepsActivations: false)
    cache = KeyValueCache(model.configuration)
    distribution = TokenDistribution(vocabularySize: model.configuration.vocabularySize)
  }

  /// Generations that have not ended.
  public var activeCount: Int { waiting.count + running.count }

  /// Queues a generation; its first token comes with the next step.
  /// - Throws: ``GenerationError`` for a request that the model cannot run.
  public func submit(_ request: GenerationRequest) throws(GenerationError) -> Handle {
    try request.validate(for: model.configuration)
    nextHandle += 1
    waiting.append(
      Sequence(handle: nextHandle, request: request, constraint: request.constraint, slot: cache.acquire()))
    return nextHandle
  }

  /// Ends a generation without a further token; `nil` if there is none of that name.
  public func cancel(_ handle: Handle) -> Generation? {
    let all = waiting + running
    guard var sequence = all.first(where: { $0.handle == handle }) else { return nil }
    waiting.removeAll { $0.handle == handle }
    running.removeAll { $0.handle == handle }
    cache.release(sequence.slot)
    sequence.generation.stop = .cancelled
    return sequence.generation
  }

  /// Generates one token for every active generation, in order of submission.
  public func step() -> [Update] {
    guard activeCount > 0 else { return [] }
    var rows = Rows()
    var chosen: [Int] = []
    for sequence in running {
      // A running sequence has at least the token that its first step gave it.
      let last = sequence.generation.tokens[sequence.generation.tokens.count - 1]
      let position = sequence.request.prompt.count + sequence.generation.tokens.count - 1
      rows.append(last, position: position, home: sequence.slot)
      chosen.append(rows.count - 1)
    }
    for sequence in waiting {
      for (position, token) in sequence.request.prompt.enumerated() {
        rows.append(token, position: position, home: sequence.slot)
      }
      chosen.append(rows.count - 1)
    }
    running += waiting
    waiting.removeAll(keepingCapacity: true)
    pass.run(rows, cache: cache)
    pass.logits(of: chosen, gathered: gathered, into: logits)
    var updates: [Update] = []
    updates.reserveCapacity(running.count)
    var index = 0
    let width = model.configuration.paddedVocabularySize
    for place in running.indices {
      let isFinished = draw(&running[place], logits.pointer + index * width)
      index += 1
      let sequence = running[place]
      if isFinished { cache.release(sequence.slot) }
      updates.append(
        Update(
          handle: sequence.handle, tokenCount: sequence.generation.tokens.count,
          finished: isFinished ? sequence.generation : nil))
    }
    if updates.contains(where: { $0.finished != nil }) {
      running = zip(running, updates).filter { $0.1.finished == nil }.map(\.0)
    }
    return updates
  }

  /// Appends a token to `sequence`; returns whether it has ended.
  private func draw(_ sequence: inout Sequence, _ logits: Floats) -> Bool {
    let request = sequence.request
    let sampling = request.sampling
    distribution.set(
      logits, temperature: sampling.temperature > 0 ? sampling.temperature : 1,
      allowed: sequence.constraint?.allowedTokens())
    let token: Int
    if sampling.temperature > 0 {
      distribution.truncate(sampling)
      let index = UInt64(sequence.generation.tokens.count)
      token = distribution.token(at: CounterRandom.uniform(seed: request.seed, index: index))
    } else {
      token = distribution.mostLikely
    }
    sequence.generation.tokens.append(Int32(token))
    sequence.generation.logProbabilities.append(distribution.logProbabilities[token])
    if Int32(token) == request.endToken {
      sequence.generation.stop = .end
      return true
    }
    sequence.constraint?.advance(by: token)
    if sequence.constraint?.isComplete == true {
      sequence.generation.stop = .constraint
      return true
    }
    let length = request.prompt.count + sequence.generation.tokens.count
    return sequence.generation.tokens.count >= request.maximumTokens
      || length >= model.configuration.maximumPositions
  }
}

/// A request that cannot be run.
public enum GenerationError: Error, Hashable, CustomStringConvertible {
  case emptyPrompt
  case promptTooLong(count: Int, maximum: Int)
  case tokenOutsideVocabulary(Int32, vocabularySize: Int)
  case badSampling(String)
  case noTokensAsked(Int)
  case grammarOfAnotherVocabulary(size: Int, vocabularySize: Int)

  public var description: String {
    switch self {
    case .emptyPrompt: "the prompt is empty"
    case .promptTooLong(let count, let maximum):
      "the prompt has \(count) tokens and the context \(maximum), which leaves no room for a completion"
    case .tokenOutsideVocabulary(let token, let size): "token \(token) is outside the vocabulary of \(size)"
    case .badSampling(let what): what
    case .noTokensAsked(let count): "at least one token must be asked for, not \(count)"
    case .grammarOfAnotherVocabulary(let size, let vocabulary):
      "the grammar is over \(size) tokens and the model over \(vocabulary)"
    }
  }
}

extension GenerationRequest {
  func validate(for configuration: ModelConfiguration) throws(GenerationError) {
    guard !prompt.isEmpty else { throw .emptyPrompt }
    guard prompt.count < configuration.maximumPositions else {
      throw .promptTooLong(count: prompt.count, maximum: configuration.maximumPositions)
    }
    guard maximumTokens > 0 else { throw .noTokensAsked(maximumTokens) }
    if let token = prompt.first(where: { $0 < 0 || $0 >= configuration.vocabularySize }) {
      throw .tokenOutsideVocabulary(token, vocabularySize: configuration.vocabularySize)
    }
    if let size = constraint?.allowedTokens().vocabularySize, size != configuration.vocabularySize {
      throw .grammarOfAnotherVocabulary(size: size, vocabularySize: configuration.vocabularySize)
    }
    guard sampling.temperature >= 0, sampling.temperature.isFinite else {
      throw .badSampling("temperature \(sampling.temperature) is not 0 or above")
    }
    if let k = sampling.topK, k < 1 { throw .badSampling("top-k \(k) keeps no token") }
    if let p = sampling.topP, !(p > 0 && p <= 1) { throw .badSampling("top-p \(p) is not in (0, 1]") }
    if let p = sampling.minP, !(p >= 0 && p <= 1) { throw .badSampling("min-p \(p) is not in [0, 1]") }
  }
}
