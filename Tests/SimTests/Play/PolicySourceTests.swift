import Actors
import Foundation
import Messaging
import Policy
import Testing

@testable import Sim

@Suite("Whoever plays")
struct PolicySourceTests {
  private static let tests = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  /// A model like a published one: random weights, and the byte pairs of PolicyTests' fixtures.
  private func published(in directory: URL, vocabularySize: Int = 1509) throws {
    let configuration = ModelConfiguration(
      vocabularySize: vocabularySize, hiddenSize: 16, layerCount: 1, headCount: 2, keyValueHeadCount: 1,
      headDimension: 8, intermediateSize: 24, maximumPositions: 2048)
    let letters = (0..<(vocabularySize - 3)).map { number in
      String("\(number)".map { Character(UnicodeScalar($0.asciiValue! + 49)) })
    }
    try Checkpoint.write(
      .random(configuration, seed: 5), tokenizer: WordTokenizer(words: letters), to: directory)
    for name in ["tokenizer.json", "tokenizer_config.json"] {
      try FileManager.default.removeItem(at: directory.appending(path: name))
      try FileManager.default.copyItem(
        at: Self.tests.appending(path: "PolicyTests/Fixtures/byte-pairs/\(name)"),
        to: directory.appending(path: name))
    }
  }

  private let scenario = HierarchicalRolloutTests.scenario

  @Test("a directory with byte pairs is asked as a chat model; the same seed plays the same episodes")
  func publishedModel() throws {
    let directory = FileManager.default.temporaryDirectory.appending(path: "published-\(UUID())")
    defer { try? FileManager.default.removeItem(at: directory) }
    try published(in: directory)
    let source = try PolicySource(named: directory.path, scenario)
    #expect(source.configuration?.vocabularySize == 1509)
    let servers = try source.servers()
    #expect(servers.executor is ChatServer && servers.designer === servers.executor)
    func play(threads: Int) throws -> RolloutTree {
      let families = try TaskSource(scenario)
      let agents = try AgentSetup(scenario, families: families.families)
      let rollout = HierarchicalRollout(agents: agents, designs: 2, executions: 2, threads: threads)
      return try rollout.run(families.trainingTasks(step: 0, count: 4), name: "test", seed: 4) {
        try source.servers()
      }
    }
    let tree = try play(threads: 1)
    #expect(try play(threads: 3).records == tree.records)
    // Under the grammar a script is whole, unless it was spelled in too many pieces.
    let outcomes = tree.executions.map(\.transcript.outcome)
    #expect(outcomes.contains { $0.script != nil })
    #expect(outcomes.allSatisfy { $0.script != nil || $0.designFault == "\(WorkFault.truncated)" })
  }

  @Test("a published model's own chat template is read, and a wrong one is refused with its place")
  func chatTemplate() throws {
    let directory = FileManager.default.temporaryDirectory.appending(path: "published-\(UUID())")
    defer { try? FileManager.default.removeItem(at: directory) }
    try published(in: directory)
    let file = directory.appending(path: "chat_template.jinja")
    try Data("{{ messages[0].content }}".utf8).write(to: file)
    #expect(try RoleWeights.chatTemplate(directory).prompt([.init(.user, "hi")]) == "hi")
    try Data("{% macro ask() %}{% endmacro %}".utf8).write(to: file)
    let error = #expect(throws: CheckpointError.self) { try PolicySource(named: directory.path, scenario) }
    #expect(error?.description.hasSuffix("line 1, column 4: the tag macro is not supported") == true)
  }

  @Test("what a log says of a policy: its weights, and products that are not Troupe's own")
  func conditions() throws {
    let directory = FileManager.default.temporaryDirectory.appending(path: "conditions-\(UUID())")
    defer { try? FileManager.default.removeItem(at: directory) }
    try published(in: directory)
    func source(_ name: String, _ products: Products) throws -> PolicySource {
      try PolicySource(named: name, scenario, products: products)
    }
    let (own, openBLAS) = (try source(directory.path, .own), try source(directory.path, .openBLAS))
    let description = try #require(Products.openBLAS.description)
    #expect(own.conditions == [] && openBLAS.conditions == [.init(name: "products", value: description)])
    #expect(own.weightsDigest == openBLAS.weightsDigest)
    // A policy that multiplies nothing does not name products.
    let scripted = try source("scripted", .openBLAS)
    #expect(scripted.conditions == [])

    func header(_ policy: PolicySource) -> LogHeader {
      LogHeader(
        program: "test", scenario: "{}", seed: 1, weightsDigest: policy.weightsDigest,
        conditions: policy.conditions)
    }
    #expect(own.difference(from: header(own)) == nil && openBLAS.difference(from: header(openBLAS)) == nil)
    #expect(
      own.difference(from: header(openBLAS))
        == "the log was recorded with another value of products (\(description), not the default), so generations differ"
    )
    #expect(
      openBLAS.difference(from: header(own))
        == "the log was recorded with another value of products (the default, not \(description)), so generations differ"
    )
    var other = header(own)
    other.weightsDigest = String(repeating: "0", count: 64)
    #expect(own.difference(from: other) == "the log was recorded by other weights")
    for policy in [own, openBLAS] {
      #expect(policy.difference(from: header(scripted)) == nil)
      #expect(scripted.difference(from: header(policy)) == nil)
    }
  }

  @Test("roles of two vocabularies are refused")
  func twoVocabularies() throws {
    let directory = FileManager.default.temporaryDirectory.appending(path: "two-\(UUID())")
    defer { try? FileManager.default.removeItem(at: directory) }
    let configuration = ModelConfiguration(
      vocabularySize: 5, hiddenSize: 16, layerCount: 1, headCount: 2, keyValueHeadCount: 1,
      headDimension: 8, intermediateSize: 24)
    for (role, words) in [("designer", ["x", "y"]), ("executor", ["x", "z"])] {
      try Checkpoint.write(
        .random(configuration, seed: 5), tokenizer: WordTokenizer(words: words),
        to: directory.appending(path: role))
    }
    let error = #expect(throws: CheckpointError.self) { try RoleWeights.read(directory) }
    #expect(error?.description.contains("its vocabulary is not the designer's") == true)
  }

  @Test("a vocabulary of other words is refused by its name")
  func foreignWords() throws {
    let directory = FileManager.default.temporaryDirectory.appending(path: "foreign-\(UUID())")
    defer { try? FileManager.default.removeItem(at: directory) }
    let configuration = ModelConfiguration(
      vocabularySize: 5, hiddenSize: 16, layerCount: 1, headCount: 2, keyValueHeadCount: 1,
      headDimension: 8, intermediateSize: 24)
    try Checkpoint.write(
      .random(configuration, seed: 5), tokenizer: WordTokenizer(words: ["x", "y"]), to: directory)
    let error = #expect(throws: CheckpointError.self) { try PolicySource(named: directory.path, scenario) }
    #expect(error?.description.contains("neither the scenario's nor of byte pairs") == true)
  }
}
