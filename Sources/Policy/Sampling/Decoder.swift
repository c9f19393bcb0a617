/// Generates completions for any number of requests together; a request can join or leave at any step.
///
/// The tokens and log-probabilities of a generation depend only on its request and the weights, not on what runs
/// beside it (P4). Only one thread may use a decoder at a time. Sequences wait while there is no room for their keys
/// and values. Prompts that begin with the same whole pages of 16 tokens share them, and equal prompts are computed
/// once.
public final class Decoder {
  /// Identifies a generation within its decoder.
  public typealias Handle = Int

  /// What a step did for one generation.
  public struct Update: Sendable {
    public var handle: Handle
    /// How many tokens are generated so far.
    public var tokenCount: Int
    /// The whole completion; `nil` until it has ended.
    public var finished: Generation?
    /// The token that the step drew; `nil` if it drew none, and from servers that do not say it.
    package var sampled: SampledToken?

    public init(handle: Handle, tokenCount: Int, finished: Generation?) {
      self.handle = handle
      self.tokenCount = tokenCount
      self.finished = finished
    }
  }

  /// What a decoder has done since it was made.
  public struct Statistics: Sendable, Hashable {
    /// How many calls of ``Decoder/step()`` there were.
    public var steps = 0
    /// How many rows of prompts went through the model; a row is one token's activations.
    package var promptRows = 0
    /// How many rows of completions went through the model.
    package var tokenRows = 0
    /// How many rows of prompts were not computed, because another sequence had them.
    package var sharedRows = 0
    /// How many tokens were drawn.
    public var tokens = 0
    /// The most bytes that keys and values took at any time.
    package var greatestCacheBytes = 0
    /// The most bytes that keys and values may take.
    package var cacheLimit = 0

    public init() {}

    /// The mean number of tokens in a step, which is how full the batch was.
    package var occupancy: Double { steps == 0 ? 0 : Double(tokens) / Double(steps) }

    /// Adds the counts of `other`; of bytes it keeps the greater number.
    package mutating func add(_ other: Statistics) {
      steps += other.steps
      promptRows += other.promptRows
      tokenRows += other.tokenRows
      sharedRows += other.sharedRows
      tokens += other.tokens
      greatestCacheBytes = max(greatestCacheBytes, other.greatestCacheBytes)
      cacheLimit = max(cacheLimit, other.cacheLimit)
    }
  }

  /// A generation that has not ended. It is a class, so that each thread can write to its own.
  private final class ActiveGeneration {
    let handle: Handle
    let request: GenerationRequest
    var constraint: (any TokenConstraint)?
    var generation = Generation(tokens: [], logProbabilities: [], stop: .length)
    /// The pages of its keys and values; `nil` while it waits for room.
    var pages: KeyValueCache.PageTable?
    var hasEnded = false
    /// Whether the model's logits were not finite.
    var isLost = false
    /// The token of the last step, if it drew one.
    var sampled: SampledToken?

    init(handle: Handle, request: GenerationRequest) {
      self.handle = handle
      self.request = request
      constraint = request.constraint
    }
  }

  /// The rows of one sequence in a pass, and the sequences that have the same prompt.
  private struct Work {
    var sequence: ActiveGeneration
    var rows: Int
    var twins: [ActiveGeneration] = []
  }

  /// The buffers of one thread.
  private final class Worker {
    let pass: ForwardPass
    let distribution: TokenDistribution
    var rows = Rows()

    init(_ model: Transformer, team: WorkTeam, panels: PackedMatrices?) {
      pass = ForwardPass(model, keepsActivations: false, team: team, panels: panels)
      distribution = TokenDistribution(vocabularySize: model.configuration.vocabularySize)
    }
  }

  /// The most rows of one forward pass, unless a single prompt has more.
  private static let rowsPerPass = 1024
  /// How many rows justify another thread.
  private static let rowsPerThread = 4

  private let model: Transformer
  private let cache: KeyValueCache
  private let workers: [Worker]
  private let team: WorkTeam
  private var running: [ActiveGeneration] = []
  private var nextHandle = 0
  private var counted = Statistics()
  /// How many rows of prompts were copied from a sequence with the same prompt.
  private var twinRows = 0

