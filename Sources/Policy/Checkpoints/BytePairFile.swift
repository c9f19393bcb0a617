import Foundation

/// A `tokenizer.json` of byte-level BPE with Qwen's split, as Hugging Face `tokenizers` writes it.
struct BytePairFile {
  private let object: [String: Any]
  /// `tokenizer_config.json` beside it, which names the special tokens.
  private let settings: [String: Any]

  init(_ object: [String: Any], _ settings: [String: Any]) {
    (self.object, self.settings) = (object, settings)
  }

  func tokenizer() throws(BytePairError) -> BytePairTokenizer {
    let model = object["model"] as? [String: Any] ?? [:]
    try refuse(model)
    try checkSplit()
    var vocabulary: [[UInt8]: Int32] = [:]
    for (text, id) in model["vocab"] as? [String: Int] ?? [:] {
      // Text with characters that stand for no byte is that of an added token.
      guard let id = Int32(exactly: id) else { throw .idOutOfRange }
      if let bytes = Self.bytes(text) { vocabulary[bytes] = id }
    }
    var pairs: [(first: [UInt8], second: [UInt8])] = []
    for (rank, entry) in (model["merges"] as? [Any] ?? []).enumerated() {
      let parts = entry as? [String] ?? (entry as? String)?.split(separator: " ").map(String.init) ?? []
      guard parts.count == 2, let first = Self.bytes(parts[0]), let second = Self.bytes(parts[1]) else {
        throw .mergeWithoutToken(rank)
      }
      pairs.append((first, second))
    }
    var added: [BytePairTokenizer.AddedToken] = []
    for entry in object["added_tokens"] as? [[String: Any]] ?? [] {
      guard let id = (entry["id"] as? Int).flatMap({ Int32(exactly: $0) }),
        let text = entry["content"] as? String
      else { throw .unsupported("an added token has no id or no content") }
      for key in ["single_word", "lstrip", "rstrip"] where entry[key] as? Bool == true {
        throw .unsupported("the added token \(text) asks for \(key), which is not supported")
      }
      added.append(
        .init(
          id: id, text: text, isSpecial: entry["special"] as? Bool ?? false,
          isNormalized: entry["normalized"] as? Bool ?? false))
    }
    func id(_ key: String) -> Int32? {
      let text = settings[key] as? String ?? (settings[key] as? [String: Any])?["content"] as? String
      return added.first { $0.text == text }?.id
    }
    guard let end = id("eos_token") else {
      throw .unsupported("tokenizer_config.json names no eos_token that is an added token")
    }
    return try BytePairTokenizer(
      vocabulary: vocabulary, merges: pairs, added: added, endToken: end, beginToken: id("bos_token"),
      isNormalized: try isNormalized())
  }

  /// Settings of the model that would change its tokens.
  private func refuse(_ model: [String: Any]) throws(BytePairError) {
    for key in ["byte_fallback", "ignore_merges"] where model[key] as? Bool == true {
      throw .unsupported("\(key) is not supported")
    }
    for key in ["continuing_subword_prefix", "end_of_word_suffix"] {
      if let text = model[key] as? String, !text.isEmpty { throw .unsupported("\(key) is not supported") }
    }
    if let dropout = model["dropout"] as? Double, dropout != 0 {
      throw .unsupported("dropout is not supported")
    }
  }

  private func isNormalized() throws(BytePairError) -> Bool {
    guard let normalizer = object["normalizer"] as? [String: Any] else { return false }
    guard normalizer["type"] as? String == "NFC" else {
      throw .unsupported("the normalizer \(normalizer["type"] ?? "without a type") is not NFC")
    }
    return true
  }

  private func checkSplit() throws(BytePairError) {
    let whole = object["pre_tokenizer"] as? [String: Any]
    let parts = whole?["pretokenizers"] as? [[String: Any]] ?? []
    let isQwens =
      parts.count == 2 && parts[0]["type"] as? String == "Split"
      && (parts[0]["pattern"] as? [String: Any])?["Regex"] as? String == QwenSplit.pattern
      && parts[0]["behavior"] as? String == "Isolated" && parts[0]["invert"] as? Bool != true
      && parts[1]["type"] as? String == "ByteLevel" && parts[1]["add_prefix_space"] as? Bool == false
      && parts[1]["use_regex"] as? Bool == false
    guard isQwens else { throw .unsupported("the pre-tokenizer is not Qwen's split of bytes") }
  }

  /// The bytes that the characters of a token stand for; `nil` if one stands for none.
  static func bytes(_ token: String) -> [UInt8]? {
    var result: [UInt8] = []
    for scalar in token.unicodeScalars {
      guard let byte = byteOfCharacter[scalar.value] else { return nil }
      result.append(byte)
    }
    return result
  }

  /// Printable Latin-1 characters stand for their own byte, the others for U+0100 and up, in order: GPT-2's table.
  private static let byteOfCharacter: [UInt32: UInt8] = {
    let printable = [0x21...0x7E, 0xA1...0xAC, 0xAE...0xFF] as [ClosedRange<UInt8>]
    var result: [UInt32: UInt8] = [:]
    var next: UInt32 = 0x100
    for byte in UInt8.min...UInt8.max {
      if printable.contains(where: { $0.contains(byte) }) {
        result[UInt32(byte)] = byte
      } else {
        result[next] = byte
        next += 1
      }
    }
    return result
  }()
}
