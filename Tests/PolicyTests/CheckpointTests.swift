import Foundation
import Testing

@testable import Policy

/// Golden values: what `transformers` wrote and computed, recorded by `record_checkpoint_fixtures.py`.
@Suite("Checkpoints are those of transformers")
struct CheckpointTests {
  struct Expected: Decodable {
    var text, logits: String
    var tokens, greedy: [Int32]
  }
  private let directory = TemporaryFiles()
  private let recorded: URL
  private let expected: Expected

  init() throws {
    recorded = try #require(Bundle.module.resourceURL).appending(path: "Fixtures/checkpoint")
    expected = try JSONDecoder().decode(
      Expected.self, from: Data(contentsOf: recorded.appending(path: "expected.json")))
  }

  private func expectParity(_ weights: Weights, _ tokenizer: any Tokenizer) throws {
    #expect(try tokenizer.encode(expected.text) == expected.tokens)
    let model = Transformer(weights: weights)
    let pass = ForwardPass(model, keepsActivations: false)
    var rows = Rows()
    rows.append(expected.tokens, predicting: 1)
    pass.run(rows)
    let theirs = try EngineFixture.floats(expected.logits)
    let ours = (0..<theirs.count).map { pass.logits.pointer[$0] }
    let worst = zip(ours, theirs).map { abs($0 - $1) }.max() ?? .infinity
    #expect(worst <= 1e-4 * (theirs.map(abs).max() ?? 0))
    let decoder = Decoder(model)
    _ = try decoder.submit(
      GenerationRequest(
        prompt: expected.tokens, maximumTokens: expected.greedy.count, sampling: .greedy, seed: 0,
        endToken: tokenizer.endToken))
    var text: [Int32]?
    while text == nil { text = try decoder.step().first?.finished?.tokens }
    #expect(text == expected.greedy)
  }

  @Test("a directory that transformers wrote gives its tokens, its logits and its greedy text")
  func theirs() throws {
    let (weights, tokenizer) = try Checkpoint.read(recorded)
    try expectParity(weights, tokenizer)
    // 21 x 16, and per layer attention 16 x (16 + 8 + 8) + 16 x 16, norms 2 x 16 + 2 x 8, SwiGLU 3 x 16 x 24; one norm.
    #expect(weights.configuration.parameterCount == 336 + 2 * (768 + 48 + 1152) + 16)
  }

  /// The recorded checkpoint, which has a vocabulary of words.
  private func read() throws -> (Weights, WordTokenizer) {
    let (weights, tokenizer) = try Checkpoint.read(recorded)
    return (weights, try #require(tokenizer as? WordTokenizer))
  }

  @Test("what is written reads back to the bit, and the same weights give the same files")
  func roundTrip() throws {
    let (weights, tokenizer) = try read()
    let (one, two) = (directory.url("one"), directory.url("two"))
    for url in [one, two] { try Checkpoint.write(weights, tokenizer: tokenizer, to: url) }
    let (again, words) = try Checkpoint.read(one)
    #expect(again == weights && words as? WordTokenizer == tokenizer)
    try expectParity(again, words)
    let file = try SafetensorsFile(reading: one.appending(path: "model.safetensors"))
    #expect(file.metadata == ["format": "pt"])
    let names = try FileManager.default.contentsOfDirectory(atPath: one.path).sorted()
    #expect(
      names == [
        "config.json", "generation_config.json", "model.safetensors", "tokenizer.json",
        "tokenizer_config.json",
      ])
    for name in names {
      #expect(try Data(contentsOf: one.appending(path: name)) == Data(contentsOf: two.appending(path: name)))
    }
  }

