import Foundation

/// A `tokenizer.json` of byte-level BPE with one of the splits of ``TextSplit``, as Hugging Face `tokenizers` writes it.
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
      isNormalized: try isNormalized(), split: try split(),
      keepsWholePieces: model["ignore_merges"] as? Bool ?? false, chatTemplate: chatTemplate)
  }

  /// Settings of the model that would change its tokens.
  private func refuse(_ model: [String: Any]) throws(BytePairError) {
    if model["byte_fallback"] as? Bool == true { throw .unsupported("byte_fallback is not supported") }
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

  /// The template of `tokenizer_config.json`: one text, or the one named `default` of several.
  private var chatTemplate: String? {
    if let text = settings["chat_template"] as? String { return text }
    let several = settings["chat_template"] as? [[String: Any]]
    return several?.first { $0["name"] as? String == "default" }?["template"] as? String
  }

  private func split() throws(BytePairError) -> TextSplit {
    let whole = object["pre_tokenizer"] as? [String: Any] ?? [:]
    var parts =
      whole["type"] as? String == "Sequence" ? whole["pretokenizers"] as? [[String: Any]] ?? [] : [whole]
    func type(_ part: [String: Any]?) -> String? { part?["type"] as? String }
    let unknown = BytePairError.unsupported("the pre-tokenizer is not a known split of bytes")
    guard let bytes = parts.popLast(), type(bytes) == "ByteLevel",
      bytes["add_prefix_space"] as? Bool == false,
      parts.count <= 1
    else { throw unknown }
    let usesPattern = bytes["use_regex"] as? Bool ?? true
    switch type(parts.first) {
    case nil where usesPattern: return .gpt2
    case "Digits" where usesPattern && parts[0]["individual_digits"] as? Bool == true: return .gpt2WithDigits
    case "Split"
    where !usesPattern && parts[0]["behavior"] as? String == "Isolated" && parts[0]["invert"] as? Bool != true:
      let pattern = (parts[0]["pattern"] as? [String: Any])?["Regex"] as? String
      guard let split = [TextSplit.qwen, .llama3].first(where: { $0.pattern == pattern }) else {
        throw unknown
      }
      return split
    default: throw unknown
    }
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

  /// The characters that stand for the bytes of a token.
  static func text(_ bytes: [UInt8]) -> String {
    var text = String.UnicodeScalarView()
    for byte in bytes { text.append(characterOfByte[Int(byte)]) }
    return String(text)
  }

  /// Printable Latin-1 characters stand for their own byte, the others for U+0100 and up, in order: GPT-2's table.
  private static let characterOfByte: [Unicode.Scalar] = {
    let printable = [0x21...0x7E, 0xA1...0xAC, 0xAE...0xFF] as [ClosedRange<UInt8>]
    var next: UInt16 = 0x100
    return (UInt8.min...UInt8.max).map { byte in
      if printable.contains(where: { $0.contains(byte) }) { return Unicode.Scalar(byte) }
      defer { next += 1 }
      // The numbers 0x100 to 0x143 are all characters.
      return Unicode.Scalar(next) ?? "?"
    }
  }()

  private static let byteOfCharacter = Dictionary(
    uniqueKeysWithValues: characterOfByte.enumerated().map { ($0.element.value, UInt8($0.offset)) })
}
