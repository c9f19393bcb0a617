import Foundation
import Messaging

/// Writes episodes of a log in the format of another tool.
package struct LogExport {
  private let path: String
  private let setup: EpisodeSetup
  private var exporter: any EpisodeExporter
  private var count = 0
  /// The training step that is being read, and the chosen episodes of it, which wait for its credit.
  private var step: LoggedStep?
  private var waiting: [LoggedEpisode] = []

  /// Writes the chosen episodes of `log` to a new file, and returns how many there are.
  ///
  /// With `id` that is one episode. Otherwise it is all for which `isWanted` holds, but for designs, because each execution
  /// has the events of its design. The log is read as a stream, of which no more than one training step is held: the credit
  /// of an episode is known at the end of its step.
  ///
  /// - Precondition: `format` is one of episodes, and so not TensorBoard's.
  /// - Throws: ``ExportError`` if no episode is chosen or the file is there already, and what reading the log throws. There is no
  ///   file then.
  package static func write(
    _ log: inout EpisodeLog, _ path: String, to file: URL, as format: ExportFormat, _ setup: EpisodeSetup,
    episode id: String? = nil, where isWanted: (LoggedEpisode) -> Bool = { _ in true }
  ) throws -> Int {
    let source = ExportSource(log.header, setup.scenario, file: URL(filePath: path).lastPathComponent)
    var export = LogExport(
      path: path, setup: setup, exporter: try exporter(of: format, to: file, source))
    if let id {
      try export.addOne(id, of: &log, where: isWanted)
    } else {
      try export.addAll(of: &log, where: isWanted)
    }
    try export.exporter.finish()
    return export.count
  }

  private init(path: String, setup: EpisodeSetup, exporter: any EpisodeExporter) {
    self.path = path
    self.setup = setup
    self.exporter = exporter
  }

  private static func exporter(
    of format: ExportFormat, to file: URL, _ source: ExportSource
  ) throws -> any EpisodeExporter {
    let draft = try DraftFile(file)
    switch format {
    case .eval:
      return try InspectEval(draft, source, summaries: file.appendingPathExtension("summaries"))
    case .chromeTrace: return try ChromeTrace(draft, source)
    case .otlp: return OTLPTrace(draft, source)
    case .tensorboard: preconditionFailure("TensorBoard shows runs, and no episodes")
    }
  }

  private mutating func addOne(
    _ id: String, of log: inout EpisodeLog, where isWanted: (LoggedEpisode) -> Bool
  ) throws {
    guard let found = try LoggedPage(id, in: &log, setup) else {
      throw ExportError("\(path): there is no episode \(id)")
    }
    guard isWanted(found.episode) else { throw ExportError("\(path): episode \(id) is not as asked for") }
    try add(found.episode, found.credit)
  }

  private mutating func addAll(
    of log: inout EpisodeLog, where isWanted: (LoggedEpisode) -> Bool
  ) throws {
    var (isEmpty, hasDesigns) = (true, false)
    while let (record, history) = try log.next() {
      isEmpty = false
      let name = setup.isScripted ? nil : LoggedStep.name(of: record.id)
      if step?.name != name {
        try endStep()
        step = name.map { LoggedStep(named: $0) }
      }
      let episode = try LoggedEpisode(record, history, setup)
      step?.add(episode)
      guard isWanted(episode) else { continue }
      guard episode.kind != .design else {
        hasDesigns = true
        continue
      }
      if step == nil { try add(episode, nil) } else { waiting.append(episode) }
    }
    try endStep()
    guard count == 0 else { return }
    let reason =
      isEmpty
      ? "has no episodes"
      : hasDesigns
        ? "only designs are as asked for, which --episode ID exports" : "no episode is as asked for"
    throw ExportError("\(path): \(reason)")
  }

  private mutating func endStep() throws {
    guard let step, !waiting.isEmpty else { return }
    var why = ""
    let credit = try LoggedCredit(step, setup, why: &why)
    for episode in waiting { try add(episode, credit) }
    waiting = []
  }

  private mutating func add(_ episode: LoggedEpisode, _ credit: LoggedCredit?) throws {
    try exporter.add(ExportedEpisode(episode, credit, setup))
    count += 1
  }
}
