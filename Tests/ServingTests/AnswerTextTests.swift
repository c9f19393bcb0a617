import PropertyTesting
import Testing

@testable import Serving

@Suite("The text of an answer comes in pieces that are text, and ends before what shall end it")
struct AnswerTextTests {
  private static let alphabet: [[UInt8]] = [
    Array("a".utf8), Array("b".utf8), Array("é".utf8), Array("😀".utf8), [0xC3], [0xA9], [0xF0, 0x9F], [0x98],
    [0x80],
    [0xED, 0xA0], [0xFF], Array("ab".utf8), Array("aba".utf8), [0xE2, 0x82],
  ]

  @Test("the pieces are the text of all bytes, and no piece ends within a character")
  func pieces() throws {
    let found = try counterexample(
      to: "pieces are the whole", for: .array(of: .element(of: Self.alphabet), count: 0...12), count: 4_000
    ) { tokens in
      var text = AnswerText(stops: [])
      var pieces = tokens.map { text.append($0) }
      pieces.append(text.finish())
      return pieces.joined().unicodeScalars.elementsEqual(
        String(decoding: tokens.joined(), as: UTF8.self).unicodeScalars)
    }
    #expect(found == nil, "\(found.map { "\($0)" } ?? "")")
    var text = AnswerText(stops: [])
    #expect([[0xF0], [0x9F], [0x98], [0x80, 0x61]].map { text.append($0) } == ["", "", "", "😀a"])
    #expect([[0xE2], [0x82]].map { text.append($0) } == ["", ""] && text.finish() == "\u{FFFD}")
  }

  @Test("an answer ends before the first text that ends it, across tokens, and shows nothing of it before")
  func stops() throws {
    let stop = Generator<[UInt8]>.array(of: .element(of: [0x61, 0x62, 0xC3]), count: 1...4)
    let found = try counterexample(
      to: "stops are found as in the whole text",
      for: .zip(
        Generator<[[UInt8]]>.array(of: .element(of: Self.alphabet), count: 0...12),
        Generator<[[UInt8]]>.array(of: stop, count: 1...3)), count: 4_000
    ) { tokens, stops in
      var text = AnswerText(stops: stops)
      var shown = ""
      for token in tokens where !text.isStopped { shown += text.append(token) }
      let isStopped = text.isStopped
      shown += text.finish()
      // What was said before the token with which a text that ends the answer is complete for the first time.
      var bytes: [UInt8] = []
      var expected: String?
      for token in tokens where expected == nil {
        bytes += token
        let ends = stops.compactMap { stop in
          (0..<max(0, bytes.count - stop.count + 1)).first { bytes[$0...].starts(with: stop) }
        }
        expected = ends.min().map { String(decoding: bytes[..<$0], as: UTF8.self) }
      }
      return isStopped == (expected != nil)
        && shown.unicodeScalars.elementsEqual(
          (expected ?? String(decoding: bytes, as: UTF8.self)).unicodeScalars)
    }
    #expect(found == nil, "\(found.map { "\($0)" } ?? "")")
    var text = AnswerText(stops: [Array("END".utf8)])
    #expect(
      ["one E", "N", "other E", "ND", "x"].map { text.append(Array($0.utf8)) } == [
        "one ", "", "ENother ", "", "",
      ])
    #expect(text.isStopped)
  }
}
