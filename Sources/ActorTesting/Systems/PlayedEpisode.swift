import Messaging

/// An episode that has been played.
public struct PlayedEpisode: Sendable {
  public var status: EpisodeStatus
  public var history: EpisodeHistory
  /// Decoded on demand, O(n).
  public var events: [EventRecord] { history.events }

  public init(status: EpisodeStatus, history: EpisodeHistory) {
    self.status = status
    self.history = history
  }

  /// The payloads of the notes of that name, in order.
  public func notes(_ name: String) -> [[UInt8]] {
    events.filter { $0.kind == .note && $0.name == name }.map(\.payload)
  }

  /// Who noted something of that name, in order.
  public func notedBy(_ name: String) -> [String] {
    events.filter { $0.kind == .note && $0.name == name }.map(\.subject)
  }
}
