import Foundation
import Messaging
import Testing

@testable import Sim

@Suite("Exports of runs")
struct RunExportTests {
  /// The first bytes of a run's tables, and the log of one step beside them.
  private func run(_ metrics: String) throws -> (log: ExportedLog, run: RunDirectory) {
    let log = try ExportedLog(ofTraining: { _ in })
    let run = RunDirectory(log.directory)
    try Data(metrics.utf8).write(to: run.metrics)
    return (log, run)
  }

  private static let metrics = """
    step,stage,role,executor_reward,kl,train.synthesis,held_out.synthesis,trained_designer.synthesis
    0,0,executor,0.5,,0.25,0.125,0.25
    1,0,executor,0.75,0.5,0.5,,
    2,1,desig
    """

  @Test("an event file has the steps that are whole, tags by group, and histograms of the log's steps")
  func eventFile() throws {
    let (log, run) = try run(Self.metrics)
    let target = log.directory.appending(path: "board/run")
    let (file, steps, notes) = try RunExport.write(run, to: target, Registry())
    #expect(steps == 2 && notes.isEmpty && file.lastPathComponent.contains("tfevents"))
    let bytes = Array(try Data(contentsOf: file))
    let text = String(decoding: bytes, as: UTF8.self)
    for tag in [
      "metrics/executor_reward", "metrics/kl", "train/synthesis", "held out/synthesis",
      "trained designer, cold executor/synthesis", "reward/executor", "reward/designer", "advantage/executor",
      "advantage/designer",
    ] { #expect(text.contains(tag), "\(tag)") }
    // Three records, each with its length and its checksums.
    var (place, records) = (0, 0)
    while place < bytes.count {
      let length = (0..<8).reduce(0) { $0 | Int(bytes[place + $1]) << (8 * $1) }
      let content = Array(bytes[(place + 12)..<(place + 12 + length)])
      #expect(Array(bytes[place..<(place + 16 + length)]) == TensorBoardEvents.record(content))
      (place, records) = (place + 16 + length, records + 1)
    }
    #expect(records == 3 && place == bytes.count)
    #expect(throws: ExportError.self) { try RunExport.write(run, to: target, Registry()) }
    let again = try RunExport.write(run, to: log.directory.appending(path: "again"), Registry()).file
    #expect(Array(try Data(contentsOf: again)) == bytes)
  }

  @Test("a directory that holds no run, a run that has no step, and a damaged log are told")
  func refused() throws {
    let (log, run) = try run("step,stage,role,kl\n")
    let target = log.directory.appending(path: "board")
    #expect(throws: ExportError.self) { try RunExport.write(run, to: target, Registry()) }
    try FileManager.default.removeItem(at: run.metrics)
    #expect(throws: ExportError.self) { try RunExport.write(run, to: target, Registry()) }
    #expect(!FileManager.default.fileExists(atPath: target.path))
    try Data(Self.metrics.utf8).write(to: run.metrics)
    var bytes = try Data(contentsOf: run.log)
    bytes[bytes.count / 2] ^= 1
    try bytes.write(to: run.log)
    let found = try RunExport.write(run, to: target, Registry())
    #expect(found.steps == 2 && found.notes.count == 1 && found.notes[0].contains("no histograms"))
  }
}