  /// Makes a decoder of `model` that has no generations.
  ///
  /// `threads` (1 to 64) share a step; the result does not depend on it. Keys and values may take `cacheLimit` bytes.
  public init(_ model: Transformer, threads: Int = 1, cacheLimit: Int = 2 << 30) {
    precondition((1...64).contains(threads))
    self.model = model
    cache = KeyValueCache(model.configuration, limit: cacheLimit)
    team = WorkTeam(threads: threads)
    let panels = model.packed(by: team)
    // Threads share the passes of a large model; of a small one they have a pass each.
    workers =
      model.configuration.isLarge
      ? [Worker(model, team: team, panels: panels)]
      : (0..<threads).map { _ in Worker(model, team: WorkTeam(), panels: panels) }
  }

  /// How many generations have not ended.
  public var activeCount: Int { running.count }

  public var statistics: Statistics {
    var result = counted
    let page = KeyValueCache.bytes(of: model.configuration)
    result.sharedRows = cache.sharedPositions + twinRows
    result.greatestCacheBytes = cache.greatestUsedCount * page
    result.cacheLimit = cache.capacity * page
    return result
  }

  /// Queues a generation. Its first token comes with the next step, or later if there is no room yet.
  /// - Throws: ``GenerationError`` if the model cannot run the request.
  public func submit(_ request: GenerationRequest) throws(GenerationError) -> Handle {
    try request.validate(for: model.configuration)
    let needed = KeyValueCache.pageCount(positions(request))
    guard needed <= cache.capacity else {
      let page = KeyValueCache.bytes(of: model.configuration)
      throw .cacheTooSmall(needed: needed * page, limit: cache.capacity * page)
    }
    nextHandle += 1
    running.append(ActiveGeneration(handle: nextHandle, request: request))
    return nextHandle
  }

  /// How many positions a request can reach. The last token's keys are never needed.
  private func positions(_ request: GenerationRequest) -> Int {
    min(request.prompt.count + request.maximumTokens - 1, model.configuration.maximumPositions)
  }

  /// Ends a generation without a further token, and returns what it has; `nil` if no generation has this handle.
  /// - Complexity: O(``activeCount``).
  public func cancel(_ handle: Handle) -> Generation? {
    guard let place = running.firstIndex(where: { $0.handle == handle }) else { return nil }
    let sequence = running.remove(at: place)
    if let pages = sequence.pages { cache.release(pages) }
    sequence.generation.stop = .cancelled
    return sequence.generation
  }

  /// Generates one token for every generation that has room, in order of submission.
  /// - Complexity: O(``activeCount``) rows of the model, and the rows of new prompts.
  /// - Throws: `NotFiniteError` if a logit is not finite. All generations that had not ended are then lost.
  public func step() throws(NotFiniteError) -> [Update] {
    counted.steps += 1
    var left: [ActiveGeneration] = []
    var isFull = false
    for sequence in running {
      if sequence.pages == nil, !isFull {
        sequence.pages = cache.admit(sequence.request.prompt, positions: positions(sequence.request))
        // A later sequence does not overtake one that waits for room.
        isFull = sequence.pages == nil
      }
      if sequence.pages != nil { left.append(sequence) }
    }
    let stepped = left
    while !left.isEmpty { left = advance(left) }
    counted.tokens += stepped.count
    let updates = stepped.map { sequence in
      var update = Update(
        handle: sequence.handle, tokenCount: sequence.generation.tokens.count,
        finished: sequence.hasEnded ? sequence.generation : nil)
      update.sampled = sequence.sampled
      return update
    }
    if stepped.contains(where: \.isLost) {
      while let sequence = running.popLast() {
        if let pages = sequence.pages { cache.release(pages) }
      }
      throw NotFiniteError(place: "a logit")
    }
    if stepped.contains(where: \.hasEnded) {
      for sequence in stepped where sequence.hasEnded {
        if let pages = sequence.pages { cache.release(pages) }
      }
      running.removeAll(where: \.hasEnded)
    }
    return updates
  }

