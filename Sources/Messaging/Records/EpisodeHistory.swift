/// A recorded episode, together with the events that it inherited from the episodes it was forked from.
public struct EpisodeHistory: Sendable, Hashable {
  /// A part of an episode that ran under one seed.
  struct Segment: Sendable, Hashable {
    /// The number of its first event.
    var start: Int
    var seed: UInt64
  }
  public private(set) var id: String
  package let input: [UInt8]
  package let strategy: String
  package let rules: EpisodeRules
  package let limits: EpisodeLimits
  package let faults: FaultPlan
  package private(set) var plan: EpisodePlan
  private(set) var segments: [Segment]
  /// The messages that forks replaced, by event number.
  private(set) var replacements: [Int: String]
  package private(set) var trail: EventTrail
  /// The number of events, from the beginning, that are known to repeat. Their payloads are not compared again.
  ///
  /// This process recorded them, or repeated them before as part of another history.
  package var provenEvents = 0

  /// Makes the history of an episode that is not a fork.
  public init(_ record: EpisodeRecord) throws(HistoryError) {
    guard record.parent == nil else {
      throw .parentMissing(episode: record.id, parent: record.parent?.episode ?? "")
    }
    id = record.id
    input = record.input
    strategy = record.strategy
    rules = record.rules
    limits = record.limits
    faults = record.faults
    plan = record.plan
    segments = [Segment(start: 0, seed: record.seed)]
    replacements = [:]
    trail = try Self.trail(of: record, after: 0, of: EventTrail())
  }

  /// Makes the history of a fork of `parent`.
  public init(_ record: EpisodeRecord, of parent: EpisodeHistory) throws(HistoryError) {
    guard let fork = record.parent, fork.episode == parent.id else {
      throw .parentMissing(episode: record.id, parent: record.parent?.episode ?? parent.id)
    }
    guard fork.event <= parent.trail.count, fork.event >= parent.segments[parent.segments.count - 1].start
    else {
      throw .forkOutsideParent(episode: record.id, event: fork.event, parentEvents: parent.trail.count)
    }
    self = parent
    (id, provenEvents) = (record.id, 0)
    plan = EpisodePlan(
      choices: parent.plan.choices.filter { $0.event < fork.event } + record.plan.choices,
      jobs: parent.plan.jobs.filter { $0.event < fork.event } + record.plan.jobs,
      faults: record.plan.faults)
    segments = parent.segments + [Segment(start: fork.event, seed: record.seed)]
    var replacements = parent.replacements.filter { $0.key < fork.event }
    replacements[fork.event] = fork.replacement
    self.replacements = replacements
    trail = try Self.trail(of: record, after: fork.event, of: parent.trail)
  }

  /// Makes a history from an episode that is not a fork and a chain of forks, each of the one before it.
  public init(_ chain: [EpisodeRecord]) throws(HistoryError) {
    guard let root = chain.first else { throw .empty }
    var history = try EpisodeHistory(root)
    for record in chain.dropFirst() { history = try EpisodeHistory(record, of: history) }
    self = history
  }

  private static func trail(
    of record: EpisodeRecord, after shared: Int, of parent: EventTrail
  ) throws(HistoryError) -> EventTrail {
    do {
      return try EventTrail(record.content, count: record.eventCount, after: shared, of: parent)
    } catch {
      throw .malformed(episode: record.id, error)
    }
  }

  public var eventCount: Int { trail.count }
  /// The events from the beginning, with those of the parents.
  /// - Complexity: O(n), because the events are decoded anew each time.
  public var events: [EventRecord] { trail.events }
  /// The last event; `nil` if there is none.
  /// - Complexity: O(n), but no other event is decoded.
  package var lastEvent: EventRecord? { trail.event(trail.count - 1) }
  /// The outcome of the episode; `nil` if it was left before its end.
  public var outcome: EpisodeStatus? { lastEvent?.outcome }
}

extension EventRecord {
  /// How the episode ended, if this is its last event; `nil` if it was left before its end.
  package var outcome: EpisodeStatus? {
    switch kind {
    case .finish: .finished(result: payload)
    case .failure: .failed(.recorded(name))
    default: nil
    }
  }
}

/// The error for records that do not form an episode.
public enum HistoryError: Error, Hashable, Sendable, CustomStringConvertible {
  case empty
  case parentMissing(episode: String, parent: String)
  case forkOutsideParent(episode: String, event: Int, parentEvents: Int)
  case malformed(episode: String, MalformedRecord)

  public var description: String {
    switch self {
    case .empty: "no episode"
    case .parentMissing(let episode, let parent): "episode \(episode): its parent \(parent) is not in the log"
    case .forkOutsideParent(let episode, let event, let parentEvents):
      "episode \(episode) leaves its parent at event \(event), which has \(parentEvents)"
    case .malformed(let episode, let what): "episode \(episode), its events: \(what)"
    }
  }
}
