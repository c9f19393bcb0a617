import Foundation
import Policy
import Testing

@testable import Sim

@Suite("What the roles share, and what is their own")
struct RoleWeightsTests {
  private let configuration = ModelConfiguration(
    vocabularySize: 20, hiddenSize: 16, layerCount: 1, headCount: 2, keyValueHeadCount: 1, headDimension: 8,
    intermediateSize: 24)

  /// The gradient of what `role` learns.
  private func gradient(_ models: RoleWeights, _ role: RoleWeights.Role) throws -> [Float] {
    let sequence = TrainingSequence(tokens: [3, 1, 4, 1, 5, 9, 2, 6], promptCount: 2)
    return try TrainingEngine(threads: 1).gradient(
      of: [sequence], model: Transformer(weights: models.weights(of: role)), adapter: models.adapter(of: role)
    ).gradient
  }

  private func models(_ kind: Scenario.ParameterSharing.Kind) -> RoleWeights {
    var settings = Scenario.ParameterSharing()
    (settings.kind, settings.rank) = (kind, 2)
    var models = RoleWeights(.random(configuration, seed: 1))
    models.divide(settings, seed: 7)
    return models
  }

  @Test(
    "both begin with the same; a step of one role moves the other only where they share",
    arguments: Scenario.ParameterSharing.Kind.allCases)
  func steps(kind: Scenario.ParameterSharing.Kind) throws {
    var models = models(kind)
    let before = models
    #expect(before.weights(of: .designer) == before.weights(of: .executor))
    #expect(before.areShared == (kind == .shared))
    var optimizer = models.optimizer(for: .executor, weightDecay: 0)
    // An adapter's A has no slope while its B is zero: the second step moves both.
    for _ in 0..<2 {
      _ = try models.update(
        .executor, &optimizer, gradient: gradient(models, .executor), learningRate: 0.1, clipNorm: nil,
        threads: 1)
    }
    #expect(models.weights(of: .executor) != before.weights(of: .executor))
    #expect((models.weights(of: .designer) == before.weights(of: .designer)) == (kind != .shared))
    #expect((models.shared == before.shared) == (kind != .shared))
    #expect(models.digest != before.digest)
  }

  @Test(
    "what is written reads back, in a policy's directory and in a checkpoint",
    arguments: Scenario.ParameterSharing.Kind.allCases)
  func files(kind: Scenario.ParameterSharing.Kind) throws {
    let tokenizer = WordTokenizer(words: (0..<17).map { "w\(UnicodeScalar(UInt8(97 + $0)))" })
    var models = models(kind)
    var optimizer = models.optimizer(for: .designer, weightDecay: 0)
    _ = try models.update(
      .designer, &optimizer, gradient: gradient(models, .designer), learningRate: 0.1, clipNorm: 1, threads: 1
    )
    let root = FileManager.default.temporaryDirectory.appending(path: "roles-\(UUID())")
    defer { try? FileManager.default.removeItem(at: root) }
    try models.write(to: root, tokenizer: tokenizer, products: .own)
    let (read, vocabulary) = try RoleWeights.read(root)
    #expect(vocabulary as? WordTokenizer == tokenizer)
    for role in [RoleWeights.Role.designer, .executor] {
      #expect(read.weights(of: role) == models.weights(of: role))
    }
    #expect(read.areShared == models.areShared)
    try models.writeOwn(into: root, products: .own)
    var checkpoint = RoleWeights(models.shared)
    try checkpoint.readOwn(from: root)
    #expect(checkpoint == models || kind == .shared)
  }

  @Test(
    "weights that were frozen under adapters read back to the same models; an unknown format is refused",
    arguments: [("bf16", Scenario.ParameterSharing.Base.bf16), ("q8_0", .q8)])
  func frozen(name: String, base: Scenario.ParameterSharing.Base) throws {
    let tokenizer = WordTokenizer(words: (0..<17).map { "w\(UnicodeScalar(UInt8(97 + $0)))" })
    var settings = Scenario.ParameterSharing()
    (settings.kind, settings.rank, settings.base) = (.adapter, 2, base)
    let float = Weights.random(configuration, seed: 1)
    var models = RoleWeights(float)
    models.divide(settings, seed: 7)
    #expect(models.shared != float && models.frozen?.weights == models.shared)
    var optimizer = models.optimizer(for: .designer, weightDecay: 0)
    let sequence = TrainingSequence(tokens: [3, 1, 4, 1, 5, 9, 2, 6], promptCount: 2)
    let digest = models.digest
    // An adapter's A has no slope while its B is zero: the second step moves both.
    for _ in 0..<2 {
      let gradient = try TrainingEngine(threads: 1).gradient(
        of: [sequence], model: models.model(of: .designer, products: .own),
        adapter: models.adapter(of: .designer)
      ).gradient
      _ = try models.update(
        .designer, &optimizer, gradient: gradient, learningRate: 0.1, clipNorm: nil, threads: 1)
    }
    #expect(models.digest != digest)
    let root = FileManager.default.temporaryDirectory.appending(path: "roles-\(UUID())")
    defer { try? FileManager.default.removeItem(at: root) }
    try models.write(to: root, tokenizer: tokenizer, products: .own)
    let read = try RoleWeights.read(root).weights
    #expect(read == models && read.digest == models.digest)
    func logits(_ models: RoleWeights) throws -> [[Float]] {
      try models.model(of: .designer, products: .own).logits(of: [3, 1, 4])
    }
    #expect(try logits(read) == logits(models))
    let file = root.appending(path: "model.safetensors")
    #expect(try SafetensorsFile(reading: file).metadata["troupe.frozen"] == name)
    var bytes = try Data(contentsOf: file)
    let place = try #require(bytes.range(of: Data("\"\(name)\"".utf8)))
    bytes.replaceSubrange(place, with: Data("\"\(String(name.reversed()))\"".utf8))
    try bytes.write(to: file)
    let error = #expect(throws: CheckpointError.self) { try RoleWeights.read(root) }
    #expect(error?.description.contains("is not known") == true, "\(error?.description ?? "")")
  }

  @Test("weights of each role say which products trained them, unless they are Troupe's own")
  func products() throws {
    let tokenizer = WordTokenizer(words: (0..<17).map { "w\(UnicodeScalar(UInt8(97 + $0)))" })
    for products in [Products.own, .openBLAS] {
      let root = FileManager.default.temporaryDirectory.appending(path: "roles-\(UUID())")
      defer { try? FileManager.default.removeItem(at: root) }
      try models(.split).write(to: root, tokenizer: tokenizer, products: products)
      try models(.split).writeOwn(into: root, products: products)
      for name in ["designer/model", "executor/model", "designer", "executor"] {
        let file = try SafetensorsFile(reading: root.appending(path: "\(name).safetensors"))
        #expect(file.metadata["products"] == products.description, "\(name)")
      }
    }
  }
}