  /// Generates a token for each sequence that need not wait for another's prompt, and returns the sequences that must
  /// wait.
  private func advance(_ sequences: [ActiveGeneration]) -> [ActiveGeneration] {
    var works: [Work] = []
    works.reserveCapacity(sequences.count)
    var left: [ActiveGeneration] = []
    var readers: [[Int32]: Int] = [:]
    for sequence in sequences {
      guard let pages = sequence.pages else { continue }
      if !sequence.generation.tokens.isEmpty {
        works.append(Work(sequence: sequence, rows: 1))
        counted.tokenRows += 1
      } else if let reader = readers[sequence.request.prompt] {
        works[reader].twins.append(sequence)
        twinRows += sequence.request.prompt.count - pages.sharedCount
      } else if cache.isReady(pages) {
        readers[sequence.request.prompt] = works.count
        let rows = sequence.request.prompt.count - pages.sharedCount
        works.append(Work(sequence: sequence, rows: rows))
        counted.promptRows += rows
      } else {
        left.append(sequence)
      }
    }
    let parts = parts(works)
    if workers.count == 1 {
      for part in parts { run(works[part], in: workers[0]) }
    } else {
      team.forEach(parts.count) { part, thread in run(works[parts[part]], in: workers[thread]) }
    }
    for work in readers.values.sorted() {
      let sequence = works[work].sequence
      if let pages = sequence.pages { cache.markComputed(pages, upTo: sequence.request.prompt.count) }
    }
    return left
  }

  /// Cuts `works` into passes: enough for all threads, and none too long.
  private func parts(_ works: [Work]) -> [Range<Int>] {
    let total = works.reduce(0) { $0 + $1.rows }
    let shares = min(workers.count, max(1, total / Self.rowsPerThread))
    let full = min(Self.rowsPerPass, (total + shares - 1) / shares)
    var result: [Range<Int>] = []
    var (start, rows) = (0, 0)
    for (index, work) in works.enumerated() {
      if rows > 0, rows + work.rows > full {
        result.append(start..<index)
        (start, rows) = (index, 0)
      }
      rows += work.rows
    }
    if start < works.count { result.append(start..<works.count) }
    return result
  }

  /// Runs one pass, and draws a token for each sequence in it.
  private func run(_ works: ArraySlice<Work>, in worker: Worker) {
    worker.rows.removeAll()
    for work in works {
      let (sequence, prompt) = (work.sequence, work.sequence.request.prompt)
      if let last = sequence.generation.tokens.last {
        let position = prompt.count + sequence.generation.tokens.count - 1
        worker.rows.append(CollectionOfOne(last), at: position, pages: sequence.pages, predicting: 1)
      } else {
        let shared = prompt.count - work.rows
        worker.rows.append(prompt[shared...], at: shared, pages: sequence.pages, predicting: 1)
      }
    }
    worker.pass.run(worker.rows, cache: cache)
    var logits = worker.pass.logits.pointer
    for work in works {
      draw(work.sequence, logits, worker.distribution)
      for twin in work.twins {
        if let source = work.sequence.pages, let target = twin.pages {
          cache.copy(twin.request.prompt.count, from: source, to: target)
        }
        draw(twin, logits, worker.distribution)
      }
      logits += model.configuration.paddedVocabularySize
    }
  }

  /// Appends a token to `sequence`, or ends it.
  private func draw(_ sequence: ActiveGeneration, _ logits: Floats, _ distribution: TokenDistribution) {
    let request = sequence.request
    let sampling = request.sampling
    let allowed = sequence.constraint?.allowedTokens()
    if allowed?.isEmpty == true {
      sequence.generation.stop = .constraint
      (sequence.hasEnded, sequence.sampled) = (true, nil)
      return
    }
    distribution.set(
      logits, temperature: sampling.temperature > 0 ? sampling.temperature : 1, allowed: allowed)
    guard distribution.isFinite else {
      (sequence.isLost, sequence.hasEnded) = (true, true)
      return
    }
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
    sequence.sampled = SampledToken(
      token: Int32(token), logProbability: distribution.logProbabilities[token],
      likeliest: request.likeliestCount == 0 ? [] : distribution.likeliestTokens(request.likeliestCount))
    if Int32(token) == request.endToken {
      sequence.generation.stop = .end
      sequence.hasEnded = true
      return
    }
    sequence.constraint?.advance(by: token)
    if sequence.constraint?.isComplete == true {
      sequence.generation.stop = .constraint
      sequence.hasEnded = true
      return
    }
    let length = request.prompt.count + sequence.generation.tokens.count
    sequence.hasEnded =
      sequence.generation.tokens.count >= request.maximumTokens
      || length >= model.configuration.maximumPositions
  }
}
