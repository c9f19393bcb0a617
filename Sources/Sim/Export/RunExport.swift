import Foundation
import Messaging
import Policy

/// Writes the measurements of a run as an event file of TensorBoard.
package enum RunExport {
  /// The name of the event file; TensorBoard looks for `tfevents` in names.
  package static let fileName = "events.out.tfevents.\(ExportTime.epoch).troupe"

  /// Writes the run in `directory` into a new file in `target`, and returns how many steps it has and what could not be read.
  ///
  /// Scalars are those of `metrics.csv`. Histograms of rewards and advantages come from the log, if it is there. Memory grows
  /// with the number of steps, and not with that of episodes.
  /// - Throws: ``ExportError`` if there is no run, or the file is there already; ``MetricsError``.
  package static func write(
    _ directory: RunDirectory, to target: URL, _ registry: Registry
  ) throws -> (file: URL, steps: Int, notes: [String]) {
    let path = directory.url.relativePath
    guard let data = FileManager.default.contents(atPath: directory.metrics.path),
      let text = String(validating: data, as: UTF8.self)
    else { throw ExportError("\(path): holds no run that has begun: there is no metrics.csv to read") }
    // The last line of a run that is being written may be cut short.
    let whole = text[..<(text.lastIndex(of: "\n").map { text.index(after: $0) } ?? text.startIndex)]
    let table = try MetricsTable(csv: String(whole), file: directory.metrics.relativePath)
    guard !table.rows.isEmpty else { throw ExportError("\(path): has no training step yet") }
    var notes: [String] = []
    var histograms: [Int: [(tag: String, value: TensorBoardEvents.Value)]] = [:]
    if FileManager.default.fileExists(atPath: directory.log.path) {
      do {
        histograms = try self.histograms(directory.log, registry)
      } catch let error as EpisodeLogError {
        notes.append("\(error); there are no histograms")
      }
    }
    let file = target.appending(path: fileName)
    let events = try TensorBoardEvents(made(file, in: target))
    for row in table.rows {
      let scalars = table.columns.compactMap { column in
        row.values[column].map { (tag: tag(of: column), value: TensorBoardEvents.Value.scalar($0)) }
      }
      try events.add(step: row.step, scalars + (histograms[row.step] ?? []))
    }
    try events.finish()
    return (file, table.rows.count, notes)
  }

  private static func made(_ file: URL, in directory: URL) throws -> DraftFile {
    do {
      try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    } catch {
      throw ExportError("\(directory.relativePath): \(FileFailure(error, .made))")
    }
    return try DraftFile(file)
  }

  /// The tag of a column. Successes are grouped, so that TensorBoard shows families side by side.
  private static func tag(of column: String) -> String {
    let crossings = Crossing.allCases.map { ($0.column(""), $0.policy) }
    for (prefix, group) in [("train.", "train"), ("held_out.", "held out")] + crossings
    where column.hasPrefix(prefix) {
      return "\(group)/\(column.dropFirst(prefix.count))"
    }
    return "metrics/\(column)"
  }

  /// The rewards and the advantages of each training step of a log.
  private static func histograms(
    _ url: URL, _ registry: Registry
  ) throws -> [Int: [(tag: String, value: TensorBoardEvents.Value)]] {
    var log = try EpisodeLog(url)
    let scenario = try Scenario(
      json5: log.header.scenario, file: "\(url.relativePath): its scenario", catalogue: registry.catalogue)
    let setup = try EpisodeSetup(scenario, registry)
    guard !setup.isScripted else { return [:] }
    var found: [Int: [(tag: String, value: TensorBoardEvents.Value)]] = [:]
    var step: LoggedStep?
    func end() throws {
      guard let step, let number = LoggedStep.number(ofStep: step.name) else { return }
      found[number] = try values(of: step, setup)
    }
    while let (record, history) = try log.next() {
      let name = LoggedStep.name(of: record.id)
      if step?.name != name {
        try end()
        step = name.map { LoggedStep(named: $0) }
      }
      if name != nil { step?.add(try LoggedEpisode(record, history, setup)) }
    }
    try end()
    return found
  }

  private static func values(
    of step: LoggedStep, _ setup: EpisodeSetup
  ) throws -> [(tag: String, value: TensorBoardEvents.Value)] {
    var histograms: [String: TensorBoardEvents.Histogram] = [:]
    for design in step.rewards(setup.scenario.credit).tasks.flatMap(\.designs) {
      histograms["reward/designer", default: .init()].add(design.reward)
      for reward in design.executions { histograms["reward/executor", default: .init()].add(reward) }
    }
    var why = ""
    try LoggedCredit(step, setup, why: &why)?.forEach { role, advantage in
      histograms["advantage/\(role)", default: .init()].add(advantage)
    }
    return histograms.filter { !$0.value.isEmpty }.sorted { $0.key < $1.key }.map {
      (tag: $0.key, value: .histogram($0.value))
    }
  }
}
