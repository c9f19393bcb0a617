import Messaging

/// Says which episodes of a log are wanted, and which of their events.
package struct EpisodeFilter: Sendable {
  /// Only episodes that failed, did not solve their task, or do not do what the scenario expects.
  package var onlyFailed = false
  /// Only this episode.
  package var id: String?
  /// Only tasks of this family.
  package var family: String?
  /// Only tasks of this level.
  package var level: Int?
  /// Only episodes whose executors' reward meets this.
  package var reward: Condition?
  /// Only episodes whose design has this text.
  package var design: String?
  /// Only events of these kinds, and only episodes that have one.
  package var kinds: Set<EventRecord.Kind> = []
  /// Only events of this actor, by its path or the end of it, and only episodes that have one.
  package var actor: String?
  /// Only events in which this text occurs, and only episodes that have one.
  package var text: String?

  package init() {}

  /// A comparison with a number, such as `<0.5`.
  package struct Condition: Sendable, Hashable {
    package enum Comparison: String, Sendable, CaseIterable {
      case notMore = "<="
      case notLess = ">="
      case other = "!="
      case less = "<"
      case more = ">"
      case equal = "="
    }
    package var comparison: Comparison
    package var number: Double

    /// Reads a text such as `<0.5`, `>= 1` or `0.9`; `nil` if it is none.
    package init?(_ text: String) {
      let text = text.filter { $0 != " " }
      let found = Comparison.allCases.first { text.hasPrefix($0.rawValue) }
      guard let number = Double(text.dropFirst(found?.rawValue.count ?? 0)), number.isFinite else {
        return nil
      }
      (comparison, self.number) = (found ?? .equal, number)
    }

    package func holds(_ value: Double) -> Bool {
      // Rewards are sums of tenths, which no Double is exactly.
      let isEqual = abs(value - number) < 1e-9
      return switch comparison {
      case .less: value < number && !isEqual
      case .notMore: value < number || isEqual
      case .more: value > number && !isEqual
      case .notLess: value > number || isEqual
      case .equal: isEqual
      case .other: !isEqual
      }
    }
  }

  /// Whether events are chosen, too.
  package var choosesEvents: Bool { !kinds.isEmpty || actor != nil || text != nil }

  /// Whether `record` may be wanted, as far as that is known before anything is decoded.
  package func mayWant(_ record: EpisodeRecord) -> Bool { id == nil || id == record.id }

  /// Whether `episode` is wanted, by what it is and what came of it.
  package func wants(_ episode: LoggedEpisode) -> Bool {
    guard mayWant(episode.record), !onlyFailed || episode.hasFailed else { return false }
    if let family, episode.task?.family != family { return false }
    if let level, episode.task?.level != level { return false }
    if let reward {
      guard let earned = episode.reward?.executors, reward.holds(earned) else { return false }
    }
    if let design {
      guard let script = episode.design else { return false }
      // A script is the same with other spaces and line ends.
      return Self.plain(script).contains(Self.plain(design))
    }
    return true
  }

  /// Whether `event` is wanted; `said` is what its bytes mean, as text.
  package func wants(_ event: EventRecord, said: String?) -> Bool {
    if !kinds.isEmpty, !kinds.contains(event.kind) { return false }
    if let actor, ![event.subject, event.peer].contains(where: { Self.path($0, endsIn: actor) }) {
      return false
    }
    guard let text else { return true }
    return event.line(saying: said).contains(text)
  }

  private static func path(_ path: String, endsIn actor: String) -> Bool {
    path == actor || path.hasSuffix("/" + actor)
  }

  private static func plain(_ script: String) -> String {
    script.filter { !$0.isWhitespace && $0 != ";" }
  }
}
