import Foundation
import Policy

/// The directory in which a run keeps its files.
///
/// All files but `timings.csv`, `machine.json` and `report.html`, which shows both, and `answers-*.jsonl`, which keep what servers
/// said in the order in which it came, have the same bytes for the same scenario, seed and binary (P1), as
/// long as products are Troupe's own.
public struct RunDirectory: Sendable {
  public let url: URL

  public init(_ url: URL) { self.url = url }

  /// The scenario as it was run, with every setting spelt out.
  package var scenario: URL { url.appending(path: "scenario.json5") }
  public var log: URL { url.appending(path: "episodes.log") }
  public var metrics: URL { url.appending(path: "metrics.csv") }
  /// The successes on held-out tasks of every policy that the last evaluation compared.
  package var evaluation: URL { url.appending(path: "evaluation.csv") }
  /// Which of these tasks each policy solved. Only the report is written after it, so a run that has it is finished.
  package var outcomes: URL { url.appending(path: "outcomes.json") }
  /// Which designs the last evaluations saw.
  package var designs: URL { url.appending(path: "designs.csv") }
  /// The wall-clock times, a line for each step and a column for each part of it.
  ///
  /// A resumed run appends lines, so a step that it repeats has two. A step that was killed between its checkpoint and
  /// its line has none.
  package var timings: URL { url.appending(path: "timings.csv") }
  /// The processor on which the run was trained, and the number of threads.
  var machine: URL { url.appending(path: "machine.json") }
  public var report: URL { url.appending(path: "report.html") }
  /// The trained policy, as a Hugging Face directory.
  public var policy: URL { url.appending(path: "policy") }
  /// The policy after the cold start, as a Hugging Face directory.
  package var coldPolicy: URL { url.appending(path: "cold-start") }
  var checkpoints: URL { url.appending(path: "checkpoints") }

  /// Whether it is there, and is a directory.
  package var isDirectory: Bool {
    var isDirectory: ObjCBool = false
    return FileManager.default.fileExists(atPath: url.path, isDirectory: &isDirectory)
      && isDirectory.boolValue
  }

  /// Whether it has the scenario of a run.
  package var hasScenario: Bool { FileManager.default.fileExists(atPath: scenario.path) }

  var exists: Bool { FileManager.default.fileExists(atPath: url.path) }

  /// Replaces one of the run's files as a whole: it holds all of `text`, or what it held before.
  ///
  /// A kill may leave a temporary file, which the next attempt overwrites because its name is always the same (P6).
  func write(_ text: String, to file: URL) throws {
    let draft = file.appendingPathExtension("writing")
    try Data(text.utf8).write(to: draft)
    guard rename(draft.path, file.path) == 0 else {
      throw RunError("\(file.relativePath): \(FileFailure(code: errno, .written))")
    }
  }

  /// Returns the error for a run whose checkpoints have another format. It says why the run cannot be resumed, and what
  /// can still be done with its files.
  func refusal(ofFormat found: Int) -> RunError {
    let run = url.relativePath
    guard found < RunCheckpoint.format else {
      return RunError("\(run): was begun by a newer version of troupe, which alone can resume it")
    }
    let usable = [
      (policy, "--policy \(policy.relativePath)"), (coldPolicy, "--policy \(coldPolicy.relativePath)"),
      (log, "troupe replay \(log.relativePath)"),
    ].filter { FileManager.default.fileExists(atPath: $0.0.path) }.map(\.1)
    return RunError(
      "\(run): was begun by an older version of troupe, whose products had other bits, so it cannot be resumed; "
        + (usable.isEmpty ? "" : "what it wrote can still be used (\(usable.joined(separator: ", "))); ")
        + "give another --out to begin anew")
  }

  /// Returns the first `runs/NAME-NUMBER` that does not exist.
  public static func fresh(named name: String, under parent: URL = URL(filePath: "runs")) -> RunDirectory {
    let word = String(name.map { $0.isLetter || $0.isNumber ? $0 : "-" })
    var number = 1
    while true {
      let directory = RunDirectory(parent.appending(path: "\(word)-\(number)"))
      if !directory.exists { return directory }
      number += 1
    }
  }
}
