/// An episode as it was recorded, with what it inherited from the episodes it was forked from.
public struct EpisodeHistory: Sendable, Hashable {
  /// A stretch that ran under one seed.
  struct Segment: Sendable, Hashable {
    /// The number of its first event.
    var start: Int
    var seed: UInt64
  }
  /// Of the last of the chain.
  public let id: String
  public let input: [UInt8]
  public let strategy: String
  public let limits: EpisodeLimits
  public let drops: [Drop]
  /// From the beginning.
  public let events: [EventRecord]
  let choices: [EpisodeRecord.Choice]
  let segments: [Segment]
  /// How many events, from the beginning, are known to repeat: their payloads are not encoded and compared again.
  public let provenEvents: Int

  /// `chain` is an episode that began at its beginning, then forks, each of the one before it; never empty.
  ///
  /// `provenEvents` were recorded by this process, or repeated before as part of another history.
  public init(_ chain: [EpisodeRecord], provenEvents: Int = 0) throws(HistoryError) {
    self.provenEvents = provenEvents
    guard let root = chain.first, let last = chain.last else { throw .empty }
    guard root.parent == nil else {
      throw .parentMissing(episode: root.id, parent: root.parent?.episode ?? "")
    }
    var events = root.events
    var choices = root.choices
    var segments = [Segment(start: 0, seed: root.seed)]
    for (parent, child) in zip(chain, chain.dropFirst()) {
      guard let fork = child.parent, fork.episode == parent.id else {
        throw .parentMissing(episode: child.id, parent: child.parent?.episode ?? parent.id)
      }
      guard fork.event <= events.count, fork.event >= segments[segments.count - 1].start else {
        throw .forkOutsideParent(episode: child.id, event: fork.event, parentEvents: events.count)
      }
      events = events.prefix(fork.event) + child.events
      choices = choices.filter { $0.event < fork.event } + child.choices
      segments.append(Segment(start: fork.event, seed: child.seed))
    }
    id = last.id
    input = root.input
    strategy = root.strategy
    limits = root.limits
    drops = root.drops
    self.events = events
    self.choices = choices
    self.segments = segments
  }
}

/// Records that do not make an episode.
public enum HistoryError: Error, Hashable, Sendable, CustomStringConvertible {
  case empty
  case parentMissing(episode: String, parent: String)
  case forkOutsideParent(episode: String, event: Int, parentEvents: Int)

  public var description: String {
    switch self {
    case .empty: "no episode"
    case .parentMissing(let episode, let parent): "episode \(episode): its parent \(parent) is not in the log"
    case .forkOutsideParent(let episode, let event, let parentEvents):
      "episode \(episode) leaves its parent at event \(event), which has \(parentEvents)"
    }
  }
}
