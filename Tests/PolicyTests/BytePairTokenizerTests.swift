import Foundation
import Testing

@testable import Policy

/// Golden values: what Hugging Face `tokenizers` made of the same strings, recorded by `record_tokenizer_fixtures.py`.
@Suite("Byte pairs are those of tokenizers")
struct BytePairTokenizerTests {
  private let expected: TokenizerFixture
  private let tokenizer: BytePairTokenizer
  private let directory: URL

  init() throws {
    // `make published-tokenizer` sets the variable.
    let other = ProcessInfo.processInfo.environment["TROUPE_BYTE_PAIRS"].map { URL(filePath: $0) }
    directory = try other ?? #require(Bundle.module.resourceURL).appending(path: "Fixtures/byte-pairs")
    expected = try TokenizerFixture(directory.appending(path: "expected.json"))
    tokenizer = try #require(try TokenizerFiles.read(directory) as? BytePairTokenizer)
  }

  @Test("the ids of 20,000 strings: words, code, emoji, combining marks, scripts, white space, invalid bytes")
  func ids() throws {
    for sample in expected.samples { #expect(try tokenizer.encode(sample.text) == sample.ids) }
    let wrong = try zip(expected.strings(20_000), expected.hashValues).filter { text, theirs in
      TokenizerFixture.hash(try tokenizer.encode(text)) != theirs
    }
    #expect(wrong.isEmpty, "\(wrong.count) differ, the first: \(wrong.first?.0.debugDescription ?? "")")
  }

  @Test("a text of at most so many tokens has its ids, and one of more has none")
  func bounded() throws {
    for text in expected.strings(2000) {
      let ids = try tokenizer.encode(text)
      #expect(try tokenizer.encode(text, atMost: ids.count) == ids)
      if !ids.isEmpty { #expect(try tokenizer.encode(text, atMost: ids.count - 1) == nil) }
    }
    #expect(try tokenizer.encode("", atMost: 0) == [])
  }

  @Test("decode(encode(x)) is x, normalized; special tokens are left out for people")
  func roundTrip() throws {
    for text in expected.strings(20_000) {
      // Added tokens are cut out before the rest is normalized, so marks after them stay apart.
      let back = tokenizer.decode(try tokenizer.encode(text), keepingSpecial: true)
      #expect(
        back.precomposedStringWithCanonicalMapping.unicodeScalars.elementsEqual(
          text.precomposedStringWithCanonicalMapping.unicodeScalars))
    }
    for sample in expected.samples {
      guard let decoded = sample.decoded else { continue }
      #expect(tokenizer.decode(sample.ids).unicodeScalars.elementsEqual(decoded.unicodeScalars))
    }
    #expect(tokenizer.decode([-1, 9_999_999, 2]) == tokenizer.decode([2]))
  }

  @Test("a million characters without a split are encoded in time that is not quadratic")
  func long() throws {
    let text = String(repeating: "ab", count: 500_000)
    #expect(try tokenizer.decode(tokenizer.encode(text)) == text)
  }

  @Test("the chat template: roles, the thoughts of earlier answers left out, and what no thoughts look like")
  func chat() throws {
    let messages: [ChatTemplate.Message] = [
      .init(.system, "Be brief."), .init(.user, "2+2?"), .init(.assistant, "<think>\nfour\n</think>\n\n4"),
      .init(.user, "3+3?"),
    ]
    let text = """
      <|im_start|>system
      Be brief.<|im_end|>
      <|im_start|>user
      2+2?<|im_end|>
      <|im_start|>assistant
      4<|im_end|>
      <|im_start|>user
      3+3?<|im_end|>
      <|im_start|>assistant

      """
    #expect(try ChatTemplate.qwen3.prompt(messages) == text)
    #expect(try ChatTemplate.qwen3.prompt(messages, isThinking: false) == text + "<think>\n\n</think>\n\n")
    // Roles and marks are tokens of their own.
    #expect(try tokenizer.encode(text).count { $0 == tokenizer.endToken } == 4)
  }

  @Test("the split's pieces are all of the text")
  func pieces() {
    for text in expected.strings(2000) {
      for split in TextSplit.allCases {
        #expect(split.pieces(of: text).flatMap(Array.init) == Array(text.utf8))
      }
    }
  }

  @Test(
    "settings that would change the ids are refused by name",
    arguments: [
      ("\"NFC\"", "\"NFKC\"", "the normalizer NFKC is not NFC"),
      ("'s|'t", "'t|'s", "the pre-tokenizer is not a known split"),
      ("\"use_regex\":false", "\"use_regex\":true", "the pre-tokenizer is not a known split"),
      ("\"byte_fallback\":false", "\"byte_fallback\":true", "byte_fallback is not supported"),
      ("\"dropout\":null", "\"dropout\":0.1", "dropout is not supported"),
      ("\"lstrip\":false", "\"lstrip\":true", "asks for lstrip"),
      ("\"Ġthe\":", "\"Ġthx\":", "is of, or makes, something that is no token"),
      ("\"A\":32", "\"A\":33", "stands for two tokens"),
      ("\"A\":32", "\"A\":-7", "an id is negative"),
      ("\"type\":\"BPE\"", "\"type\":\"Unigram\"", "of type Unigram, not WordLevel or BPE"),
    ])
  func refusals(from: String, to: String, says: String) throws {
    let files = TemporaryFiles()
    let copy = files.url("tokenizer")
    try FileManager.default.copyItem(at: directory, to: copy)
    let url = copy.appending(path: "tokenizer.json")
    let text = try String(contentsOf: url, encoding: .utf8)
    try #require(text.contains(from), "\(from)")
    let range = try #require(text.range(of: from))
    try text.replacingCharacters(in: range, with: to).write(to: url, atomically: true, encoding: .utf8)
    let error = #expect(throws: CheckpointError.self) { try TokenizerFiles.read(copy) }
    #expect(
      error?.kind == .vocabulary && error?.description.contains(says) == true, "\(error?.description ?? "")")
  }
}
