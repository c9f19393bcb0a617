import Actors
import PropertyTesting
import Sim
import Testing

@Suite("JSON5")
struct JSON5ParserTests {
  @Test(
    "the extensions of JSON5 mean what the specification says",
    arguments: [
      ("// c\n{a: 1, /* c */ 'b': [1, 2,], \"c\": null,}", #"{"a":1,"b":[1,2],"c":null}"#),
      ("[+1, -.5, 5., 0x1F, -0xA, 1e-3, 1.5E+2]", "[1,-0.5,5.0,31,-10,1e-3,1.5E+2]"),
      (
        #"['it\'s', "\x41\u00e9\uD83D\uDE00", 'a\\#nb', '\n\0']"#.replacing("\\#n", with: "\\\n"),
        "[\"it's\",\"Aé😀\",\"ab\",\"\\n\\u0000\"]"
      ),
      ("{$a_1: true, été: false}", #"{"$a_1":true,"été":false}"#),
      ("\u{FEFF} 18446744073709551615 ", "18446744073709551615"),
    ])
  func extensions(text: String, json: String) throws {
    #expect(try JSON5Parser.parse(text) == JSON5Parser.parse(json))
  }

  @Test(
    "a syntax error says what and where",
    arguments: [
      ("", 1, 1, "expected a value, found the end of the file"),
      ("{a: 1", 1, 6, "expected \",\" or \"}\", found the end of the file"),
      ("{a: 1\n b: 2}", 2, 2, "expected \",\" or \"}\", found \"b\""),
      ("{a 1}", 1, 4, "expected \":\" after the key a, found \"1\""),
      ("{a: 1, a: 2}", 1, 8, "the key a is given twice"),
      ("[1, 2\n  3]", 2, 3, "expected \",\" or \"]\", found \"3\""),
      ("[yes]", 1, 2, "expected a value, found yes; quote a string"),
      ("['abc\n']", 1, 2, "this string is not closed"),
      ("{} {}", 1, 4, "expected the end of the file, found \"{\""),
      ("/* open", 1, 1, "this comment is not closed"),
      ("[01]", 1, 2, "this is not a number: 01"),
      ("[1.2.3]", 1, 2, "this is not a number: 1.2.3"),
      ("[.]", 1, 2, "this is not a number: ."),
      ("['é', #]", 1, 7, "expected a value, found \"#\""),
      ("['\\uD800']", 1, 4, "this escape is half of a surrogate pair"),
      ("['\\u12']", 1, 7, "expected 4 hexadecimal digits, found \"'\""),
    ])
  func syntaxErrors(text: String, line: Int, column: Int, what: String) {
    let error = #expect(throws: JSON5Parser.SyntaxError.self) { try JSON5Parser.parse(text) }
    #expect(error?.position == SourcePosition(line: line, column: column))
    #expect(error?.what == what)
  }

  @Test("depth and size are bounded")
  func bounds() {
    let deep = String(repeating: "[", count: 100_000)
    #expect(throws: JSON5Parser.SyntaxError.self) { try JSON5Parser.parse(deep) }
    let fits = String(repeating: "[", count: 32) + String(repeating: "]", count: 32)
    #expect(throws: Never.self) { try JSON5Parser.parse(fits) }
    let large = "[" + String(repeating: " ", count: JSON5Parser.maximumBytes) + "]"
    #expect(throws: JSON5Parser.SyntaxError.self) { try JSON5Parser.parse(large) }
  }

  @Test("what is written as JSON reads back as the same value")
  func roundTrip() {
    let scalar = Generator<JSON5Value>.oneOf(
      .constant(.null), Generator.bool.map { .bool($0) },
      Generator<Int>.integer().map { .number(String($0)) },
      Generator.string(of: "aé\"\\\n\t\u{1}😀/'").map { .string($0) })
    let list = Generator.array(of: scalar).map { JSON5Value.array($0.map { JSON5Node($0) }) }
    let value = Generator.array(of: .oneOf(scalar, list)).map { values in
      let start = SourcePosition(line: 1, column: 1)
      return JSON5Value.object(
        values.enumerated().map { JSON5Member("k\($0.offset)", JSON5Node($0.element), at: start) })
    }
    forAll("reads back", value) { try JSON5Parser.parse($0.jsonText).value == $0 }
  }

  @Test("no text crashes the parser")
  func anyText() {
    let text = Generator.string(of: "{}[]:,'\"\\/*\nau0x1.e+-é ", count: 0...24)
    forAll("parses or throws", text, count: 3_000) {
      _ = try? JSON5Parser.parse($0)
      return true
    }
  }
}
