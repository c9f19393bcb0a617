import Foundation
import Testing

@testable import Policy

/// Golden values: PyTorch and transformers, recorded by `record_engine_fixtures.py`.
@Suite("The engine computes what PyTorch computes")
struct EngineParityTests {
  private func sequences(_ fixture: EngineFixture) -> [TrainingSequence] {
    let completion = fixture.tokens.reduce(0) { $0 + $1.count - fixture.promptCount }
    return fixture.tokens.map {
      TrainingSequence(tokens: $0, promptCount: fixture.promptCount, weight: 1 / Float(completion))
    }
  }

  private func model(_ fixture: EngineFixture, _ values: [Float]) -> Transformer {
    let weights = Weights(configuration: fixture.configuration, values: values)
    return Transformer(weights: weights)
  }

  private func expectClose(_ a: [Float], _ b: [Float], within tolerance: Float, _ what: Comment) {
    let scale = max(b.map(abs).max() ?? 0, 1e-6)
    let worst = zip(a, b).map { abs($0 - $1) }.max() ?? .infinity
    #expect(a.count == b.count && worst <= tolerance * scale, what)
  }

  @Test("logits agree within 1e-4 of the largest", arguments: EngineFixture.names)
  func logits(name: String) throws {
    let fixture = try EngineFixture(name)
    let pass = ForwardPass(model(fixture, try fixture.flat(fixture.weights)), keepsActivations: false)
    var rows = Rows()
    for tokens in fixture.tokens { rows.append(tokens, predicting: tokens.count) }
    pass.run(rows)
    let c = fixture.configuration
    let ours = (0..<rows.count).flatMap { row in
      (0..<c.vocabularySize).map { pass.logits.pointer[row * c.paddedVocabularySize + $0] }
    }
    expectClose(ours, try EngineFixture.floats(fixture.logits), within: 1e-4, "logits of \(name)")
  }

  @Test("the gradient of every parameter agrees within 1e-3 of its largest", arguments: EngineFixture.names)
  func gradients(name: String) throws {
    let fixture = try EngineFixture(name)
    let (ours, statistics) = try TrainingEngine(threads: 1).gradient(
      of: sequences(fixture), model: model(fixture, fixture.flat(fixture.weights)))
    #expect(abs(statistics.loss - fixture.loss) < 1e-4)
    let theirs = try fixture.flat(fixture.gradients)
    for tensor in fixture.configuration.tensors {
      expectClose(Array(ours[tensor.range]), Array(theirs[tensor.range]), within: 1e-3, "\(tensor.name)")
    }
  }

  /// A constraint that allows tokens which differ from the one before by an even number, and the actual next token.
  private struct EvenSteps: TokenConstraint {
    var tokens: ArraySlice<Int32>
    var vocabularySize: Int
    func allowedTokens() -> TokenSet {
      var set = TokenSet(vocabularySize: vocabularySize)
      let (before, now) = (Int(tokens[tokens.startIndex]), Int(tokens[tokens.startIndex + 1]))
      for token in 0..<vocabularySize where (token - before) % 2 == 0 || token == now { set.insert(token) }
      return set
    }
    mutating func advance(by token: Int) { tokens.removeFirst() }
    var isComplete: Bool { tokens.count < 2 }
    var digest: UInt64 { 2 }
  }

  @Test(
    "masked objectives: loss within 1e-4, gradients within 1e-3 of the largest",
    arguments: EngineFixture.names)
  func objectives(name: String) throws {
    let fixture = try EngineFixture(name)
    let o = fixture.objectives
    let model = model(fixture, try fixture.flat(fixture.weights))
    func check(
      _ expected: EngineFixture.Objectives.Outcome, _ objective: (Int) throws -> TokenObjective
    ) throws {
      let sequences = try fixture.tokens.enumerated().map { index, tokens in
        TrainingSequence(
          tokens: tokens, promptCount: fixture.promptCount,
          constraint: EvenSteps(
            tokens: tokens[(fixture.promptCount - 1)...], vocabularySize: fixture.configuration.vocabularySize
          ),
          temperature: o.temperature, recorded: try EngineFixture.floats(o.behaviour[index]),
          objective: try objective(index))
      }
      let (ours, statistics) = try TrainingEngine(threads: 2).gradient(of: sequences, model: model)
      #expect(abs(statistics.loss - expected.loss) < 1e-4 * max(1, abs(expected.loss)))
      let theirs = try fixture.flat(expected.gradients)
      for tensor in fixture.configuration.tensors {
        expectClose(
          Array(ours[tensor.range]), Array(theirs[tensor.range]), within: 1e-3, "\(tensor.name)")
      }
    }
    try check(o.clippedSurrogate) {
      .clippedSurrogate(
        advantage: o.advantages[$0], clipLow: o.clipLow, clipHigh: o.clipHigh, entropy: o.entropy)
    }
    try check(o.anchor) { .anchor(reference: try EngineFixture.floats(o.reference[$0])) }
  }

  @Test(
    "ten AdamW steps with decay and clipping agree within 1e-4 of the largest", arguments: EngineFixture.names
  )
  func adamW(name: String) throws {
    let fixture = try EngineFixture(name)
    var weights = Weights(configuration: fixture.configuration, values: try fixture.flat(fixture.weights))
    var optimizer = AdamW(fixture.configuration)
    optimizer.weightDecay = 0.1
    let engine = TrainingEngine(threads: 2)
    for _ in 0..<10 {
      let gradient = try engine.gradient(of: sequences(fixture), model: model(fixture, weights.values))
        .gradient
      optimizer.update(&weights, gradient: gradient, learningRate: 1e-2, clipNorm: 1)
    }
    let trained = try fixture.flat(fixture.trained)
    for tensor in fixture.configuration.tensors {
      expectClose(
        Array(weights.values[tensor.range]), Array(trained[tensor.range]), within: 1e-4, "\(tensor.name)")
    }
  }
}
