import Testing

@testable import Policy

@Suite("The decoder's generations join, share, end and leave without touching each other")
struct DecoderTests {
  private let model = EngineInvarianceTests.nano

  private func request(_ seed: UInt64, prompt: [Int32] = [5, 9, 3, 7], maximum: Int = 12) -> GenerationRequest
  {
    GenerationRequest(
      prompt: prompt, maximumTokens: maximum, sampling: SamplingParameters(temperature: 2), seed: seed,
      endToken: -1)
  }

  private func alone(_ request: GenerationRequest) throws -> Generation {
    let decoder = Decoder(model)
    _ = try decoder.submit(request)
    while true { if let done = try decoder.step().first?.finished { return done } }
  }

  @Test("logits that are no numbers are an error, whatever the sampling, and leave nothing behind")
  func notFinite() throws {
    var weights = Weights.random(model.configuration, seed: 1)
    let norm = try #require(model.configuration.tensors.first { $0.name == "model.norm.weight" })
    for index in 0..<norm.columns { weights.values[norm.offset + index] = 3e38 }
    let overflowing = Transformer(weights: weights)
    for temperature in [Float(0), 1] {
      let decoder = Decoder(overflowing)
      var request = request(1)
      request.sampling.temperature = temperature
      for _ in 0..<3 { _ = try decoder.submit(request) }
      #expect(throws: NotFiniteError(place: "a logit")) { try decoder.step() }
      #expect(decoder.activeCount == 0)
    }
  }

