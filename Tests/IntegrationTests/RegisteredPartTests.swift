import Actors
import Foundation
import Sim
import Testing

@testable import TroupeCLI

@Suite("Commands with parts that a program registers")
struct RegisteredPartTests {
  private struct Broken: Error {}

  @Test("a tool that throws in the middle of a rollout is bad input: exit code 2")
  func brokenTool() throws {
    let files = try TemporaryFiles()
    let scenario = try files.file("s.json5", "{ tools: ['mend'], tasks: { heldOut: { perFamily: 4 } } }")
    let design = try files.file("d.mas", "a = tool mend ( task ) ; b = agent solve ( a ) ; answer b")
    func evaluate(_ mend: @escaping @Sendable (Work) throws -> Work) throws -> Int32 {
      var registry = Registry()
      try registry.registerTool("mend", effect: WorkEffect(reads: .state, sets: .state), mend)
      return CommandLineTool.run(
        ["eval", scenario, "--policy", "scripted", "--design", design, "--threads", "2"], [], registry)
    }
    #expect(try evaluate { $0 } == 0)
    #expect(try evaluate { _ in throw Broken() } == 2)
  }
}
