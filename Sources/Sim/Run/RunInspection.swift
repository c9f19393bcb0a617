import Foundation
import Messaging
import Policy

/// What is in the directory of a run, how far the run came, and what in it does not fit together.
///
/// It reads every file of the run and changes none. A run that is not finished lacks what is written at its end, which is
/// no fault.
package struct RunInspection: Sendable {
  /// How far the run is, in one line.
  package private(set) var summary = ""
  /// What does not fit together or cannot be read, each in one line that begins with the name of the file.
  package private(set) var faults: [String] = []
  private let directory: RunDirectory
  private let scenario: Scenario
  /// Whether the run wrote everything but its report.
  private let isFinished: Bool

  /// Reads the run in `directory`.
  /// - Throws: ``ScenarioError`` if its `scenario.json5` cannot be read.
  /// - Complexity: that of reading its log.
  package init(_ directory: RunDirectory, _ registry: Registry = Registry()) throws {
    self.directory = directory
    scenario = try Scenario(contentsOf: directory.scenario, catalogue: registry.catalogue)
    isFinished = Self.exists(directory.outcomes)
    let all = scenario.stages.steps
    let (episodes, logged) = checkLog()
    let measured = checkMetrics()
    let committed = checkCheckpoint(measured)
    if isFinished || committed != nil { checkPolicy(directory.coldPolicy, registry) }
    if isFinished {
      checkPolicy(directory.policy, registry)
      checkEvaluation()
      if let measured, measured != all {
        fault(directory.metrics, "has \(measured) steps, and a finished run has \(all)")
      }
    }
    // What is behind the last checkpoint may be in one file and not yet in the other.
    if let logged, let least = isFinished ? measured : committed,
      isFinished ? logged != least : logged < least
    {
      fault(
        directory.log,
        "has the episodes of \(logged) steps, and \(isFinished ? "metrics.csv" : "the last checkpoint") has \(least)"
      )
    }
    let state =
      isFinished
      ? "finished"
      : "not finished; go on with it by troupe train \(path)/scenario.json5 --out \(path) --resume"
    summary =
      "a run of \"\(scenario.name)\", seed \(scenario.seed): \(measured ?? 0) of \(all) steps, "
      + "\(episodes) episodes, \(state)"
  }

  private var path: String { directory.url.relativePath }

  private static func exists(_ file: URL) -> Bool { FileManager.default.fileExists(atPath: file.path) }

  private mutating func fault(_ file: URL, _ what: String) {
    faults.append("\(file.lastPathComponent) \(what)")
  }

  /// Reads the log. Returns how many episodes it has, and of how many steps; no number of steps if it cannot be read.
  private mutating func checkLog() -> (episodes: Int, steps: Int?) {
    var (episodes, steps) = (0, 0)
    do {
      var log = try EpisodeLog(directory.log)
      if log.header.scenario != scenario.canonicalText {
        fault(directory.log, "was written for another scenario or seed than scenario.json5")
      }
      while let (record, _) = try log.next() {
        episodes += 1
        let first = record.id.prefix { $0 != "/" }
        if first.hasPrefix("step-"), let step = Int(first.dropFirst(5)) { steps = max(steps, step + 1) }
      }
      if isFinished, let tail = log.tornTail { fault(directory.log, "\(tail)") }
    } catch {
      faults.append("\(error)")
      return (episodes, nil)
    }
    return (episodes, steps)
  }

  /// Reads the measurements. Returns of how many steps they are; `nil` if they cannot be read.
  private mutating func checkMetrics() -> Int? {
    guard Self.exists(directory.metrics) else {
      fault(directory.metrics, "is missing")
      return nil
    }
    do {
      let text = try String(contentsOf: directory.metrics, encoding: .utf8)
      let table = try MetricsTable(csv: text, file: directory.metrics.relativePath)
      if table.columns != MetricsRow.columns(of: scenario) {
        fault(directory.metrics, "has other columns than this program writes for scenario.json5")
      }
      if table.rows.map(\.step) != Array(0..<table.rows.count) {
        fault(directory.metrics, "does not have its steps in order, each once, from 0")
      }
      return table.rows.count
    } catch {
      faults.append(
        error is MetricsError ? "\(error)" : "\(directory.metrics.lastPathComponent) cannot be read")
      return nil
    }
  }

  /// Compares the last checkpoint with the files, which have everything that it committed. Returns its steps; `nil` if there
  /// is none, or none that can be read.
  private mutating func checkCheckpoint(_ measured: Int?) -> Int? {
    do {
      guard let committed = try RunCheckpoint.committed(in: directory) else { return nil }
      for (file, length) in [(directory.log, committed.log), (directory.metrics, committed.metrics)] {
        let size = (try? file.resourceValues(forKeys: [.fileSizeKey]).fileSize) ?? 0
        if UInt64(size) < length {
          fault(file, "has \(size) bytes, fewer than the \(length) that the last checkpoint committed")
        }
      }
      if let measured, measured < committed.steps {
        fault(directory.metrics, "has \(measured) steps, and the last checkpoint has \(committed.steps)")
      }
      return committed.steps
    } catch {
      faults.append("\(error)")
      return nil
    }
  }

  private mutating func checkPolicy(_ policy: URL, _ registry: Registry) {
    do {
      let (weights, tokenizer) = try RoleWeights.read(policy)
      let vocabulary = registry.tokenizer(of: scenario)
      let expected = scenario.policy.configuration(vocabularySize: vocabulary.vocabularySize)
      if scenario.coldStart.policy == nil,
        weights.shared.configuration.parameterCount != expected.parameterCount
      {
        fault(
          policy,
          "has \(weights.shared.configuration.parameterCount) parameters, and scenario.json5 describes a policy of \(expected.parameterCount)"
        )
      }
      if scenario.coldStart.policy == nil, tokenizer as? WordTokenizer != vocabulary {
        fault(policy, "has another vocabulary than the tasks of scenario.json5")
      }
    } catch {
      faults.append("\(error)")
    }
  }

  /// Reads the last evaluation: its outcomes, the table of them, and the designs it saw.
  private mutating func checkEvaluation() {
    for file in [directory.evaluation, directory.designs] {
      guard let text = try? String(contentsOf: file, encoding: .utf8), CSV.rows(text) != nil else {
        fault(file, Self.exists(file) ? "is no table of comma-separated values" : "is missing")
        continue
      }
    }
    do {
      let rows = try EvaluationRow.rows(of: directory.outcomes)
      let known = Set(scenario.tasks.families.map(\.name))
      if Set(rows.map(\.family)) != known {
        fault(directory.outcomes, "has other families of tasks than scenario.json5")
      }
      if let table = try? String(contentsOf: directory.evaluation, encoding: .utf8),
        table != EvaluationRow.csv(rows)
      {
        fault(directory.evaluation, "does not say what outcomes.json says")
      }
    } catch {
      faults.append("\(error)")
    }
  }
}
