/// How often a policy wrote a script for tasks of a family and level, and how many of these tasks it solved.
package struct DesignCount: Sendable, Hashable {
  package var policy: String
  package var family: String
  package var decoding: String
  package var level: Int
  /// The canonical text; empty where the designer's text was no script.
  package var script: String
  package var tasks = 0
  package var successes = 0

  /// Counts the designs of an evaluation of one family: level by level, and in each the most frequent first.
  /// - Complexity: O(tasks · designs).
  package static func counts(of tree: RolloutTree, _ row: EvaluationRow) -> [DesignCount] {
    var counts: [DesignCount] = []
    for task in tree.tasks {
      guard let outcome = task.designs.first?.executions.first?.transcript.outcome else { continue }
      let (level, script) = (task.instance.level, outcome.script ?? "")
      let index =
        counts.firstIndex { $0.level == level && $0.script == script }
        ?? {
          counts.append(
            DesignCount(
              policy: row.policy, family: row.family, decoding: row.decoding, level: level, script: script))
          return counts.count - 1
        }()
      counts[index].tasks += 1
      counts[index].successes += outcome.success ? 1 : 0
    }
    return counts.sorted { ($0.level, -$0.tasks, $0.script) < ($1.level, -$1.tasks, $1.script) }
  }

  /// The file `designs.csv`: a header and a line for each.
  static func csv(_ counts: [DesignCount]) -> String {
    CSV.line(["policy", "family", "decoding", "level", "script", "tasks", "successes"])
      + counts.map { count in
        let names = [count.policy, count.family, count.decoding, "\(count.level)"]
        return CSV.line(names + [oneLine(count.script), "\(count.tasks)", "\(count.successes)"])
      }.joined()
  }

  /// The script in one line, without the line breaks of its canonical text.
  package static func oneLine(_ script: String) -> String {
    script.split(separator: "\n").joined(separator: " ")
  }
}
