import Foundation
import Testing

/// The promises, as the README and docs/guarantees.md list them.
@Suite("The promises")
struct PromiseTests {
  private func text(_ path: String) throws -> String {
    try String(contentsOf: TroupeProcess.repository.appending(path: path), encoding: .utf8)
  }

  @Test("the README has all ten, as docs/guarantees.md has, and every suite that holds one exists")
  func promises() throws {
    let rows = try text("README.md").split(separator: "\n").filter { $0.hasPrefix("| P") }
    let guarantees = try text("docs/guarantees.md").split(separator: "\n")
    let numbers = (1...10).map { "P\($0)" }
    #expect(rows.map { $0.split(separator: " ")[1] } == numbers.map { $0[...] })
    #expect(
      guarantees.filter { $0.hasPrefix("**P") }.map { $0.dropFirst(2).prefix { $0 != "." } }
        == numbers.map { $0[...] })
    let tests = TroupeProcess.repository.appending(path: "Tests")
    let files = Set(
      try FileManager.default.subpathsOfDirectory(atPath: tests.path).compactMap {
        $0.split(separator: "/").last
      })
    let suites = (rows + guarantees.filter { $0.hasPrefix("*Held by*") }).flatMap { row in
      row.matches(of: #/`(\w+Tests)`/#).map(\.output.1)
    }
    #expect(suites.count > 20)
    for suite in suites { #expect(files.contains("\(suite).swift"), "there is no \(suite)") }
    // Every promise is held by something that can be run.
    for row in rows { #expect(row.contains(#/`(\w+Tests|\.ci\/run|make \w+|troupe \w+)/#), "\(row)") }
  }
}