  @Test("F16 and BF16 are widened exactly, subnormals and signed zeros included")
  func halves() throws {
    let file = try SafetensorsFile(reading: recorded.appending(path: "halves.safetensors"))
    for name in ["f16", "bf16"] {
      #expect(
        try file.floats(of: name).map(\.bitPattern) == file.floats(of: "\(name).widened").map(\.bitPattern))
    }
  }

  @Test("shards hold what one file holds, and the one that is not written is gone")
  func shards() throws {
    let (weights, tokenizer) = try read()
    let url = directory.url("sharded")
    try Checkpoint.write(weights, tokenizer: tokenizer, to: url)
    try Checkpoint.write(weights, tokenizer: tokenizer, to: url, shardSize: 4000)
    let names = try FileManager.default.contentsOfDirectory(atPath: url.path).filter {
      $0.contains("safetensors")
    }
    #expect(names.count > 3 && !names.contains("model.safetensors"))
    #expect(names.contains("model.safetensors.index.json"))
    let (again, words) = try Checkpoint.read(url)
    #expect(again == weights)
    try expectParity(again, words)
    let index = url.appending(path: "model.safetensors.index.json")
    let text = try String(contentsOf: index, encoding: .utf8)
    for (from, to, says) in [
      ("\"model.norm.weight\"", "\"model.norm.weighs\"", "does not hold model.norm.weighs"),
      ("model-00001-of", "../model-00001-of", "is no file beside it"),
      ("model-00001-of", "model-00099-of", "cannot be read"),
      ("weight_map", "weight_mop", "has no weight_map"),
      ("{", "[", "is not a JSON object"),
    ] {
      let range = try #require(text.range(of: from))
      try text.replacingCharacters(in: range, with: to).write(to: index, atomically: true, encoding: .utf8)
      let error = #expect(throws: CheckpointError.self) { try Checkpoint.read(url) }
      #expect(error?.description.contains(says) == true, "\(error?.description ?? "")")
    }
  }

  // MARK: Bad input

  /// A copy of the recorded checkpoint with one file changed.
  private func damaged(_ name: String, _ change: (inout Data) throws -> Void) throws -> URL {
    let copy = directory.url("damaged")
    try FileManager.default.copyItem(at: recorded, to: copy)
    let file = copy.appending(path: name)
    var data = try Data(contentsOf: file)
    try change(&data)
    try FileManager.default.removeItem(at: file)
    try data.write(to: file)
    return copy
  }

  private func expectError(_ kind: CheckpointError.Kind, _ says: String, reading copy: URL) {
    let error = #expect(throws: CheckpointError.self) { try Checkpoint.read(copy) }
    #expect(error?.kind == kind)
    #expect(error?.description.contains(says) == true, "\(error?.description ?? "")")
    #expect(error?.description.contains("\n") == false)
  }

  private typealias Damage = (
    name: String, from: String, to: String, kind: CheckpointError.Kind, says: String
  )

  @Test("a damaged directory is one line that says what and where")
  func damage() throws {
    let weights = "model.safetensors"
    let damages: [Damage] = [
      (weights, "model.norm.weight", "model.norm.weighs", .tensor, "model.norm.weight is missing"),
      (weights, "[21,16]", "[16,21]", .tensor, "has shape [16, 21], not [21, 16]"),
      (weights, "[21,16]", "[99,16]", .header, "of shape [99, 16] does not fill"),
      (weights, "[21,16]", "[-1,16", .header, "the header is not a JSON object"),
      (
        weights, "\"F32\",\"shape\":[16,16]", "\"F64\",\"shape\":[16,16]", .tensor, "the unsupported type F64"
      ),
      (weights, "\"format\":\"pt\"", "\"format\":123 ", .header, "the metadata are not texts"),
      (
        "config.json", "\"qwen3\"", "\"gemma\"", .configuration,
        "model_type is gemma, not one of llama, qwen2, qwen3"
      ),
      (
        "config.json", "\"qwen3\"", "\"llama\"", .tensor,
        "model.layers.0.self_attn.k_norm.weight is not of this model"
      ),
      (
        "config.json", "\"qwen3\"", "\"qwen2\"", .configuration,
        "attention_bias is false, which is not supported"
      ),
      ("config.json", "\"vocab_size\": 21", "\"vocab_size\": 22", .vocabulary, "has 21 words, the model 22"),
      (
        "config.json", "\"hidden_size\": 16", "\"hidden_size\": 24", .tensor,
        "has shape [21, 16], not [21, 24]"
      ),
      (
        "config.json", "\"num_hidden_layers\": 2", "\"num_hidden_layers\": 999", .tensor,
        "model.layers.2.input_layernorm.weight is missing"
      ),
      (
        "config.json", "\"num_key_value_heads\": 1", "\"num_key_value_heads\": 0", .configuration,
        "is 0, not from 1"
      ),
      ("config.json", "\"silu\"", "\"gelu\"", .configuration, "hidden_act is gelu, not silu"),
      (
        "config.json", "\"attention_bias\": false", "\"attention_bias\": true", .configuration,
        "is not supported"
      ),
      ("config.json", "\"head_dim\": 8", "\"head_dim\": 9", .configuration, "must be multiples of 8"),
      ("config.json", "10000.0", "0.5", .configuration, "rope_theta 0.5"),
      ("config.json", "{", "[", .configuration, "is not a JSON object"),
      ("tokenizer.json", "WordLevel", "Unigram", .vocabulary, "of type Unigram, not WordLevel or BPE"),
      ("tokenizer.json", "\"step\": 19", "\"step\": 20", .vocabulary, "the ids are not 0, 1, 2"),
    ]
    for damage in damages {
      let copy = try damaged(damage.name) { data in
        let range = try #require(data.firstRange(of: Data(damage.from.utf8)), "\(damage.from)")
        data.replaceSubrange(range, with: Data(damage.to.utf8))
        // The header's length is written in its first eight bytes.
        if damage.name == weights {
          data[0] = UInt8(truncatingIfNeeded: Int(data[0]) + damage.to.count - damage.from.count)
        }
      }
      expectError(damage.kind, damage.says, reading: copy)
      try FileManager.default.removeItem(at: copy)
    }
  }

  @Test("a file that is cut anywhere is an error, never a crash")
  func cut() throws {
    let whole = try Data(contentsOf: recorded.appending(path: "model.safetensors"))
    for length in [0, 7, 8, 100, 3000, whole.count - 4] {
      let copy = try damaged("model.safetensors") { $0 = $0.prefix(length) }
      let error = #expect(throws: CheckpointError.self) { try Checkpoint.read(copy) }
      #expect(error?.kind == .truncated || error?.kind == .header)
      try FileManager.default.removeItem(at: copy)
    }
  }

  @Test("a header that lies about its size is an error", arguments: [UInt64.max, 1 << 40, 1 << 62])
  func headerSize(size: UInt64) throws {
    let copy = try damaged("model.safetensors") { data in
      withUnsafeBytes(of: size.littleEndian) { data.replaceSubrange(0..<8, with: $0) }
    }
    expectError(.header, "the header claims \(size) bytes", reading: copy)
  }

  @Test("values that are no numbers are named", arguments: [Float.nan, .infinity])
  func notFinite(value: Float) throws {
    let copy = try damaged("model.safetensors") { data in
      withUnsafeBytes(of: value.bitPattern.littleEndian) {
        data.replaceSubrange(data.count - 4..<data.count, with: $0)
      }
    }
    expectError(.notFinite, "holds a value that is not finite", reading: copy)
  }

  /// A safetensors file of `header` and zeros.
  private func file(_ header: String, bytes: Int) throws -> URL {
    let url = directory.url("tensors.safetensors")
    var data = Data()
    withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { data.append(contentsOf: $0) }
    try (data + Data(header.utf8) + Data(count: bytes)).write(to: url)
    return url
  }

  @Test(
    "offsets that lie are errors",
    arguments: [
      (
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},\"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[4,12]}}",
        "a and b overlap"
      ),
      ("{\"a\":{\"dtype\":\"F32\",\"shape\":[4],\"data_offsets\":[0,16]}}", "a lies outside the file"),
      ("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8,0]}}", "a lies outside the file"),
      (
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[4611686018427387905,4],\"data_offsets\":[0,4]}}",
        "does not fill 4 bytes"
      ),
      ("{\"a\":{\"dtype\":\"F32\",\"shape\":[1.5],\"data_offsets\":[0,4]}}", "the entry of a is malformed"),
      ("{\"a\":[]}", "the entry of a is malformed"),
      ("7", "the header is not a JSON object"),
    ])
  func offsets(header: String, says: String) throws {
    let url = try file(header, bytes: 12)
    let error = #expect(throws: CheckpointError.self) { try SafetensorsFile(reading: url) }
    #expect(error?.description.contains(says) == true, "\(error?.description ?? "")")
  }

  @Test("what cannot be written is one line, and what was there stays")
  func unwritable() throws {
    let (weights, tokenizer) = try read()
    let file = directory.url("file")
    try Data("precious".utf8).write(to: file)
    #expect(throws: CheckpointError.self) { try Checkpoint.write(weights, tokenizer: tokenizer, to: file) }
    #expect(try Data(contentsOf: file) == Data("precious".utf8))
    #expect(throws: CheckpointError.self) { try Checkpoint.write(weights, to: URL(filePath: "/dev/full")) }
  }
}

/// A directory that is removed after the test.
final class TemporaryFiles {
  private let root = FileManager.default.temporaryDirectory.appending(path: "policy-tests-\(UUID())")

  init() { try? FileManager.default.createDirectory(at: root, withIntermediateDirectories: true) }
  deinit { try? FileManager.default.removeItem(at: root) }

  func url(_ name: String) -> URL { root.appending(path: name) }
}
