import Foundation
import Testing

/// From nothing to a scenario that fails, is shrunk and is replayed.
@Suite("A new scenario")
struct NewScenarioTests {
  private let files: TemporaryFiles

  init() throws { files = try TemporaryFiles() }

  @Test(
    "each kind is written once, is a valid scenario, and says what to do next",
    arguments: ["faults", "training", "llm"])
  func kinds(kind: String) throws {
    let path = files.url("\(kind).json5").path
    let new = try TroupeProcess(["new", path, "--kind", kind])
    #expect(new.code == 0 && new.output.contains(path), "\(new.error)")
    let checked = try TroupeProcess(["check", path])
    #expect(checked.code == 0, "\(checked.error)")
    let again = try TroupeProcess(["new", path, "--kind", kind])
    #expect(again.code == 2 && again.error.contains("exists"))
  }

  @Test("that of faults does what it expects; with its remedy taken out it fails, is shrunk, and plays again")
  func faults() throws {
    let path = files.url("mine.json5").path
    #expect(try TroupeProcess(["new", path]).code == 0)
    let run = try TroupeProcess(["run", path])
    #expect(run.code == 0 && run.output.contains("every expectation holds"), "\(run.output)\(run.error)")
    let text = try String(contentsOfFile: path, encoding: .utf8)
    let broken = text.split(separator: "\n").filter { !$0.contains("asks again") }.joined(separator: "\n")
    try #require(broken.count < text.count)
    let bad = try files.file("broken.json5", broken)
    let log = files.url("found.log").path
    let found = try TroupeProcess(["explore", bad, "--seeds", "1..10", "--log", log])
    #expect(
      found.code == 1 && found.output.contains("never within 5.0 seconds: answer \"4\""), "\(found.output)")
    let line = try #require(found.output.split(separator: "\n").last).split(separator: " ").map(String.init)
    let replay = try TroupeProcess(Array(line.dropFirst()))
    #expect(
      replay.code == 0 && replay.output.contains("never within 5.0 seconds"),
      "\(replay.output)\(replay.error)")
  }

  @Test("an unknown kind, a name that is none, and a place that cannot be written are one line")
  func badInput() throws {
    for (arguments, says) in [
      ([files.url("a.json5").path, "--kind", "fault"], "did you mean \"faults\"?"),
      ([files.url("a.txt").path], "ends in .json5"),
      (["/nowhere/a.json5"], "cannot be written"), ([], "FILE is missing"),
    ] {
      let new = try TroupeProcess(["new"] + arguments)
      #expect(
        new.code == 2 && new.error.contains(says) && new.error.split(separator: "\n").count == 1,
        "\(new.error)")
    }
  }
}
