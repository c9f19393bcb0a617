import Foundation
import Messaging
import Policy

/// A run's directory as a page shows it: what it measured, what its designers wrote, and some whole episodes.
///
/// A run that is being written, that was killed, or whose files are of another version is shown as far as it can be read;
/// ``notes`` says what is missing.
package struct RunPage: Sendable {
  private let name: String
  private let body: JSONValue
  fileprivate let samples: [PageSample]
  /// What could not be read, each as one line.
  package let notes: [String]
  /// Whether the run has come to its end.
  package let isFinished: Bool

  /// Reads the run in `directory`.
  /// - Throws: ``RunError`` if the directory has no `scenario.json5`; what is wrong with the scenario.
  package init(_ directory: RunDirectory, _ registry: Registry = Registry()) throws {
    let files = FileManager.default
    guard files.fileExists(atPath: directory.scenario.path) else {
      throw RunError("\(directory.url.relativePath): holds no run: there is no scenario.json5")
    }
    let scenario = try Scenario(contentsOf: directory.scenario, catalogue: registry.catalogue)
    var notes: [String] = []
    func columns(_ url: URL) -> PageColumns? {
      guard let data = files.contents(atPath: url.path) else { return nil }
      guard let text = String(validating: data, as: UTF8.self), let columns = PageColumns(csv: text) else {
        notes.append("\(url.lastPathComponent) cannot be read")
        return nil
      }
      return columns
    }
    let setup = try EpisodeSetup(scenario, registry)
    var history = TrainingHistory(setup)
    var facts: [(String, String)] = [("seed", "\(scenario.seed)")]
    do {
      var log = try EpisodeLog(directory.log)
      facts += [("program", log.header.program), ("weights at the beginning", log.header.weightsDigest)]
      facts += log.header.conditions.map { ($0.name, $0.value) }
      while let (record, episode) = try log.next() {
        try history.add(LoggedEpisode(record, episode, setup))
      }
      if let tail = log.tornTail { notes.append("\(directory.log.lastPathComponent): \(tail)") }
    } catch let error as EpisodeLogError {
      notes.append("\(error)")
    }
    try history.endStep()
    facts.append(("episodes", "\(history.episodes)"))
    if let (weights, _) = try? RoleWeights.read(directory.policy) {
      facts.append(("parameters", "\(weights.shared.configuration.parameterCount)"))
      facts.append(("trained policy", weights.digest))
    }
    if let machine = files.contents(atPath: directory.machine.path),
      let known = try? JSONDecoder().decode([String: String].self, from: machine)
    {
      facts += known.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }
    var metrics = columns(directory.metrics)
    let families = scenario.tasks.families.map(\.name)
    let evaluated = min(scenario.evaluation.tasks, scenario.tasks.heldOut.perFamily)
    let crossings = metrics?.crossings(families: families, of: evaluated)
    metrics?.addIntervals(to: families.map(MetricsTable.Column.heldOut), of: evaluated)
    var timings = columns(directory.timings)
    timings?.filter("phase") { $0 == .text(TimingsLine.Phase.train.rawValue) }
    let outcomes = files.contents(atPath: directory.outcomes.path).flatMap {
      String(validating: $0, as: UTF8.self)
    }
    isFinished = outcomes != nil
    let done = metrics?.rows.count ?? 0
    let path = directory.url.relativePath
    let isRunning = !isFinished && Self.wasWrittenLately(directory)
    name = path
    samples = history.samples
    self.notes = notes
    body = [
      "name": .text(scenario.name.isEmpty ? path : "\(scenario.name), seed \(scenario.seed)"),
      "directory": .text(path),
      "state": [
        "kind": isFinished ? "finished" : isRunning ? "running" : "incomplete", "step": .integer(done),
        "steps": .integer(scenario.stages.steps),
        "note": notes.isEmpty ? .null : .text(notes.joined(separator: "; ")),
      ],
      "facts": .array(facts.map { ["name": .text($0.0), "value": .text($0.1)] }),
      "commands": .array(
        Self.commands(path, isFinished: isFinished).map { ["does": .text($0.0), "text": .text($0.1)] }),
      "episodeCommand": .text("troupe log \(path)/episodes.log --episode "),
      "scenario": .verbatim(scenario.canonicalText), "metrics": metrics?.json ?? .null,
      "timings": timings?.json ?? .null, "evaluation": columns(directory.evaluation)?.json ?? .null,
      "evaluatedDesigns": columns(directory.designs)?.json ?? .null,
      "crossings": crossings?.json ?? .null,
      "outcomes": outcomes.map { .verbatim($0) } ?? .array([]), "designs": history.designs,
      "distributions": history.distributions,
    ]
  }

  /// The run as JSON, and its samples with `run` as the place of the run.
  func json(place: Int) -> (run: JSONValue, samples: [JSONValue]) {
    (body, samples.map { $0.json(run: place) })
  }

  /// Whether a file of the run was written in the last two minutes.
  private static func wasWrittenLately(_ directory: RunDirectory) -> Bool {
    [directory.log, directory.timings].contains { file in
      let changed = try? file.resourceValues(forKeys: [.contentModificationDateKey]).contentModificationDate
      return changed.map { $0.timeIntervalSinceNow > -120 } ?? false
    }
  }

  private static func commands(_ path: String, isFinished: Bool) -> [(String, String)] {
    var commands = [
      ("train it again", "troupe train \(path)/scenario.json5 --out \(path)-again"),
      ("list its episodes", "troupe log \(path)/episodes.log"),
      ("play all of them again and compare every event", "troupe replay \(path)/episodes.log"),
      ("make this page again", "troupe report \(path)"),
    ]
    if isFinished {
      commands.append(
        ("measure the trained policy", "troupe eval \(path)/scenario.json5 --policy \(path)/policy"))
    } else {
      commands.append(
        ("go on with it", "troupe train \(path)/scenario.json5 --out \(path) --resume"))
    }
    return commands
  }
}
