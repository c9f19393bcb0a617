/// How often a policy wrote a script for tasks of a family and level, and how many of these tasks it solved.
package struct DesignCount: Sendable, Hashable {
  package var policy: String
  package var family: String
  package var decoding: String
  package var level: Int
  /// The canonical text; empty where the designer's text was no script.
  package var script: String
  package var (tasks, successes) = (0, 0)

  private init(policy: String, family: String, decoding: String, level: Int, script: String) {
    (self.policy, self.family, self.decoding) = (policy, family, decoding)
    (self.level, self.script) = (level, script)
  }

  /// Counts the designs of an evaluation of one family: level by level, and in each the most frequent first.
  /// - Complexity: O(tasks).
  package static func counts(of tree: RolloutTree, _ row: EvaluationRow) -> [DesignCount] {
    struct Place: Hashable {
      var level: Int
      var script: String
    }
    var found: [Place: DesignCount] = [:]
    for task in tree.tasks {
      let outcome = task.designs[0].executions[0].transcript.outcome
      let place = Place(level: task.instance.level, script: outcome.script ?? "")
      let new = DesignCount(
        policy: row.policy, family: row.family, decoding: row.decoding, level: place.level,
        script: place.script)
      found[place, default: new].tasks += 1
      found[place, default: new].successes += outcome.success ? 1 : 0
    }
    return found.values.sorted { ($0.level, -$0.tasks, $0.script) < ($1.level, -$1.tasks, $1.script) }
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
