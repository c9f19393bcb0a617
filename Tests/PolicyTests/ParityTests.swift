import Foundation
import Testing

@testable import Policy

/// Golden values: `transformers` and `peft`, recorded by `record_parity_fixtures.py`; of Qwen3, but for those named otherwise.
@Suite("Random models of many shapes compute what transformers computes, and adapters what PEFT does")
struct ParityTests {
  struct Measured: Decodable {
    var tokens: [Int32]
    var logits, longLogits: String
    var loss: Double
    var long: Int
    var gradients: [String: String]
  }
  struct Shape: Decodable {
    var config: EngineFixture.Config
    var weights: [String: String]

    var configuration: ModelConfiguration {
      var result = ModelConfiguration(
        vocabularySize: config.vocabSize, hiddenSize: config.hiddenSize, layerCount: config.numHiddenLayers,
        headCount: config.numAttentionHeads, keyValueHeadCount: config.numKeyValueHeads,
        headDimension: config.headDim, intermediateSize: config.intermediateSize, ropeTheta: config.ropeTheta,
        tiesWordEmbeddings: config.tieWordEmbeddings, hasQueryKeyNorms: config.modelType == nil,
        hasAttentionBiases: config.modelType == "qwen2", maximumPositions: config.maxPositionEmbeddings)
      result.ropeScaling = config.ropeScaling.map {
        RopeScaling(
          factor: $0.factor, lowFrequencyFactor: $0.lowFreqFactor, highFrequencyFactor: $0.highFreqFactor,
          originalPositions: $0.originalMaxPositionEmbeddings)
      }
      return result
    }

    func model() throws -> Weights {
      var weights = Weights(
        configuration: configuration, values: [Float](repeating: 0, count: configuration.elementCount))
      for tensor in configuration.tensors {
        let values = try EngineFixture.floats(#require(self.weights[tensor.name]))
        weights.values.replaceSubrange(tensor.offset..<tensor.offset + values.count, with: values)
      }
      return weights
    }
  }

  private static func url(_ name: String) throws -> URL {
    try #require(Bundle.module.resourceURL).appending(path: "Fixtures/parity/\(name)")
  }

  private static func decoded<T: Decodable>(_ type: T.Type, _ name: String) throws -> T {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try decoder.decode(type, from: Data(contentsOf: url(name)))
  }

  private func expectClose(_ a: [Float], _ b: [Float], within tolerance: Float, _ what: Comment) {
    let scale = max(b.map(abs).max() ?? 0, 1e-6)
    let worst = zip(a, b).map { abs($0 - $1) }.max() ?? .infinity
    #expect(a.count == b.count && worst <= tolerance * scale, what)
  }

  private func expectLogits(_ model: Transformer, _ expected: Measured, _ name: String) throws {
    let logits = try model.logits(of: expected.tokens).flatMap(\.self)
    expectClose(logits, try EngineFixture.floats(expected.logits), within: 1e-4, "logits of \(name)")
    let vocabulary = model.configuration.vocabularySize
    let long = (0..<expected.long).map { Int32((7 * $0 + $0 / 11) % vocabulary) }
    let last = try model.logits(of: long).suffix(4).flatMap(\.self)
    expectClose(last, try EngineFixture.floats(expected.longLogits), within: 1e-4, "long logits of \(name)")
  }

  /// The gradient of all weights, or of the adapter that is merged into them.
  private func gradient(_ model: Transformer, _ expected: Measured, adapter: Adapter? = nil) throws -> [Float]
  {
    let sequence = TrainingSequence(tokens: expected.tokens, promptCount: 1)
    let (gradient, statistics) = try TrainingEngine(threads: 2).gradient(
      of: [sequence], model: model, adapter: adapter)
    #expect(abs(statistics.loss - expected.loss) < 1e-4 * abs(expected.loss))
    return gradient
  }

