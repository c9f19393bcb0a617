import Testing

@testable import Policy

@Suite("Attention over long sequences: memory grows with their length, and no bit changes")
struct LongAttentionTests {
  private static func configuration(positions: Int, layers: Int = 2) -> ModelConfiguration {
    ModelConfiguration(
      vocabularySize: 61, hiddenSize: 32, layerCount: layers, headCount: 4, keyValueHeadCount: 2,
      headDimension: 8, intermediateSize: 48, maximumPositions: positions)
  }

  private static func tokens(_ count: Int, _ seed: Int) -> [Int32] {
    (0..<count).map { Int32((seed * 17 + $0 * 7 + $0 / 13 * 3) % 61) }
  }

  /// The gradient of all weights for some sequences, and whether the probabilities of attention were kept.
  private static func gradient(
    _ sequences: [TrainingSequence], _ model: Transformer, mostProbabilities: Int, threads: Int
  ) -> (gradient: [Float], kept: Bool) {
    let tree = PrefixTree(sequences, order: PrefixTree.sorted(sequences))
    let pass = ForwardPass(model, keepsActivations: true, team: WorkTeam(threads: threads))
    pass.mostProbabilities = mostProbabilities
    pass.run(tree.rows)
    let count = tree.rows.predicting.count * model.configuration.paddedVocabularySize
    for index in 0..<count { pass.logits.pointer[index] = Float((index * 37) % 199) / 100 - 1 }
    var gradient = [Float](repeating: 0, count: model.configuration.elementCount)
    gradient.withUnsafeMutableBufferPointer { gradient in
      guard let start = gradient.baseAddress else { return }
      BackwardPass().run(pass, dlogits: pass.logits.pointer, learned: .weights(start))
    }
    return (gradient, pass.keepsProbabilities)
  }

  @Test(
    "gradients have the same bits whether probabilities were kept or are computed again",
    arguments: [[40], [330], [645], [700, 1000], [1290]])
  func again(lengths: [Int]) {
    let model = EngineInvarianceTests.transformer(Self.configuration(positions: 2048), seed: 3)
    var sequences = lengths.enumerated().map { index, length in
      TrainingSequence(tokens: Self.tokens(length, index), promptCount: 7)
    }
    // Two more begin as the first does, one of them with a long text of its own.
    for own in [20, 400] {
      let shared = sequences[0].tokens.prefix(lengths[0] / 2)
      sequences.append(TrainingSequence(tokens: shared + Self.tokens(own, 9 + own), promptCount: 7))
    }
    let kept = Self.gradient(sequences, model, mostProbabilities: .max, threads: 1)
    #expect(kept.kept)
    for threads in [1, 2] {
      let again = Self.gradient(sequences, model, mostProbabilities: 0, threads: threads)
      #expect(!again.kept && again.gradient.map(\.bitPattern) == kept.gradient.map(\.bitPattern))
    }
  }

  @Test("P4, P5: 2,100 tokens, whole or in two prompts that share a beginning, in decoding and in training")
  func sampled() throws {
    let model = EngineInvarianceTests.transformer(Self.configuration(positions: 4096), seed: 4)
    let prompt = Self.tokens(2100, 1)
    let requests = [prompt, Array(prompt.prefix(1500)) + Self.tokens(90, 5)].map {
      GenerationRequest(prompt: $0, maximumTokens: 5, sampling: SamplingParameters(), seed: 2, endToken: -1)
    }
    let alone = try requests.flatMap { try EngineInvarianceTests.generate([$0], model, staggered: false) }
    #expect(
      try EngineInvarianceTests.generate(requests, model, staggered: true, threads: 2) == alone)
    let sequences = zip(requests, alone).map { request, generation in
      TrainingSequence(
        tokens: request.prompt + generation.tokens, promptCount: request.prompt.count,
        recorded: generation.logProbabilities)
    }
    let found = TrainingEngine(threads: 2).logProbabilities(of: sequences, model: model)
    #expect(found == alone.map(\.logProbabilities))
  }

  @Test("four times the length takes four times the memory, forward and backward, and not sixteen times")
  func memory() {
    let model = EngineInvarianceTests.transformer(Self.configuration(positions: 8192), seed: 5)
    func floats(_ length: Int) -> (probabilities: Int, scratch: Int) {
      var rows = Rows()
      rows.append(Self.tokens(length, 1), predicting: 4)
      let pass = ForwardPass(model, keepsActivations: true)
      pass.mostProbabilities = 1 << 20
      pass.run(rows)
      var gradient = [Float](repeating: 0, count: model.configuration.elementCount)
      gradient.withUnsafeMutableBufferPointer { gradient in
        guard let start = gradient.baseAddress else { return }
        BackwardPass().run(pass, dlogits: pass.logits.pointer, learned: .weights(start))
      }
      return (
        pass.activations.reduce(0) { $0 + $1.probabilities.capacity }, pass.team.scratch(0).capacity
      )
    }
    let (short, long) = (floats(2048), floats(8192))
    #expect(long.scratch < 5 * short.scratch)
    // The score matrix of one head alone would be 64 million floats.
    #expect(long.probabilities < 100 && long.scratch < 8_000_000)
  }
}
