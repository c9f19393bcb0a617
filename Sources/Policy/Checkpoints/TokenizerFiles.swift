import Foundation

/// `tokenizer.json` and `tokenizer_config.json` of a word tokenizer, in the format of Hugging Face `tokenizers`.
enum TokenizerFiles {
  /// Names and texts; the same text for the same vocabulary.
  static func files(_ tokenizer: WordTokenizer) -> [(String, String)] {
    let special = WordTokenizer.specialTokens
    let added = special.enumerated().map { id, word in
      """
          {"id": \(id), "content": \(CheckpointFiles.quoted(word)), "single_word": false, "lstrip": false, "rstrip": false, \
      "normalized": false, "special": true}
      """
    }
    let vocabulary = tokenizer.words.enumerated().map {
      "      \(CheckpointFiles.quoted($0.element)): \($0.offset)"
    }
    let json = """
      {
        "version": "1.0",
        "truncation": null,
        "padding": null,
        "added_tokens": [
      \(added.joined(separator: ",\n"))
        ],
        "normalizer": null,
        "pre_tokenizer": {
          "type": "Sequence",
          "pretokenizers": [
            {"type": "WhitespaceSplit"},
            {"type": "Digits", "individual_digits": true},
            {"type": "Punctuation", "behavior": "Isolated"}
          ]
        },
        "post_processor": null,
        "decoder": null,
        "model": {
          "type": "WordLevel",
          "unk_token": \(CheckpointFiles.quoted(special[0])),
          "vocab": {
      \(vocabulary.joined(separator: ",\n"))
          }
        }
      }

      """
    let config = """
      {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "pad_token": \(CheckpointFiles.quoted(special[0])),
        "bos_token": \(CheckpointFiles.quoted(special[1])),
        "eos_token": \(CheckpointFiles.quoted(special[2])),
        "clean_up_tokenization_spaces": false
      }

      """
    return [("tokenizer.json", json), ("tokenizer_config.json", config)]
  }

  /// The tokenizer of a directory: one of words, as this type writes it, or one of byte pairs with the chat template of
  /// `tokenizer_config.json` or, beside it, `chat_template.jinja`.
  static func read(_ directory: URL) throws(CheckpointError) -> any Tokenizer {
    let url = directory.appending(path: "tokenizer.json")
    let settings = try? CheckpointFiles.object(
      directory.appending(path: "tokenizer_config.json"), .vocabulary)
    let result = try tokenizer(
      CheckpointFiles.object(url, .vocabulary), settings: settings ?? [:], url.relativePath)
    let template = directory.appending(path: "chat_template.jinja")
    guard var pairs = result as? BytePairTokenizer,
      let text = try? String(contentsOf: template, encoding: .utf8)
    else {
      return result
    }
    pairs.chatTemplate = text
    return pairs
  }

  /// The tokenizer that a `tokenizer.json` describes; `settings`, of `tokenizer_config.json`, name its special tokens.
  static func tokenizer(
    _ object: [String: Any], settings: [String: Any], _ file: String
  ) throws(CheckpointError) -> any Tokenizer {
    func bad(_ what: String) -> CheckpointError { CheckpointError(.vocabulary, file, what) }
    guard let model = object["model"] as? [String: Any], let ids = model["vocab"] as? [String: Int] else {
      throw bad("has no vocabulary")
    }
    switch model["type"] as? String {
    case "WordLevel": return try words(ids, bad)
    case "BPE":
      do { return try BytePairFile(object, settings).tokenizer() } catch { throw bad(error.description) }
    default: throw bad("is a tokenizer of type \(model["type"] ?? "unknown"), not WordLevel or BPE")
    }
  }

  private static func words(
    _ ids: [String: Int], _ bad: (String) -> CheckpointError
  ) throws(CheckpointError) -> WordTokenizer {
    let words = ids.sorted { ($0.value, $0.key) < ($1.value, $1.key) }
    let special = WordTokenizer.specialTokens
    guard words.map(\.value) == Array(0..<words.count), words.prefix(special.count).map(\.key) == special
    else {
      throw bad("the ids are not 0, 1, 2 ..., beginning with \(special.joined(separator: " "))")
    }
    return WordTokenizer(words: words.dropFirst(special.count).map(\.key))
  }
}
