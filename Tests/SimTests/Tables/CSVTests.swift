import PropertyTesting
import Testing

@testable import Sim

@Suite("Comma-separated values")
struct CSVTests {
  @Test("what is written is read again, whatever the cells say")
  func roundTrip() throws {
    let cell = Generator<String>.string(of: "a,\"\n\r é", count: 0...4)
    forAll("reads back", .array(of: .array(of: cell, count: 1...3), count: 0...4)) { rows in
      CSV.rows(rows.map(CSV.line).joined()) == rows
    }
  }

  @Test("text that is cut short or quoted wrongly is refused")
  func malformed() {
    for text in ["a,b", "\"a\n", "\"a\"b\n", "a\"b\n", "a\n\"", "a,"] {
      #expect(CSV.rows(text) == nil, "\(text)")
    }
    #expect(CSV.rows("") == [] && CSV.rows("\"a\"\"b\",\n\n") == [["a\"b", ""], [""]])
  }
}
