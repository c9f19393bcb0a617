import Foundation
import Testing

@testable import Messaging

@Suite("JSON that is printed")
struct JSONValueTests {
  @Test("members keep their order, and what JSON cannot have becomes a text")
  func order() {
    let value: JSONValue = [
      "b": 1, "a": ["x", nil, true], "c": .number(.infinity), "d": .digits(.max), "e": .number(0.1),
      "f": .verbatim("{\"g\": 2}"),
    ]
    let text =
      "{\"b\": 1, \"a\": [\"x\", null, true], \"c\": \"inf\", \"d\": \"18446744073709551615\", \"e\": 0.1, "
      + "\"f\": {\"g\": 2}}"
    #expect("\(value)" == text)
  }

  @Test("any text comes back from Foundation's reader, and holds nothing that a terminal obeys")
  func texts() throws {
    let hostile = [
      "\u{1B}[2J", "\u{9B}31m", "a\u{202E}b", "\u{2028}", "\u{7F}", "\0", "\"\\", "🙂‍↔️", "مرحبا", "\r\n\t",
      String(decoding: [0xFF, 0xC0, 0x41] as [UInt8], as: UTF8.self),
    ]
    for text in hostile {
      let quoted = jsonQuoted(text)
      let commands = quoted.unicodeScalars.filter(\.isCommand)
      #expect(commands.isEmpty, "\(quoted)")
      let read = try JSONSerialization.jsonObject(with: Data("[\(quoted)]".utf8)) as? [String]
      #expect(read == [text])
    }
  }

  @Test("a time is the nearest number, however it was added up")
  func times() {
    var time = Duration.zero
    for _ in 0..<22 { time += .milliseconds(20) }
    #expect(time.inSeconds == 0.44 && Duration.seconds(-3).inSeconds == -3)
    #expect(Duration(secondsComponent: 1 << 40, attosecondsComponent: 5).inSeconds == 1_099_511_627_776)
  }
}
