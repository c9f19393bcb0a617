import Foundation
import Messaging
import Policy
import Sim

extension Verb {
  private static let episode = Option("--episode", "ID", "of a LOG: the episode to look at")
  private static let other = Option(
    "--other", "ID", "of a LOG: a second one, such as a fork, to see beside it")
  private static let out = Option(
    "--out", "FILE", "where to write (default: report.html in DIR; ID.html for an episode)")
  private static let watch = Option(
    "--watch", nil, "write the page every few seconds, until the run is finished")

  /// The verb that makes the page of a run, of several, or of one episode.
  static let report = Verb(
    name: "report", operands: ["DIR|LOG", "[DIR...]"],
    summary: "makes a page to look at: a run, several runs compared, or an episode step by step",
    options: [episode, other, out, watch, .json]
  ) { arguments in
    let paths = arguments.positional
    if arguments.has(episode) { return try page(ofEpisodeIn: paths, arguments) }
    if arguments.has(other) { throw UsageError("report: --other goes with --episode ID") }
    if let log = paths.first(where: { !RunDirectory(URL(filePath: $0)).isDirectory }) {
      throw UsageError(
        FileManager.default.fileExists(atPath: log)
          ? "\(log): is no directory of a run; of a log, --episode ID says what to look at"
          : "\(log): there is no such run")
    }
    let directories = paths.map { RunDirectory(URL(filePath: $0)) }
    if directories.count > 1, !arguments.has(out) {
      throw UsageError("report: a comparison needs --out FILE, because it belongs to no single run")
    }
    let file = arguments.string(out).map { URL(filePath: $0) } ?? directories[0].report
    while true {
      let runs = try directories.map { try RunPage($0, arguments.registry) }
      let isDone = !arguments.has(watch) || runs.allSatisfy(\.isFinished)
      let title = directories.count == 1 ? directories[0].url.lastPathComponent : "\(directories.count) runs"
      let page = ViewerPage(title: title, runs: runs, refresh: isDone ? nil : 10)
      try write(page, to: file)
      guard !isDone else {
        for note in runs.flatMap(\.notes) { Console.error(note) }
        return tell(file, arguments)
      }
      // The clock decides only when the page is written again.
      Thread.sleep(forTimeInterval: 5)
    }
  }

  /// Writes the page of one or two episodes of a log.
  private static func page(ofEpisodeIn paths: [String], _ arguments: Arguments) throws -> Int32 {
    guard paths.count == 1, let path = paths.first else {
      throw UsageError("report: --episode ID takes one LOG, not \(paths.count)")
    }
    if arguments.has(watch) { throw UsageError("report: --watch goes with a run, and not with --episode") }
    let ids = [arguments.string(episode), arguments.string(other)].compactMap(\.self)
    let samples = try ids.map { id in
      var log = try EpisodeLog(URL(filePath: path))
      let setup = try arguments.setup(of: log, path)
      guard let found = try LoggedPage(id, in: &log, setup) else {
        throw UsageError("\(path): there is no episode \(id)")
      }
      return PageSample(found, setup)
    }
    let name = ids[0].replacing("/", with: "-")
    let file = URL(filePath: arguments.string(out) ?? "\(name).html")
    try write(ViewerPage(title: ids.joined(separator: ", "), episodes: samples), to: file)
    return tell(file, arguments)
  }

  private static func write(_ page: ViewerPage, to file: URL) throws {
    do {
      try Data(page.html.utf8).write(to: file, options: .atomic)
    } catch {
      throw UsageError("\(file.relativePath): \(FileFailure(error, .written))")
    }
  }

  private static func tell(_ file: URL, _ arguments: Arguments) -> Int32 {
    if arguments.has(.json) {
      ResultLine("report", ["file": .text(file.relativePath)]).print()
    } else {
      Console.print(file.relativePath)
    }
    return 0
  }
}
