import Foundation
import PropertyTesting
import Testing

@testable import Policy

/// Golden values: the package `gguf` and Hugging Face `tokenizers`, recorded by `record_gguf_fixtures.py`.
@Suite("GGUF files give what the package gguf reads from them")
struct GGUFTests {
  private let directory: URL

  init() throws {
    directory = try #require(Bundle.module.resourceURL).appending(path: "Fixtures/gguf")
  }

  private func url(_ name: String) -> URL { directory.appending(path: name) }

  @Test("the elements of every format have the same bits", arguments: BlockFormat.allCases)
  func formats(_ format: BlockFormat) throws {
    let file = try GGUFFile(reading: url("formats.gguf"))
    let expected = try JSONDecoder().decode(
      [String: String].self, from: Data(contentsOf: url("formats.json")))
    let theirs = try EngineFixture.floats(#require(expected[format.name]))
    #expect(file.tensors[format.name]?.format == format)
    #expect(file.tensors[format.name]?.shape == [3, 256])
    #expect(theirs.count == 768)
    #expect(try file.floats(of: format.name).map(\.bitPattern) == theirs.map(\.bitPattern))
  }

  @Test("a model's configuration, and its tensors by the names and in the order of transformers")
  func model() throws {
    let expected = try TokenizerFixture(url("llama.json"))
    let (weights, _) = try Checkpoint.read(url("llama.gguf"))
    let shape = ModelConfiguration(
      vocabularySize: 603, hiddenSize: 32, layerCount: 2, headCount: 4, keyValueHeadCount: 2,
      headDimension: 8, intermediateSize: 64, ropeTheta: 100_000, normEpsilon: 1e-5,
      hasQueryKeyNorms: false, maximumPositions: 128)
    #expect(weights.configuration == shape)
    #expect(try Checkpoint.readConfiguration(url("llama.gguf")) == shape)
    #expect(try Checkpoint.readWeights(url("llama.gguf")) == weights)
    for tensor in weights.configuration.tensors {
      let theirs = try EngineFixture.floats(#require(expected.tensors?[tensor.name]))
      let count = tensor.storedRows * tensor.columns
      #expect(Array(weights.values[tensor.offset..<tensor.offset + count]) == theirs, "\(tensor.name)")
    }
  }

  @Test("Llama 3's scaling of RoPE is read from the divisors that llama.cpp stores, and others are refused")
  func ropeDivisors() throws {
    let scaling = RopeScaling(
      factor: 32, lowFrequencyFactor: 1, highFrequencyFactor: 4, originalPositions: 8192)
    #expect(try Checkpoint.readConfiguration(url("rope.gguf")).ropeScaling == scaling)
    // Frequencies of another base have other divisors.
    let base = Array("llama.rope.freq_base".utf8) + [6, 0, 0, 0]
    func bytes(_ theta: Float) -> [UInt8] { withUnsafeBytes(of: theta.bitPattern.littleEndian, Array.init) }
    let other = try replacing(base + bytes(500_000), base + bytes(10_000), in: "rope.gguf")
    try expect(other, "RoPE scaling by rope_freqs.weight is not that of Llama 3")
  }

  @Test("what was read is written as a directory that gives it back: weights, shape, ids and chat template")
  func directoryOfFile() throws {
    let (weights, tokenizer) = try Checkpoint.read(url("llama.gguf"))
    let files = TemporaryFiles()
    let copy = files.url("llama")
    try Checkpoint.write(weights, tokenizer: tokenizer, to: copy)
    let (again, words) = try Checkpoint.read(copy)
    #expect(again == weights)
    let (one, two) = try (#require(tokenizer as? BytePairTokenizer), #require(words as? BytePairTokenizer))
    #expect(two.chatTemplate == "{{ messages[0]['content'] }}" && one.chatTemplate == two.chatTemplate)
    #expect((one.endToken, one.beginToken) == (two.endToken, two.beginToken))
    #expect(one.split == two.split && one.mergedPairs.count == two.mergedPairs.count)
    let expected = try TokenizerFixture(url("llama.json"))
    for text in expected.strings(2000) {
      #expect((try? one.encode(text)) == (try? two.encode(text)))
    }
    // Another writing of the same gives the same bytes.
    let second = files.url("second")
    try Checkpoint.write(again, tokenizer: words, to: second)
    for name in ["tokenizer.json", "tokenizer_config.json", "config.json", "model.safetensors"] {
      #expect(
        try Data(contentsOf: copy.appending(path: name)) == Data(contentsOf: second.appending(path: name)))
    }
  }

  @Test(
    "the ids of 20,000 strings, by SmolLM2's rule, Qwen2's and Llama 3's; a byte without a token is an error",
    arguments: ["llama", "qwen2", "llama3"])
  func ids(_ name: String) throws {
    let expected = try TokenizerFixture(url("\(name).json"))
    let tokenizer = try Checkpoint.readTokenizer(url("\(name).gguf"))
    let refused = try expected.compare(with: tokenizer)
    #expect(name == "llama" ? refused > 50 : refused == 0)
  }

  @Test(
    "files that lie are refused, and the message says what is wrong",
    arguments: [
      (0, [0], "is not a GGUF file"), (4, [1], "is GGUF of version 1, not 2 or 3"),
      (4, [0, 0, 0, 3], "not 2 or 3"), (8, [255, 255, 255, 255, 1], "tensors, more than 100000"),
      (16, [255, 255, 255, 255, 1], "metadata, more than 100000"),
      (24, [255, 255, 255, 255], "bytes of a text"),
      (16, [200, 0], "bytes of a text, more than"),
    ])
  func lies(offset: Int, bytes: [UInt8], says: String) throws {
    var data = try Data(contentsOf: url("llama.gguf"))
    data.replaceSubrange(offset..<offset + bytes.count, with: bytes)
    try expect(data, says)
  }

  private func expect(_ data: Data, _ says: String) throws {
    let files = TemporaryFiles()
    let copy = files.url("copy.gguf")
    try data.write(to: copy)
    let error = #expect(throws: CheckpointError.self) { try Checkpoint.read(copy) }
    #expect(error?.description.contains(says) == true, "\(error?.description ?? "") lacks \(says)")
  }

  /// Returns the bytes of a file, in which the first `from` is `to`.
  private func replacing(_ from: [UInt8], _ to: [UInt8], in name: String = "llama.gguf") throws -> Data {
    var data = try Data(contentsOf: url(name))
    let range = try #require(data.firstRange(of: from), "\(String(decoding: from, as: UTF8.self))")
    data.replaceSubrange(range, with: to)
    return data
  }

  @Test("a missing tensor, one of no model, an unknown quantization, a shape or an offset that lies")
  func tensors() throws {
    let name = Array("blk.1.ffn_up.weight".utf8)
    try expect(
      replacing(name, Array("blk.1.ffn_ux.weight".utf8)), "the tensor blk.1.ffn_ux.weight is not of a model")
    try expect(
      replacing(name, Array("blk.7.ffn_up.weight".utf8)),
      "the tensor model.layers.1.mlp.up_proj.weight is missing")
    // After the name: the number of dimensions, two of these, the type and the offset.
    let dimensions = name + [2, 0, 0, 0]
    try expect(replacing(dimensions, name + [7, 0, 0, 0]), "has 7 dimensions")
    let columns = dimensions + [32, 0, 0, 0, 0, 0, 0, 0]
    try expect(
      replacing(columns, dimensions + [33, 0, 0, 0, 0, 0, 0, 0]), "is no whole number of blocks of Q8_0")
    try expect(replacing(columns, dimensions + [32, 0, 0, 0, 0, 0, 0, 9]), "is too large")
    let rows = columns + [64, 0, 0, 0, 0, 0, 0, 0]
    try expect(replacing(rows, columns + [32, 0, 0, 0, 0, 0, 0, 0]), "has shape [32, 32], not [64, 32]")
    try expect(
      replacing(rows + [8], rows + [10]), "is quantized as type 10, which is not one of F32, F16, Q4_0")
    let start = rows + [8, 0, 0, 0]
    let data = try Data(contentsOf: url("llama.gguf"))
    let place = try #require(data.firstRange(of: start)).upperBound
    for (offset, says) in [
      ([1], "alignment"), ([0, 0, 0, 0, 1], "outside the file"),
      ([0, 0, 0, 0, 0, 0, 0, 255], "outside the file"),
    ] as [([UInt8], String)] {
      var changed = data
      changed.replaceSubrange(place..<place + offset.count, with: offset)
      try expect(changed, says)
    }
    var overlapping = data
    overlapping.replaceSubrange(place..<place + 8, with: [UInt8](repeating: 0, count: 8))
    try expect(overlapping, "overlap")
  }

  @Test("settings that would change the arithmetic or the ids are refused by name")
  func settings() throws {
    func text(_ text: String) -> [UInt8] { Array(text.utf8) }
    try expect(replacing(text("gpt2"), text("bert")), "tokenizer.ggml.model is bert, not gpt2")
    try expect(
      replacing(text("smollm"), text("smolly")), "tokenizer.ggml.pre is smolly, not one of gpt-2, llama-bpe")
    try expect(
      replacing(
        text("general.architecture") + [8, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0] + text("llama"),
        text("general.architecture") + [8, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0] + text("gemma")),
      "is gemma, not one of llama, qwen2, qwen3")
    try expect(
      replacing(text("llama.block_count"), text("llama.block_cound")), "llama.block_count is missing")
    try expect(
      replacing(
        text("llama.rope.dimension_count") + [4, 0, 0, 0, 8],
        text("llama.rope.dimension_count") + [4, 0, 0, 0, 4]),
      "rope.dimension_count is 4, not 8")
    try expect(
      replacing(text("tokenizer.ggml.eos_token_id"), text("tokenizer.ggml.eos_token_xx")),
      "eos_token_id is missing")
  }

  @Test("a file that ends anywhere, or has any byte changed, is read or refused, and nothing else")
  func damaged() throws {
    let whole = try Data(contentsOf: url("llama.gguf"))
    let files = TemporaryFiles()
    let damages = Generator<(Int, Int, Int)>.zip(
      .integer(in: 0...whole.count - 1), .integer(in: 0...255), .integer(in: 0...whole.count))
    forAll("a damaged file is read or refused", damages, count: 400) { place, byte, length in
      var data = whole
      data[place] = UInt8(byte)
      let copy = files.url("damaged.gguf")
      try data.prefix(length).write(to: copy)
      do {
        _ = try Checkpoint.read(copy)
        return true
      } catch {
        return error is CheckpointError
      }
    }
  }
}
