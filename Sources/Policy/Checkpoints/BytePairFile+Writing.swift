extension BytePairFile {
  /// `tokenizer.json` and `tokenizer_config.json` of a tokenizer: names and texts, from which Hugging Face `tokenizers` makes
  /// the same ids.
  /// - Complexity: O(bytes of vocabulary and merges).
  static func files(_ tokenizer: BytePairTokenizer) -> [(String, String)] {
    let quoted = CheckpointFiles.quoted
    let added = tokenizer.addedTokens.map { token in
      """
          {"id": \(token.id), "content": \(quoted(token.text)), "single_word": false, "lstrip": false, "rstrip": false, \
      "normalized": \(token.isNormalized), "special": \(token.isSpecial)}
      """
    }
    let isAdded = Set(tokenizer.addedTokens.map(\.id))
    let vocabulary = tokenizer.tokenBytes.enumerated().compactMap { id, bytes in
      bytes.isEmpty || isAdded.contains(Int32(id)) ? nil : "      \(quoted(text(bytes))): \(id)"
    }
    let merges = tokenizer.mergedPairs.map { "      [\(quoted(text($0.first))), \(quoted(text($0.second)))]" }
    let json = """
      {
        "version": "1.0",
        "truncation": null,
        "padding": null,
        "added_tokens": [
      \(added.joined(separator: ",\n"))
        ],
        "normalizer": \(tokenizer.isNormalized ? #"{"type": "NFC"}"# : "null"),
        "pre_tokenizer": \(preTokenizer(tokenizer.split)),
        "post_processor": null,
        "decoder": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true},
        "model": {
          "type": "BPE",
          "dropout": null,
          "unk_token": null,
          "continuing_subword_prefix": null,
          "end_of_word_suffix": null,
          "fuse_unk": false,
          "byte_fallback": false,
          "ignore_merges": \(tokenizer.keepsWholePieces),
          "vocab": {
      \(vocabulary.joined(separator: ",\n"))
          },
          "merges": [
      \(merges.joined(separator: ",\n"))
          ]
        }
      }

      """
    func content(_ id: Int32?) -> String {
      tokenizer.addedTokens.first { $0.id == id }.map { quoted($0.text) } ?? "null"
    }
    let settings = """
      {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": \(content(tokenizer.beginToken)),
        "eos_token": \(content(tokenizer.endToken)),
        "pad_token": \(content(tokenizer.endToken)),
        "clean_up_tokenization_spaces": false,
        "chat_template": \(tokenizer.chatTemplate.map(quoted) ?? "null")
      }

      """
    return [("tokenizer.json", json), ("tokenizer_config.json", settings)]
  }

  private static func preTokenizer(_ split: TextSplit) -> String {
    func bytes(usesPattern: Bool) -> String {
      #"{"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": false, "use_regex": \#(usesPattern)}"#
    }
    func sequence(_ first: String, _ second: String) -> String {
      #"{"type": "Sequence", "pretokenizers": [\#(first), \#(second)]}"#
    }
    switch split {
    case .gpt2: return bytes(usesPattern: true)
    case .gpt2WithDigits:
      return sequence(#"{"type": "Digits", "individual_digits": true}"#, bytes(usesPattern: true))
    case .qwen, .llama3:
      let pattern = CheckpointFiles.quoted(split.pattern)
      return sequence(
        #"{"type": "Split", "pattern": {"Regex": \#(pattern)}, "behavior": "Isolated", "invert": false}"#,
        bytes(usesPattern: false))
    }
  }
}
