import PropertyTesting
import Testing

@testable import Policy

@Suite("The engine's bits do not depend on company (P4), and training sees what sampling saw (P5)")
struct EngineInvarianceTests {
  /// Random sharp weights, so that a change of one bit would show.
  static func transformer(_ configuration: ModelConfiguration, seed: UInt64) -> Transformer {
    var weights = Weights.random(configuration, seed: seed)
    for tensor in configuration.tensors {
      for index in tensor.range {
        switch tensor.kind {
        case .matrix: weights.values[index] *= 8
        case .bias: weights.values[index] = Float(index % 7) * 0.1 - 0.3
        case .norm: continue
        }
      }
    }
    return Transformer(weights: weights)
  }

  static let nano = transformer(.nano(vocabularySize: 61), seed: 7)
  static let wide = transformer(
    ModelConfiguration(
      vocabularySize: 61, hiddenSize: 128, layerCount: 2, headCount: 4, keyValueHeadCount: 2,
      headDimension: 32,
      intermediateSize: 384), seed: 8)

  /// A constraint that forbids every token which is a multiple of three plus the number of tokens so far.
  struct Thirds: TokenConstraint {
    var count = 0
    var vocabularySize = 61
    func allowedTokens() -> TokenSet {
      var set = TokenSet(vocabularySize: vocabularySize)
      for token in 0..<vocabularySize where (token + count) % 3 != 0 { set.insert(token) }
      return set
    }
    mutating func advance(by token: Int) { count += 1 }
    var isComplete: Bool { false }
    var digest: UInt64 { 3 }
  }

  static let request = Generator.zip(
    Generator<[Int32]>.array(of: Generator<Int32>.integer(in: 3...60), count: 1...20),
    Generator<Int>.integer(in: 1...12), Generator<UInt64>.integer(in: 0...1000),
    Generator<Double>.double(in: 0.3...2), Generator<Bool>.bool
  ).map { prompt, maximum, seed, temperature, isMasked in
    GenerationRequest(
      prompt: prompt, maximumTokens: maximum, sampling: SamplingParameters(temperature: Float(temperature)),
      seed: seed, constraint: isMasked ? Thirds() : nil, endToken: 2)
  }

  static func generate(
    _ requests: [GenerationRequest], _ model: Transformer, staggered: Bool, threads: Int = 1,
    cacheLimit: Int = 2 << 30
  ) throws -> [Generation] {
    let decoder = Decoder(model, threads: threads, cacheLimit: cacheLimit)
    var finished: [Decoder.Handle: Generation] = [:]
    var handles: [Decoder.Handle] = []
    func step() throws {
      for update in try decoder.step() { if let done = update.finished { finished[update.handle] = done } }
    }
    for request in requests {
      handles.append(try decoder.submit(request))
      if staggered { try step() }
    }
    while decoder.activeCount > 0 { try step() }
    return handles.compactMap { finished[$0] }
  }

  /// Any small shape: odd vocabularies, key-value groups of 1 to 4, heads of 8 to 256, panels that divide unevenly, layers
  /// of every architecture.
  static let configuration = Generator.zip(
    Generator<Int>.integer(in: 5...400), Generator<Int>.integer(in: 1...24),
    Generator<Int>.integer(in: 1...3), Generator<Int>.integer(in: 1...4), Generator<Int>.integer(in: 1...60),
    Generator<Int>.integer(in: 1...32)
  ).map { vocabulary, hidden, keyValueHeads, group, intermediate, dimension in
    ModelConfiguration(
      vocabularySize: vocabulary, hiddenSize: 8 * hidden, layerCount: 1 + vocabulary % 2,
      headCount: keyValueHeads * group, keyValueHeadCount: keyValueHeads, headDimension: 8 * dimension,
      intermediateSize: 8 * intermediate, tiesWordEmbeddings: intermediate % 2 == 0,
      hasQueryKeyNorms: hidden % 3 > 0, hasAttentionBiases: hidden % 3 == 2)
  }

  /// A request for a model of any vocabulary.
  static func fitted(_ request: GenerationRequest, to configuration: ModelConfiguration) -> GenerationRequest
  {
    var request = request
    request.prompt = request.prompt.map { $0 % Int32(configuration.vocabularySize) }
    if request.constraint != nil { request.constraint = Thirds(vocabularySize: configuration.vocabularySize) }
    switch request.seed % 5 {
    case 0: request.sampling.topK = 1 + Int(request.seed % 7)
    case 1: request.sampling.topP = 0.7
    case 2: request.sampling.minP = 0.1
    case 3: request.sampling.temperature = 0
    default: break
    }
    return request
  }

