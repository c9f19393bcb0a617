import Testing

@testable import Policy

@Suite("Training: nothing silent, and it learns")
struct TrainingTests {
  private let configuration = ModelConfiguration.nano(vocabularySize: 20)

  @Test("a weight that is not a number is an error with a name, not a gradient (P8)")
  func notFinite() throws {
    var weights = Weights.random(configuration, seed: 1)
    weights.values[configuration.tensors[3].offset] = .nan
    let model = Transformer(weights: weights)
    let sequence = TrainingSequence(tokens: [1, 2, 3, 4], promptCount: 1)
    #expect(throws: NotFiniteError(place: "the loss")) {
      try TrainingEngine(threads: 1).gradient(of: [sequence], model: model)
    }
  }

  @Test("a demonstration that its own grammar forbids is an error, not infinity (P8)")
  func forbidden() throws {
    let model = Transformer(weights: .random(configuration, seed: 1))
    let thirds = EngineInvarianceTests.Thirds(vocabularySize: 20)
    let sequence = TrainingSequence(tokens: [1, 3], promptCount: 1, constraint: thirds)
    #expect(throws: NotFiniteError(place: "the loss")) {
      try TrainingEngine(threads: 1).gradient(of: [sequence], model: model)
    }
  }

  @Test("the gradient of no sequences is zero")
  func empty() throws {
    let model = Transformer(weights: .random(configuration, seed: 1))
    let (gradient, statistics) = try TrainingEngine(threads: 2).gradient(of: [], model: model)
    #expect(gradient == [Float](repeating: 0, count: configuration.elementCount))
    #expect(statistics == LossStatistics())
  }

  @Test("gradients of parts of a batch add up to that of the batch")
  func accumulation() throws {
    let model = EngineInvarianceTests.nano
    let sequences = (0..<120).map { index in
      TrainingSequence(
        tokens: (0..<(6 + index % 40)).map { Int32((index * 13 + $0 * 5) % 61) }, promptCount: 2, weight: 0.01
      )
    }
    let engine = TrainingEngine(threads: 2)
    let whole = try engine.gradient(of: sequences, model: model)
    var sum = [Float](repeating: 0, count: whole.gradient.count)
    var loss = 0.0
    for start in stride(from: 0, to: 120, by: 30) {
      let part = try engine.gradient(of: Array(sequences[start..<start + 30]), model: model)
      for index in sum.indices { sum[index] += part.gradient[index] }
      loss += part.statistics.loss
    }
    let worst = zip(sum, whole.gradient).map { abs($0 - $1) }.max() ?? 1
    #expect(worst <= 1e-5 * (whole.gradient.map(abs).max() ?? 0))
    #expect(abs(loss - whole.statistics.loss) < 1e-6 * abs(loss))
  }

  @Test("a rate rises linearly, falls by a cosine, and stays at its end")
  func schedule() {
    let schedule = LearningRateSchedule(peak: 2, warmup: 4, steps: 100, finalRate: 0.1)
    #expect(
      schedule.rate(step: 0) == Float(2 * 0.25 * 1.0) && schedule.rate(step: 50) == Float(2 * (0.1 + 0.9 / 2))
    )
    #expect(
      abs(schedule.rate(step: 100) - 0.2) < 1e-6 && schedule.rate(step: 500) == schedule.rate(step: 100))
    let constant = LearningRateSchedule(peak: 3, steps: 7)
    #expect((0...20).allSatisfy { constant.rate(step: $0) == 3 })
  }

  @Test("a weight that is no number is found by its tensor's name")
  func notFiniteWeight() throws {
    let weights = Weights.random(configuration, seed: 1)
    #expect(weights.firstNotFinite == nil)
    for value in [Float.nan, .infinity] {
      let tensor = try #require(configuration.tensors.dropFirst(5).first)
      var broken = weights
      broken.values[tensor.offset + 3] = value
      #expect(broken.firstNotFinite == tensor.name)
    }
  }

  @Test("padding rows of the vocabulary never get a gradient or move")
  func padding() throws {
    for tied in [true, false] {
      var configuration = configuration
      configuration.tiesWordEmbeddings = tied
      var weights = Weights.random(configuration, seed: 1)
      var optimizer = AdamW(configuration)
      optimizer.weightDecay = 0.1
      let sequence = TrainingSequence(tokens: [1, 2, 3, 4, 5, 6], promptCount: 1)
      for _ in 0..<3 {
        let model = Transformer(weights: weights)
        let gradient = try TrainingEngine(threads: 1).gradient(of: [sequence], model: model).gradient
        optimizer.update(&weights, gradient: gradient, learningRate: 1e-2)
      }
      for tensor in configuration.tensors {
        let padding = tensor.offset + tensor.storedRows * tensor.columns..<tensor.range.upperBound
        #expect(weights.values[padding].allSatisfy { $0 == 0 })
      }
    }
  }

  @Test(
    "before an update the surrogate's ratios are 1, and its gradient that of advantage-weighted log-likelihood"
  )
  func onPolicy() throws {
    let model = EngineInvarianceTests.nano
    let engine = TrainingEngine(threads: 2)
    var sequence = TrainingSequence(tokens: [5, 9, 3, 7, 11, 2, 30], promptCount: 3, temperature: 0.8)
    sequence.recorded = engine.logProbabilities(of: [sequence], model: model)[0]
    sequence.weight = -0.7
    let likelihood = try engine.gradient(of: [sequence], model: model).gradient
    sequence.weight = 1
    sequence.objective = .clippedSurrogate(advantage: -0.7, clipLow: 0.2, clipHigh: 0.3, entropy: 0)
    let (gradient, statistics) = try engine.gradient(of: [sequence], model: model)
    #expect(statistics.clippedCount == 0 && statistics.approximateKL == 0)
    #expect(abs(statistics.loss - 0.7 * 4) < 1e-5)
    let worst = zip(gradient, likelihood).map { abs($0 - $1) }.max() ?? 1
    #expect(worst <= 1e-5 * (likelihood.map(abs).max() ?? 0))
  }

  @Test("an anchor to the model itself has no loss and no slope")
  func anchor() throws {
    let model = EngineInvarianceTests.nano
    let engine = TrainingEngine(threads: 1)
    var sequence = TrainingSequence(
      tokens: [5, 9, 3, 7, 11, 2, 31], promptCount: 3, constraint: EngineInvarianceTests.Thirds())
    sequence.objective = .anchor(reference: engine.distributions(of: [sequence], model: model)[0])
    let (gradient, statistics) = try engine.gradient(of: [sequence], model: model)
    #expect(abs(statistics.loss) < 1e-6)
    #expect((gradient.map(abs).max() ?? 1) < 1e-4)
    #expect(statistics.anchorDivergence == statistics.loss && statistics.anchoredCount == 4)
  }

  @Test("the divergence of anchors is their loss without its weight, and is measured at weight 0 too")
  func anchorDivergence() throws {
    let model = EngineInvarianceTests.nano
    let engine = TrainingEngine(threads: 1)
    var sequence = TrainingSequence(tokens: [5, 9, 3, 7, 11, 2, 31], promptCount: 3)
    let other = Transformer(weights: Weights.random(model.configuration, seed: 77))
    sequence.objective = .anchor(reference: engine.distributions(of: [sequence], model: other)[0])
    sequence.weight = 0.25
    let weighted = try engine.gradient(of: [sequence], model: model).statistics
    #expect(weighted.anchorDivergence > 0 && weighted.loss == 0.25 * weighted.anchorDivergence)
    sequence.weight = 0
    let (gradient, unweighted) = try engine.gradient(of: [sequence], model: model)
    #expect(unweighted.anchorDivergence == weighted.anchorDivergence && unweighted.loss == 0)
    #expect(gradient.allSatisfy { $0 == 0 })
  }

  @Test(
    "a gradient pass compares every recorded log-probability, under every objective, to the last bit (P5)")
  func comparison() throws {
    let model = EngineInvarianceTests.nano
    let engine = TrainingEngine(threads: 2)
    var sequence = TrainingSequence(tokens: [5, 9, 3, 7, 11, 2, 30], promptCount: 3, temperature: 0.8)
    let said = engine.logProbabilities(of: [sequence], model: model)[0]
    let reference = engine.distributions(of: [sequence], model: model)[0]
    let unrecorded = try engine.gradient(of: [sequence], model: model).statistics
    #expect(unrecorded.comparedCount == 0 && unrecorded.greatestDifference == 0)
    let objectives: [TokenObjective] = [
      .crossEntropy, .anchor(reference: reference),
      .clippedSurrogate(advantage: 1, clipLow: 0.2, clipHigh: 0.2, entropy: 0),
    ]
    for objective in objectives {
      sequence.objective = objective
      func statistics(_ recorded: [Float]) throws -> LossStatistics {
        sequence.recorded = recorded
        // Enough of them for several micro-batches and partial gradients.
        var others = [TrainingSequence](repeating: sequence, count: 120)
        for index in others.indices { others[index].recorded = said }
        return try engine.gradient(of: others + [sequence] + others, model: model).statistics
      }
      let same = try statistics(said)
      #expect(same.comparedCount == 241 * 4 && same.greatestDifference == 0)
      for index in said.indices {
        var recorded = said
        recorded[index] = said[index].nextUp
        let other = try statistics(recorded)
        #expect(
          other.comparedCount == 241 * 4 && other.greatestDifference == said[index].nextUp - said[index])
      }
    }
    // NaN differs from everything.
    sequence.objective = .anchor(reference: reference)
    sequence.recorded = [said[0], .nan, said[2], said[3]]
    #expect(try engine.gradient(of: [sequence], model: model).statistics.greatestDifference == .infinity)
  }

  @Test("150 steps teach nano to copy a digit from three places back")
  func learns() throws {
    let configuration = ModelConfiguration.nano(vocabularySize: 16)
    var weights = Weights.random(configuration, seed: 3)
    var optimizer = AdamW(configuration)
    let engine = TrainingEngine(threads: 2)
    var loss = 0.0
    for step in 0..<150 {
      let sequences = (0..<32).map { row in
        let digits = (0..<3).map { index in
          Int32(3 + CounterRandom.bits(seed: 9, index: UInt64((step * 32 + row) * 3 + index)) % 10)
        }
        return TrainingSequence(tokens: [1] + digits + digits, promptCount: 4, weight: 1 / 96)
      }
      let model = Transformer(weights: weights)
      let (gradient, statistics) = try engine.gradient(of: sequences, model: model)
      optimizer.update(&weights, gradient: gradient, learningRate: 3e-3, clipNorm: 1)
      loss = statistics.loss
    }
    #expect(loss < 0.3, "ln 10 = 2.3 is guessing; loss \(loss)")
  }
}