  @Test("P4: generations of one prompt share its prefill and get the bits they get alone")
  func sharedPrompt() throws {
    let long = (0..<300).map { Int32(3 + $0 % 50) }
    let requests = (0..<6).map { request($0) } + (0..<6).map { request($0, prompt: long) }
    let decoder = Decoder(model)
    let handles = try requests.map { try decoder.submit($0) }
    var finished: [Decoder.Handle: Generation] = [:]
    while decoder.activeCount > 0 {
      for update in try decoder.step() { finished[update.handle] = update.finished }
    }
    for (handle, request) in zip(handles, requests) { #expect(try finished[handle] == alone(request)) }
    #expect(Set(handles.compactMap { finished[$0]?.tokens }).count > 6, "seeds differ, so completions do")
  }

  @Test("whole pages of a prompt are computed once, now and later, and identical prompts entirely")
  func sharedPages() throws {
    let decoder = Decoder(model)
    let prefix = (0..<40).map { Int32(3 + $0 % 50) }
    func play(_ requests: [GenerationRequest]) throws {
      let handles = try requests.map { try decoder.submit($0) }
      var finished: [Decoder.Handle: Generation] = [:]
      while decoder.activeCount > 0 {
        for update in try decoder.step() { finished[update.handle] = update.finished }
      }
      for (handle, request) in zip(handles, requests) { #expect(try finished[handle] == alone(request)) }
    }
    try play((0..<4).map { request($0, prompt: prefix + [Int32(7 + $0)]) })
    // The first generation reads 41 rows. For each of the others two pages of 16 are there already.
    #expect(decoder.statistics.promptRows == 41 + 3 * 9 && decoder.statistics.sharedRows == 3 * 32)
    try play((0..<3).map { request($0, prompt: prefix + [1, 2]) })
    #expect(decoder.statistics.promptRows == 41 + 3 * 9 + 10)
    #expect(decoder.statistics.sharedRows == 3 * 32 + 32 + 2 * 42)
  }

  @Test("keys and values stay within their bound: the others wait, in order; what can never fit is refused")
  func bounded() throws {
    let page = KeyValueCache.bytes(of: model.configuration)
    let decoder = Decoder(model, threads: 2, cacheLimit: 5 * page)
    // Each takes two pages.
    let requests = (0..<7).map { request($0, prompt: [Int32](repeating: Int32(4 + $0), count: 20)) }
    let handles = try requests.map { try decoder.submit($0) }
    #expect(try decoder.step().map(\.handle) == Array(handles[..<2]))
    var finished: [Decoder.Handle: Generation] = [:]
    while decoder.activeCount > 0 {
      for update in try decoder.step() { finished[update.handle] = update.finished }
    }
    for (handle, request) in zip(handles, requests) { #expect(try finished[handle] == alone(request)) }
    #expect(decoder.statistics.greatestCacheBytes == 4 * page && decoder.statistics.cacheLimit == 5 * page)
    #expect(throws: GenerationError.cacheTooSmall(needed: 6 * page, limit: 5 * page)) {
      try decoder.submit(request(1, prompt: [Int32](repeating: 4, count: 80)))
    }
  }

  @Test("a cancelled generation is a prefix of itself, and the others do not notice")
  func cancellation() throws {
    let decoder = Decoder(model)
    let kept = try decoder.submit(request(1))
    let cut = try decoder.submit(request(2))
    let unread = try decoder.submit(request(3))
    #expect(decoder.cancel(unread) == Generation(tokens: [], logProbabilities: [], stop: .cancelled))
    for _ in 0..<5 { _ = try decoder.step() }
    let part = try #require(decoder.cancel(cut))
    let whole = try alone(request(2))
    #expect(part.stop == .cancelled && part.tokens == Array(whole.tokens.prefix(5)))
    #expect(part.logProbabilities == Array(whole.logProbabilities.prefix(5)))
    #expect(decoder.cancel(cut) == nil)
    // A newcomer takes the freed slot.
    let late = try decoder.submit(request(4))
    var finished: [Decoder.Handle: Generation] = [:]
    while decoder.activeCount > 0 {
      for update in try decoder.step() { finished[update.handle] = update.finished }
    }
    #expect(try finished[kept] == alone(request(1)) && finished[late] == alone(request(4)))
  }

  @Test("a step gives every active generation one token, in order of submission")
  func oneTokenEach() throws {
    let decoder = Decoder(model)
    let first = try decoder.submit(request(1))
    #expect(try decoder.step().map(\.tokenCount) == [1])
    let second = try decoder.submit(request(2, prompt: (0..<40).map { Int32($0) }))
    let updates = try decoder.step()
    #expect(updates.map(\.handle) == [first, second] && updates.map(\.tokenCount) == [2, 1])
  }

  /// A constraint that allows one token fewer each time, `left` times.
  private struct Countdown: TokenConstraint {
    var left: Int
    func allowedTokens() -> TokenSet {
      var set = TokenSet(vocabularySize: 61)
      for token in 0..<left { set.insert(token + 10) }
      return set
    }
    mutating func advance(by token: Int) { left -= 1 }
    var isComplete: Bool { left == 0 }
    var digest: UInt64 { 1 }
  }

  @Test("stops: at the end token, at the length asked for, at the context's end, where the grammar ends")
  func stops() throws {
    var ended = request(1)
    let plain = try alone(ended)
    #expect(plain.stop == .length && plain.tokens.count == 12)
    ended.endToken = plain.tokens[4]
    let generation = try alone(ended)
    #expect(generation.stop == .end && generation.tokens.last == ended.endToken)
    let full = try alone(request(1, prompt: [Int32](repeating: 4, count: 505), maximum: 100))
    #expect(full.stop == .length && full.tokens.count == 7)
    var grammar = request(1)
    grammar.constraint = Countdown(left: 3)
    let counted = try alone(grammar)
    #expect(counted.stop == .constraint && counted.tokens.count == 3)
    // The last step had only one choice.
    #expect(counted.tokens[2] == 10 && counted.logProbabilities[2] == 0)
    grammar.constraint = Countdown(left: 0)
    #expect(try alone(grammar) == Generation(tokens: [], logProbabilities: [], stop: .constraint))
  }

  @Test("greedy decoding takes the likeliest token and reports its log-probability at temperature 1")
  func greedy() throws {
    var greedy = request(1)
    greedy.sampling = .greedy
    let generation = try alone(greedy)
    let sequence = TrainingSequence(
      tokens: greedy.prompt + generation.tokens, promptCount: greedy.prompt.count)
    let engine = TrainingEngine(threads: 1)
    #expect(engine.logProbabilities(of: [sequence], model: model)[0] == generation.logProbabilities)
    let distributions = engine.distributions(of: [sequence], model: model)[0]
    for (index, token) in generation.tokens.enumerated() {
      let row = distributions[(index * 61)..<((index + 1) * 61)]
      #expect(row.firstIndex(of: row.max() ?? 0) == row.startIndex + Int(token))
    }
  }
}