  @Test(
    "P4, P5: for random shapes, batches, samplers and threads, alone, together, joining, waiting and in training"
  )
  func everywhere() {
    let batch = Generator<[GenerationRequest]>.array(of: Self.request, count: 1...24)
    let threads = Generator<Int>.integer(in: 1...16)
    forAll("invariance", .zip(Self.configuration, batch, threads), count: 30) {
      configuration, batch, threads in
      let model = Self.transformer(configuration, seed: UInt64(batch.count))
      let requests = batch.map { Self.fitted($0, to: configuration) }
      let alone = try requests.flatMap { try Self.generate([$0], model, staggered: false) }
      // There is room for two of the longest, and the others wait.
      let tight = 6 * KeyValueCache.bytes(of: configuration)
      guard try Self.generate(requests, model, staggered: false, threads: threads) == alone,
        try Self.generate(requests, model, staggered: true, threads: threads) == alone,
        try Self.generate(requests, model, staggered: true, threads: threads, cacheLimit: tight) == alone
      else { return false }
      // The trainer never needs log-probabilities of truncated distributions.
      let pairs = zip(requests, alone).filter {
        ($0.sampling.topK, $0.sampling.topP, $0.sampling.minP) == (nil, nil, nil) && !$1.tokens.isEmpty
      }
      let sequences = pairs.map { request, generation in
        TrainingSequence(
          tokens: request.prompt + generation.tokens, promptCount: request.prompt.count,
          constraint: request.constraint,
          temperature: request.sampling.temperature > 0 ? request.sampling.temperature : 1)
      }
      return TrainingEngine(threads: threads).logProbabilities(of: sequences, model: model)
        == pairs.map(\.1.logProbabilities)
    }
  }

