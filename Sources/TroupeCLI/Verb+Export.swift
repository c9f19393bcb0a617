import Foundation
import Messaging
import Sim

extension Verb {
  private static let to = Option(
    "--to", "FORMAT",
    "eval (inspect_ai), chrome-trace (Perfetto), otlp (OpenTelemetry), or tensorboard (metrics of a run)")
  private static let out = Option(
    "--out", "FILE|DIR", "the new file; for tensorboard the directory for it, which may exist")

  /// The verb that writes episodes, or the measurements of a run, for other tools.
  static let export = Verb(
    name: "export", operands: ["LOG|DIR"],
    summary:
      "writes episodes, or a run's metrics, for other tools; virtual time begins at \(ExportTime.epochText) there",
    options: [to, out] + Arguments.filterOptions + [.json]
  ) { arguments in
    let path = arguments.positional[0]
    guard let name = arguments.string(to) else {
      throw UsageError(
        "export: --to FORMAT is missing; formats: \(ExportFormat.names.joined(separator: ", "))")
    }
    guard let format = ExportFormat(rawValue: name) else {
      let near = Spelling.nearest(to: name, among: ExportFormat.names)
      throw UsageError(
        "--to: there is no format '\(name)'"
          + (near.map { "; did you mean '\($0)'?" }
            ?? "; formats: \(ExportFormat.names.joined(separator: ", "))"))
    }
    guard let file = arguments.string(out) else {
      throw UsageError("export: --out \(format == .tensorboard ? "DIR" : "FILE") is missing")
    }
    if format == .tensorboard { return try exportRun(RunDirectory(URL(filePath: path)), file, arguments) }
    // The episodes of a run are in its log.
    let run = RunDirectory(URL(filePath: path))
    return try exportEpisodes(run.isDirectory ? run.log.relativePath : path, file, format, arguments)
  }

  private static func exportEpisodes(
    _ path: String, _ file: String, _ format: ExportFormat, _ arguments: Arguments
  ) throws -> Int32 {
    let filter = try arguments.filter()
    var log = try EpisodeLog(URL(filePath: path))
    let setup = try arguments.setup(of: log, path)
    let url = URL(filePath: file)
    let count = try LogExport.write(&log, path, to: url, as: format, setup, episode: filter.id) { episode in
      guard filter.wants(episode) else { return false }
      return !filter.choosesEvents || !events(of: episode, filter, setup, inherited: true).isEmpty
    }
    if let tail = log.tornTail { Console.error("\(path): \(tail)") }
    if arguments.has(.json) {
      ResultLine(
        "export",
        [
          "file": .text(url.relativePath), "format": .text(format.rawValue), "episodes": .integer(count),
          "steps": nil,
        ]
      ).print()
    } else {
      Console.print("\(count) episode\(count == 1 ? "" : "s") in \(url.relativePath)")
    }
    return 0
  }

  private static func exportRun(
    _ run: RunDirectory, _ directory: String, _ arguments: Arguments
  ) throws -> Int32 {
    if let option = Arguments.filterOptions.first(where: arguments.has) {
      throw UsageError("export: \(option.name) chooses episodes, and tensorboard shows a run's steps")
    }
    guard run.isDirectory else {
      throw UsageError(
        "\(run.url.relativePath): is no directory of a run, whose metrics tensorboard shows")
    }
    let (file, steps, notes) = try RunExport.write(run, to: URL(filePath: directory), arguments.registry)
    for note in notes { Console.error(note) }
    if arguments.has(.json) {
      ResultLine(
        "export",
        [
          "file": .text(file.relativePath), "format": .text(ExportFormat.tensorboard.rawValue),
          "episodes": nil, "steps": .integer(steps),
        ]
      ).print()
    } else {
      Console.print("\(steps) step\(steps == 1 ? "" : "s") in \(file.relativePath)")
    }
    return 0
  }
}
