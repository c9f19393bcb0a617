import Messaging
import Sim

/// The summary of a log as text.
struct SummaryText {
  private let header: LogHeader
  private let summary: LogSummary

  init(_ header: LogHeader, _ summary: LogSummary) {
    self.header = header
    self.summary = summary
  }

  var lines: [String] {
    var lines = [
      "written by \(header.program); seed \(header.seed); weights \(header.weightsDigest.prefix(16))"
    ]
    lines += header.conditions.map { "\($0.name): \($0.value)" }
    let kinds = LoggedEpisode.Kind.allCases.compactMap { kind in
      summary.kinds[kind].map { Self.count($0, kind.rawValue) }
    }
    lines.append(kinds.isEmpty ? "no episodes" : kinds.joined(separator: ", "))
    let families = summary.families.sorted { $0.key < $1.key }
    if families.contains(where: { !$0.key.isEmpty }) {
      lines += [""] + table(families.map { ($0.key.isEmpty ? "(no task)" : $0.key, $0.value) })
      if summary.all.unknown > 0 {
        lines.append("unknown, and in no share: \(Self.count(summary.all.unknown, "episode"))")
      }
    } else if summary.all.episodes > 0 {
      lines.append(plain(summary.all))
    }
    return lines
  }

  private func table(_ rows: [(String, LogSummary.Row)]) -> [String] {
    let body = (rows + (rows.count > 1 ? [("all", summary.all)] : [])).map { name, row in
      [
        name, "\(row.episodes)", Self.percent(row.solved, of: row.episodes - row.unknown),
        Self.mean(row.reward, row.rewarded), Self.mean(Double(row.calls), row.episodes),
        Self.mean(Double(row.tokens), row.episodes), Self.mean(row.time.inSeconds, row.episodes),
      ]
    }
    let head = ["family", "episodes", "solved, %", "reward", "calls", "tokens", "time, s"]
    return EvaluationTable.aligned([head] + body).map(\.trimmed)
  }

  private func plain(_ row: LogSummary.Row) -> String {
    var parts = ["\(row.answered) answered"]
    if row.failed > 0 { parts.append(Terminal.output.styled("\(row.failed) failed", .red)) }
    if row.rewarded > 0 { parts.append("mean reward \(Self.mean(row.reward, row.rewarded))") }
    parts.append("mean virtual time \(Self.mean(row.time.inSeconds, row.episodes)) s")
    return parts.joined(separator: ", ")
  }

  private static func count(_ number: Int, _ noun: String) -> String {
    "\(number) \(noun)\(number == 1 ? "" : "s")"
  }

  private static func percent(_ part: Int, of whole: Int) -> String { mean(100 * Double(part), whole) }

  /// A mean with two digits after the point; empty if there is nothing to average.
  private static func mean(_ sum: Double, _ count: Int) -> String {
    count == 0 ? "" : EpisodeText.number((sum / Double(count) * 100).rounded() / 100)
  }
}
