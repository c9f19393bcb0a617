import ActorTesting
import Foundation
import Messaging

@testable import Sim

/// A log in a directory of its own, which goes away with it, and its exports.
final class ExportedLog {
  let directory: URL
  let log: URL
  let setup: EpisodeSetup

  /// Plays one training step with a policy that has learned nothing, and keeps its log.
  init(ofTraining change: (inout Scenario) -> Void = { _ in }) throws {
    directory = try Self.made()
    log = directory.appending(path: "episodes.log")
    var scenario = try Scenario(
      json5: """
        { name: "export", policy: { preset: "nano" },
          tasks: { families: [{ name: "synthesis", levels: [2, 3] }], heldOut: { perFamily: 4 } },
          rollout: { tasks: 2, designs: 3, executions: 2 } }
        """, file: "export.json5")
    change(&scenario)
    let trainer = try Trainer(scenario, threads: 1)
    let tree = try trainer.rollOut(TrainerState(scenario, trainer.configuration))
    setup = try EpisodeSetup(scenario)
    let writer = try ReplayLogWriter(creating: log, header: Self.header(scenario))
    for record in tree.records { try writer.append(record) }
    _ = try writer.commit()
  }

  /// A log without episodes.
  init(emptyOf scenario: Scenario) throws {
    directory = try Self.made()
    log = directory.appending(path: "episodes.log")
    setup = try EpisodeSetup(scenario)
    let writer = try ReplayLogWriter(creating: log, header: Self.header(scenario))
    _ = try writer.commit()
  }

  /// A log that is kept in the repository.
  init(_ log: URL) throws {
    directory = try Self.made()
    self.log = log
    let header = try EpisodeLog(log).header
    setup = try EpisodeSetup(Scenario(json5: header.scenario, file: log.lastPathComponent))
  }

  deinit { try? FileManager.default.removeItem(at: directory) }

  private static func made() throws -> URL {
    let url = FileManager.default.temporaryDirectory.appending(path: "export-\(UUID())")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    return url
  }

  private static func header(_ scenario: Scenario) -> LogHeader {
    LogHeader(
      program: "troupe 0.0.1", scenario: scenario.canonicalText, seed: scenario.seed, weightsDigest: "none")
  }

  /// The logs of several versions and kinds that Swift's tests and Python's keep.
  static var kept: [URL] {
    let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    let python = tests.appending(path: "../../python/tests/fixtures").standardizedFileURL
    return ["tasks", "failing", "version-2", "version-3"].map { tests.appending(path: "Fixtures/\($0).log") }
      + ["forks.log", "hostile.log", "tiny/episodes.log"].map { python.appending(path: $0) }
  }

  /// Exports to a new file and returns its bytes and the number of episodes.
  func exported(
    to format: ExportFormat, as name: String = "out", episode: String? = nil,
    where isWanted: (LoggedEpisode) -> Bool = { _ in true }
  ) throws -> (bytes: [UInt8], episodes: Int) {
    let file = directory.appending(path: "\(name).\(format.rawValue)")
    var log = try EpisodeLog(log)
    let count = try LogExport.write(
      &log, self.log.path, to: file, as: format, setup, episode: episode, where: isWanted)
    return (Array(try Data(contentsOf: file)), count)
  }

  /// The episodes that an export of all has.
  func episodes() throws -> [LoggedEpisode] {
    var log = try EpisodeLog(log)
    var episodes: [LoggedEpisode] = []
    while let (record, history) = try log.next() {
      let episode = try LoggedEpisode(record, history, setup)
      if episode.kind != .design { episodes.append(episode) }
    }
    return episodes
  }
}

/// JSON as a test looks at it.
struct JSONObject {
  let members: [String: Any]

  init(_ text: some Sequence<UInt8>) throws {
    members = try JSONSerialization.jsonObject(with: Data(text)) as? [String: Any] ?? [:]
  }

  init(_ members: [String: Any]) { self.members = members }

  subscript(name: String) -> Any? { members[name] }
  func text(_ name: String) -> String { members[name] as? String ?? "" }
  func number(_ name: String) -> Double { (members[name] as? NSNumber)?.doubleValue ?? .nan }
  func integer(_ name: String) -> Int { (members[name] as? NSNumber)?.intValue ?? Int.min }
  func object(_ name: String) -> JSONObject { JSONObject(members[name] as? [String: Any] ?? [:]) }
  func objects(_ name: String) -> [JSONObject] {
    (members[name] as? [[String: Any]] ?? []).map(JSONObject.init)
  }
}