  @Test(
    "logits within 1e-4 of the largest, at long positions too; every gradient within 1e-3",
    arguments: [
      "gqa-1", "gqa-2", "gqa-4-untied", "gqa-8", "long", "long-1e6", "odd", "llama", "llama3", "qwen2",
    ])
  func shapes(name: String) throws {
    let shape = try Self.decoded(Shape.self, "\(name).json")
    let expected = try Self.decoded(Measured.self, "\(name).json")
    let model = Transformer(weights: try shape.model())
    try expectLogits(model, expected, name)
    let ours = try gradient(model, expected)
    for tensor in shape.configuration.tensors {
      let theirs = try EngineFixture.floats(#require(expected.gradients[tensor.name]))
      expectClose(
        Array(ours[tensor.offset..<tensor.offset + theirs.count]), theirs, within: 1e-3,
        "\(name): \(tensor.name)")
    }
  }

  // MARK: Adapters

  private func adapted() throws -> (weights: Weights, adapter: Adapter, expected: Measured) {
    let weights = try Self.decoded(Shape.self, "gqa-2.json").model()
    let adapter = try Adapter(reading: Self.url("adapter"), for: weights.configuration)
    return (weights, adapter, try Self.decoded(Measured.self, "adapter/expected.json"))
  }

  @Test("an adapter that PEFT wrote gives PEFT's logits and gradients")
  func adapter() throws {
    let (weights, adapter, expected) = try adapted()
    #expect(adapter.rank == 3 && adapter.modules == [.query, .value, .down])
    let model = Transformer(
      weights: adapter.merged(into: weights))
    try expectLogits(model, expected, "the adapter")
    let ours = try gradient(model, expected, adapter: adapter)
    #expect(expected.gradients.count == 2 * adapter.parts.count)
    for part in adapter.parts {
      for (factor, range) in [("A", part.a), ("B", part.b)] {
        let name = "base_model.model.\(part.tensor.name.replacing(".weight", with: ".lora_\(factor).weight"))"
        let theirs = try EngineFixture.floats(#require(expected.gradients[name]))
        expectClose(Array(ours[range]), theirs, within: 1e-3, "\(name)")
      }
    }
  }

  /// What ten steps of PyTorch's AdamW make of the adapter, with decay, a rising rate and clipped gradients.
  private struct Steps: Decodable {
    var losses: [Double]
    var adapter: [String: String]
  }

  @Test("ten steps of LoRA end within 1e-3 of PEFT's, and every loss on the way is PEFT's")
  func tenSteps() throws {
    var (weights, adapter, expected) = try adapted()
    let steps = try Self.decoded(Steps.self, "adapter/steps.json")
    let sequence = TrainingSequence(
      tokens: expected.tokens, promptCount: 1, weight: 1 / Float(expected.tokens.count - 1))
    var optimizer = AdamW(adapter)
    optimizer.weightDecay = 0.1
    let start = adapter
    for (step, theirs) in steps.losses.enumerated() {
      let model = Transformer(weights: adapter.merged(into: weights))
      let (gradient, statistics) = try TrainingEngine(threads: 2).gradient(
        of: [sequence], model: model, adapter: adapter)
      #expect(abs(statistics.loss - theirs) < 1e-3 * theirs, "the loss before step \(step)")
      optimizer.update(
        &adapter, gradient: gradient, learningRate: 0.02 * Float(step + 1) / 10, clipNorm: 1)
    }
    #expect(steps.losses.count == 10 && steps.losses[9] < 0.8 * steps.losses[0])
    for part in adapter.parts {
      for (factor, range) in [("A", part.a), ("B", part.b)] {
        let name = "base_model.model.\(part.tensor.name.replacing(".weight", with: ".lora_\(factor).weight"))"
        let theirs = try EngineFixture.floats(#require(steps.adapter[name]))
        expectClose(Array(adapter.values[range]), theirs, within: 1e-3, "\(name)")
        // They moved a hundred times further than that.
        let moved = zip(theirs, start.values[range]).map { abs($0 - $1) }.max() ?? 0
        #expect(moved > 0.05, "\(name)")
      }
    }
  }

  @Test("a fresh adapter changes nothing; a trained one lowers the loss and leaves the weights alone")
  func training() throws {
    let (weights, _, expected) = try adapted()
    var adapter = Adapter(weights.configuration, rank: 2, alpha: 4, seed: 1)
    #expect(adapter.merged(into: weights) == weights)
    let sequence = TrainingSequence(tokens: expected.tokens, promptCount: 1, weight: 0.1)
    var optimizer = AdamW(adapter)
    var losses: [Double] = []
    for _ in 0..<30 {
      let model = Transformer(weights: adapter.merged(into: weights))
      let (gradient, statistics) = try TrainingEngine(threads: 1).gradient(
        of: [sequence], model: model, adapter: adapter)
      losses.append(statistics.loss)
      optimizer.update(&adapter, gradient: gradient, learningRate: 0.02)
    }
    #expect(try #require(losses.last) < 0.5 * losses[0])
  }

  @Test("an adapter reads back to the bit; one of another shape, or that asks for more, is refused")
  func files() throws {
    let (weights, adapter, _) = try adapted()
    let files = TemporaryFiles()
    let url = files.url("adapter")
    try adapter.write(to: url, base: "runs/\"a\"")
    #expect(try Adapter(reading: url, for: weights.configuration) == adapter)
    var other = weights.configuration
    other.hiddenSize = 24
    #expect(throws: CheckpointError.self) { try Adapter(reading: url, for: other) }
    let config = url.appending(path: "adapter_config.json")
    let text = try String(contentsOf: config, encoding: .utf8)
    for (from, to, says) in [
      ("LORA", "IA3", "peft_type is IA3, not LORA"), ("\"r\": 3", "\"r\": 0", "r or lora_alpha"),
      ("\"r\": 3", "\"r\": 4", "has shape"), ("q_proj", "qkv", "the target module qkv is not supported"),
      ("\"v_proj\", ", "", "is not of this adapter"),
      ("\"fan_in_fan_out\": false", "\"fan_in_fan_out\": true", "fan_in_fan_out"),
    ] {
      let range = try #require(text.range(of: from), "\(from)")
      try text.replacingCharacters(in: range, with: to).write(to: config, atomically: true, encoding: .utf8)
      let error = #expect(throws: CheckpointError.self) {
        try Adapter(reading: url, for: weights.configuration)
      }
      #expect(error?.description.contains(says) == true, "\(error?.description ?? "")")
    }
  }
}
