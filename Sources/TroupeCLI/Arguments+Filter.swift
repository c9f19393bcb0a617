import Messaging
import Sim

extension Arguments {
  private static let failed = Verb.Option(
    "--failed", nil, "only episodes that failed, solved nothing, or do not do what is expected")
  private static let episode = Verb.Option("--episode", "ID", "only this one, with its events")
  private static let family = Verb.Option("--family", "NAME", "only tasks of this family")
  private static let level = Verb.Option("--level", "N", "only tasks of this level")
  private static let reward = Verb.Option("--reward", "COND", "only executors' rewards such as \"<0.5\"")
  private static let design = Verb.Option("--design", "TEXT", "only scripts with this text in them")
  private static let kind = Verb.Option("--kind", "KIND,...", "only events of these kinds, such as call")
  private static let actor = Verb.Option("--actor", "NAME", "only events of this actor; the end of its path")
  private static let grep = Verb.Option("--grep", "TEXT", "only events whose line has this text")

  /// The options that choose episodes and events of a log.
  static let filterOptions = [episode, failed, family, level, reward, design, kind, actor, grep]

  /// Whether any of ``filterOptions`` but `--episode` is given.
  var hasFilter: Bool { Self.filterOptions.dropFirst().contains(where: has) }

  /// The filter that the options say.
  func filter() throws -> EpisodeFilter {
    var filter = EpisodeFilter()
    filter.id = string(Self.episode)
    filter.onlyFailed = has(Self.failed)
    filter.family = string(Self.family)
    filter.level = try integer(Self.level, in: 0...Int.max)
    filter.design = string(Self.design)
    filter.actor = string(Self.actor)
    filter.text = string(Self.grep)
    if let text = string(Self.reward) {
      guard let condition = EpisodeFilter.Condition(text) else {
        throw UsageError("--reward: '\(text)' is no condition such as \"<0.5\", \">=1\" or 0.9")
      }
      filter.reward = condition
    }
    for name in (string(Self.kind) ?? "").split(separator: ",") {
      guard let kind = EventRecord.Kind.allCases.first(where: { "\($0)" == name }) else {
        let all = EventRecord.Kind.allCases.map { "\($0)" }
        let near = Spelling.nearest(to: String(name), among: all)
        throw UsageError(
          "--kind: there are no events of kind '\(name)'"
            + (near.map { "; did you mean '\($0)'?" } ?? "; kinds: \(all.joined(separator: ", "))"))
      }
      filter.kinds.insert(kind)
    }
    return filter
  }
}
