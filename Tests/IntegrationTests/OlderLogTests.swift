import Foundation
import Testing

/// A log of version 2, which commit f58887e wrote, under the verbs of today.
@Suite("A log of an older version")
struct OlderLogTests {
  private static let log = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "SimTests/Fixtures/version-2.log").path
  private let files = Result { try TemporaryFiles() }

  private func expect(_ arguments: [String], says: String...) throws {
    let process = try TroupeProcess(arguments)
    #expect(process.code == 0, "\(process.error)")
    for text in says { #expect(process.output.contains(text), "\(process.output)") }
  }

  @Test("it is printed, checked, replayed and forked without a model")
  func verbs() throws {
    try expect(
      ["log", Self.log], says: "written by troupe 0.1.0; seed 1; weights 872c5faff9c4a7c8",
      "BLAS kernel: Sandybridge", "block heights: 1, 2, 3, 4, 6,", "run/episode-0  ", "16 events")
    try expect(["check", Self.log], says: "a log of 1 episodes, written by troupe 0.1.0")
    try expect(["replay", Self.log], says: "1 episodes, 16 events, all as in the log")
    let fork = ["fork", Self.log, "--episode", "run/episode-0", "--at", "3"]
    let new = try files.get().url("fork.log").path
    try expect(fork + ["--log", new], says: "run/episode-0/fork-3-0: answer")
    // The compacted log has the present version.
    try expect(["replay", new], says: "2 episodes")
  }

  @Test("compacting it writes a log of today with what the old header said")
  func compact() throws {
    let new = try files.get().url("compact.log").path
    try expect(["log", Self.log, "--compact", new], says: "1 episodes in")
    #expect(try Data(contentsOf: URL(filePath: new))[8] == 4)
    try expect(["log", new], says: "BLAS kernel: Sandybridge", "block heights: 1, 2, 3, 4, 6,")
    try expect(["replay", new], says: "1 episodes, 16 events, all as in the log")
  }

  /// Version 3, which commit 421b1bf wrote: random order, with two crashes by chance and their restarts.
  @Test("an episode of version 3 with chance replays under its own rules, also from a log of today")
  func version3() throws {
    let log = URL(filePath: Self.log).deletingLastPathComponent().appending(path: "version-3.log").path
    let says = "1 episodes, 16 events, all as in the log"
    try expect(["replay", log], says: says)
    let new = try files.get().url("compact-3.log").path
    try expect(["log", log, "--compact", new], says: "1 episodes in")
    #expect(try Data(contentsOf: URL(filePath: new))[8] == 4)
    try expect(["replay", new], says: says)
    let fork = try files.get().url("fork-3.log").path
    try expect(
      ["fork", log, "--episode", "run/episode-0", "--at", "8", "--log", fork], says: "run/episode-0/fork-8-0")
    try expect(["replay", fork], says: "2 episodes")
  }
}