  @Test("P4, P5: the same for a model that is large enough for threads to share its passes")
  func large() throws {
    let model = Self.transformer(
      ModelConfiguration(
        vocabularySize: 9000, hiddenSize: 512, layerCount: 4, headCount: 8, keyValueHeadCount: 4,
        headDimension: 64,
        intermediateSize: 1600), seed: 3)
    #expect(model.configuration.isLarge)
    let requests = (0..<5).map { index in
      GenerationRequest(
        prompt: (0..<(3 + 9 * index)).map { Int32((index * 700 + $0 * 31) % 9000) }, maximumTokens: 3 + index,
        sampling: SamplingParameters(), seed: UInt64(index), endToken: -1)
    }
    let alone = try requests.flatMap { try Self.generate([$0], model, staggered: false) }
    for threads in [1, 2, 5] {
      #expect(try Self.generate(requests, model, staggered: true, threads: threads) == alone)
    }
    let sequences = zip(requests, alone).map {
      TrainingSequence(tokens: $0.prompt + $1.tokens, promptCount: $0.prompt.count)
    }
    #expect(
      TrainingEngine(threads: 2).logProbabilities(of: sequences, model: model)
        == alone.map(\.logProbabilities))
    let one = try TrainingEngine(threads: 1).gradient(of: sequences, model: model)
    let three = try TrainingEngine(threads: 3).gradient(of: sequences, model: model)
    #expect(one.gradient == three.gradient && one.statistics == three.statistics)
    var (first, second) = (model.weights, model.weights)
    var optimizers = [AdamW(model.configuration), AdamW(model.configuration)]
    optimizers[0].update(&first, gradient: one.gradient, learningRate: 1e-3, clipNorm: 1, threads: 1)
    optimizers[1].update(&second, gradient: one.gradient, learningRate: 1e-3, clipNorm: 1, threads: 4)
    #expect(first.values == second.values && optimizers[0] == optimizers[1])
  }

  @Test("P1: every instruction set gives the same log-probabilities, gradients and steps, to the bit")
  func instructionSets() throws {
    let sequences = (0..<40).map { index in
      TrainingSequence(
        tokens: (0..<(10 + index % 30)).map { Int32((index % 9 * 7 + $0 * $0) % 61) }, promptCount: 3,
        temperature: 0.8, weight: 0.1)
    }
    let widest = FrozenWeightsTests.sets[0]
    // Other tests that run meanwhile do not notice.
    defer { widest.use() }
    for configuration in [
      Self.nano.configuration,
      ModelConfiguration(
        vocabularySize: 61, hiddenSize: 40, layerCount: 2, headCount: 3, keyValueHeadCount: 1,
        headDimension: 24,
        intermediateSize: 56, hasQueryKeyNorms: false, hasAttentionBiases: true),
    ] {
      let model = Self.transformer(configuration, seed: 4)
      let results = try KernelsTests.all.map { set in
        set.use()
        let engine = TrainingEngine(threads: 2)
        let (gradient, statistics) = try engine.gradient(of: sequences, model: model)
        var (weights, optimizer) = (model.weights, AdamW(configuration))
        optimizer.weightDecay = 0.1
        let norm = optimizer.update(&weights, gradient: gradient, learningRate: 1e-3, clipNorm: 1)
        let moved = Transformer(weights: weights)
        let generated = try Self.generate(
          [
            GenerationRequest(
              prompt: [3, 4, 5], maximumTokens: 40, sampling: SamplingParameters(), seed: 1, endToken: -1)
          ],
          moved, staggered: false)
        return (engine.logProbabilities(of: sequences, model: moved), weights, norm, statistics, generated)
      }
      #expect(results.allSatisfy { $0 == results[0] })
    }
  }

  @Test("the gradient is the same to the bit for 1, 2 and 5 threads")
  func threads() throws {
    let sequences = (0..<200).map { index in
      TrainingSequence(
        tokens: (0..<(10 + index % 30)).map { Int32((index * 7 + $0 * $0) % 61) }, promptCount: 3,
        weight: 0.01)
    }
    let one = try TrainingEngine(threads: 1).gradient(of: sequences, model: Self.nano)
    for threads in [2, 5] {
      let more = try TrainingEngine(threads: threads).gradient(of: sequences, model: Self.nano)
      #expect(more.gradient == one.gradient && more.statistics == one.statistics)
    }
  }

  @Test("gradients of all objectives agree with central differences")
  func finiteDifferences() throws {
    for (norms, biases) in [(true, false), (false, true)] {
      try finiteDifferences(
        ModelConfiguration(
          vocabularySize: 13, hiddenSize: 16, layerCount: 2, headCount: 4, keyValueHeadCount: 2,
          headDimension: 8,
          intermediateSize: 24, hasQueryKeyNorms: norms, hasAttentionBiases: biases))
    }
  }

  private func finiteDifferences(_ configuration: ModelConfiguration) throws {
    let model = Self.transformer(configuration, seed: 5)
    let tokens: [Int32] = [3, 1, 4, 1, 5, 9, 2]
    let engine = TrainingEngine(threads: 1)
    var plain = TrainingSequence(tokens: tokens, promptCount: 3, temperature: 0.7)
    plain.recorded = engine.logProbabilities(of: [plain], model: model)[0]
    let other = Self.transformer(configuration, seed: 6)
    let reference = engine.distributions(of: [plain], model: other)[0]
    let objectives: [TokenObjective] = [
      .crossEntropy,
      .clippedSurrogate(advantage: 0.8, clipLow: 0.2, clipHigh: 0.2, entropy: 0.3),
      .anchor(reference: reference),
    ]
    for objective in objectives {
      var sequence = plain
      sequence.objective = objective
      let gradient = try engine.gradient(of: [sequence], model: model).gradient
      let scale = gradient.map(abs).max() ?? 0
      for tensor in configuration.tensors {
        // This is the entry of each tensor with the steepest slope.
        let steepest = tensor.range.max { abs(gradient[$0]) < abs(gradient[$1]) }
        let index = try #require(steepest)
        func loss(_ delta: Float) throws -> Double {
          var weights = model.weights
          weights.values[index] += delta
          let moved = Transformer(weights: weights)
          return try engine.gradient(of: [sequence], model: moved).statistics.loss
        }
        let step: Float = 2e-3
        let numeric = try (loss(step) - loss(-step)) / (2 * Double(step))
        #expect(abs(numeric - Double(gradient[index])) < 0.02 * Double(scale), "\(tensor.name)")
      }
    }
  }
}

@Suite("A request that cannot be run is refused by name")
struct GenerationErrorTests {
  private func error(_ change: (inout GenerationRequest) -> Void) -> GenerationError? {
    var request = GenerationRequest(
      prompt: [3], maximumTokens: 4, sampling: SamplingParameters(), seed: 1, endToken: 2)
    change(&request)
    do {
      _ = try Decoder(EngineInvarianceTests.nano).submit(request)
      return nil
    } catch { return error }
  }

  @Test("empty and overlong prompts, foreign tokens, bad sampling, a grammar of another vocabulary")
  func refusals() {
    #expect(error { _ in } == nil)
    #expect(error { $0.prompt = [] } == .emptyPrompt)
    #expect(
      error { $0.prompt = [Int32](repeating: 3, count: 512) } == .promptTooLong(count: 512, maximum: 512))
    #expect(error { $0.prompt = [61] } == .tokenOutsideVocabulary(61, vocabularySize: 61))
    #expect(error { $0.maximumTokens = 0 } == .noTokensAsked(0))
    #expect(error { $0.sampling.temperature = -1 } == .badSampling("temperature -1.0 is not 0 or above"))
    #expect(error { $0.sampling.topK = 0 } == .badSampling("top-k 0 keeps no token"))
    #expect(
      error { $0.constraint = EngineInvarianceTests.Thirds(vocabularySize: 9) }
        == .grammarOfAnotherVocabulary(size: 9, vocabularySize: 61))
  }
}
