import Foundation
import Testing

/// Runs the `troupe` that was built beside these tests, as a user would.
@Suite("The command line")
struct CommandLineTests {
  private func run(_ arguments: [String]) throws -> (code: Int32, output: String, error: String) {
    let process = Process()
    process.executableURL = Bundle.main.executableURL?.deletingLastPathComponent().appending(path: "troupe")
    process.arguments = arguments
    let (output, error) = (Pipe(), Pipe())
    (process.standardOutput, process.standardError) = (output, error)
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    let complaint = String(decoding: error.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return (process.terminationStatus, text, complaint)
  }

  private func file(_ name: String, _ text: String) throws -> String {
    let directory = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    let url = directory.appending(path: name)
    try Data(text.utf8).write(to: url)
    return url.path
  }

  @Test("bad usage and bad input end with exit code 2 and one line that says what and where")
  func badInput() throws {
    let cases: [(arguments: [String], says: String)] = [
      (["chek"], "did you mean 'check'?"),
      (["check"], "FILE is missing"),
      (["check", "x", "--quite"], "did you mean --quiet?"),
      (["check", "/nonexistent"], "/nonexistent: cannot be read"),
      (["bench", "--blas-kernel", "Foo"], "BLAS kernel 'Foo' is unknown to OpenBLAS"),
      (["bench", "--threads", "0"], "'0' is not a whole number from 1 to 64"),
      (["check", try file("s.json5", "{ sed: 1 }")], "1:3: unknown key \"sed\"; did you mean \"seed\"?"),
      (["check", try file("s.mas", "a = agent stp(task);\nanswer a")], "1:11: unknown role `stp`"),
      (["check", try file("s.mas", "a = agent step(b);\nanswer a")], "1:16"),
    ]
    for (arguments, says) in cases {
      let process = try run(arguments)
      #expect(process.code == 2, "\(arguments)")
      #expect(process.error.contains(says), "\(process.error)")
      #expect(process.error.split(separator: "\n").count == 1)
      #expect(process.output.isEmpty)
    }
  }

  @Test("a sound scenario and a sound script are said to be so")
  func soundInput() throws {
    let scenario = try run(["check", file("s.json5", "{ name: 'small' } // comments are fine")])
    #expect(scenario.code == 0 && scenario.output.contains("a scenario, \"small\""))
    let script = try run(["check", file("s.mas", "a = agent step(task);\nb = agent solve(a);\nanswer b")])
    #expect(script.code == 0 && script.output.contains("at most 2 executor calls"))
    #expect(try run(["--help"]).code == 0)
  }
}
