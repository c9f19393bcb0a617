import Foundation
import Testing

@testable import Policy

/// What Hugging Face `tokenizers` made of many strings; recorded by `record_tokenizer_fixtures.py` and
/// `record_gguf_fixtures.py`.
struct TokenizerFixture: Decodable {
  struct Sample: Decodable {
    var text: String
    var decoded: String?
    var ids: [Int32]
  }
  private var fragments: [Data]
  private var hashes: Data
  var samples: [Sample]
  /// The tensors of the model beside the tokenizer, by their names in a checkpoint.
  var tensors: [String: String]?

  init(_ url: URL) throws { self = try JSONDecoder().decode(Self.self, from: Data(contentsOf: url)) }

  /// The hash of the ids of each string; 0 where a byte of it has no token.
  var hashValues: [UInt64] {
    stride(from: 0, to: hashes.count, by: 8).map { start in
      hashes[start..<start + 8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    }
  }

  /// Knuth's MMIX generator, which the scripts use, too.
  private struct Draws {
    var state: UInt64 = 1
    mutating func below(_ count: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % count
    }
  }

  /// The first `count` strings.
  func strings(_ count: Int) -> [String] {
    var draws = Draws()
    return (0..<count).map { _ in
      let length = 1 + draws.below(8)
      let bytes = (0..<length).flatMap { _ in fragments[draws.below(fragments.count)] }
      return String(decoding: bytes, as: UTF8.self)
    }
  }

  /// FNV-1a of the bytes of the ids.
  static func hash(_ ids: [Int32]) -> UInt64 {
    var value: UInt64 = 0xCBF2_9CE4_8422_2325
    for id in ids {
      for shift in stride(from: 0, to: 32, by: 8) {
        value = (value ^ UInt64(UInt8(truncatingIfNeeded: id >> Int32(shift)))) &* 0x100_0000_01B3
      }
    }
    return value
  }

  /// Expects of each string the same ids, or an error where a byte of it has no token, and returns how many those are.
  func compare(with tokenizer: any Tokenizer) throws -> Int {
    for sample in samples {
      #expect(try tokenizer.encode(sample.text) == sample.ids, "\(sample.text)")
    }
    var refused = 0
    for (text, theirs) in zip(strings(20_000), hashValues) {
      do throws(TokenizerError) {
        #expect(TokenizerFixture.hash(try tokenizer.encode(text)) == theirs, "\(text.debugDescription)")
      } catch {
        guard case .byteWithoutToken = error else {
          Issue.record("\(error)")
          continue
        }
        refused += 1
        #expect(theirs == 0, "\(text.debugDescription): \(error)")
      }
    }
    #expect(refused == hashValues.count { $0 == 0 })
    return refused
  }
}
