import Foundation
import Testing

@testable import Policy

/// Golden values: `transformers`, which reads the same file, recorded by `record_smollm2_fixtures.py`.
///
/// `make published-model` fetches the file and sets the variable.
@Suite(
  "SmolLM2 computes and says what it does in transformers",
  .enabled(if: ProcessInfo.processInfo.environment["TROUPE_SMOLLM2"] != nil))
struct PublishedModelTests {
  struct Expected: Decodable {
    struct Prompt: Decodable {
      var text: String
      var ids: [Int32]
    }
    var prompts: [Prompt]
    var completions: [[Int32]]
    var margins: [Float]
    var logits: [String]
  }
  private let expected: Expected
  private let file: URL

  init() throws {
    let url = try #require(Bundle.module.url(forResource: "Fixtures/smollm2", withExtension: "json"))
    expected = try JSONDecoder().decode(Expected.self, from: Data(contentsOf: url))
    file = URL(filePath: try #require(ProcessInfo.processInfo.environment["TROUPE_SMOLLM2"]))
  }

  /// Returns the greedy completions of all prompts.
  private func completions(_ model: Transformer, endToken: Int32) throws -> [[Int32]] {
    let decoder = Decoder(model, threads: 2)
    var places: [Int: Int] = [:]
    for (index, prompt) in expected.prompts.enumerated() {
      let request = GenerationRequest(
        prompt: prompt.ids, maximumTokens: 24, sampling: .greedy, seed: 0, endToken: endToken)
      places[try decoder.submit(request)] = index
    }
    var result = [[Int32]](repeating: [], count: expected.prompts.count)
    var left = places.count
    while left > 0 {
      for update in try decoder.step() {
        guard let generation = update.finished, let place = places[update.handle] else { continue }
        result[place] = generation.tokens
        left -= 1
      }
    }
    return result
  }

  @Test("token ids, logits within 1e-4, and the greedy text of 50 questions; as a directory as well")
  func sameAsTransformers() throws {
    let (weights, tokenizer) = try Checkpoint.read(file)
    #expect(weights.configuration.parameterCount == 134_515_008)
    for prompt in expected.prompts { #expect(try tokenizer.encode(prompt.text) == prompt.ids) }
    let model = Transformer(weights: weights)
    for (prompt, theirs) in zip(expected.prompts, expected.logits) {
      let theirs = try EngineFixture.floats(theirs)
      let ours = try #require(model.logits(of: prompt.ids, threads: 2).last)
      let difference = theirs.indices.map { abs(theirs[$0] - ours[97 * $0]) }.max() ?? .infinity
      let scale = theirs.map(abs).max() ?? 1
      #expect(difference <= 1e-4 * scale, "\(difference) of \(scale)")
    }
    let said = try completions(model, endToken: tokenizer.endToken)
    for (index, (ours, theirs)) in zip(said, expected.completions).enumerated() {
      #expect(ours == theirs, "\(index): \(tokenizer.decode(ours)) and not \(tokenizer.decode(theirs))")
    }
    let files = TemporaryFiles()
    let copy = files.url("smollm2")
    try Checkpoint.write(weights, tokenizer: tokenizer, to: copy)
    let (again, words) = try Checkpoint.read(copy)
    #expect(again == weights)
    for prompt in expected.prompts { #expect(try words.encode(prompt.text) == prompt.ids) }
  }

  @Test(
    "the ids of 20,000 strings; `make published-tokenizer` records them",
    .enabled(if: ProcessInfo.processInfo.environment["TROUPE_SMOLLM2_IDS"] != nil))
  func ids() throws {
    let recorded = try #require(ProcessInfo.processInfo.environment["TROUPE_SMOLLM2_IDS"])
    let refused = try TokenizerFixture(URL(filePath: recorded)).compare(with: Checkpoint.readTokenizer(file))
    #expect(refused == 0, "the bytes that SmolLM2 lacks are in none of these strings")
  }
}
