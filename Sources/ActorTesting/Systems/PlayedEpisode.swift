import Messaging

/// An episode that has been played.
public struct PlayedEpisode: Sendable {
  public var status: EpisodeStatus
  public var history: EpisodeHistory
  /// The events of the episode.
  /// - Complexity: O(n), because they are decoded anew each time.
  public var events: [EventRecord] { history.events }

  package init(status: EpisodeStatus, history: EpisodeHistory) {
    self.status = status
    self.history = history
  }

  /// Returns the payloads of the notes with a name, in order.
  public func notes(_ name: String) -> [[UInt8]] {
    events.filter { $0.kind == .note && $0.name == name }.map(\.payload)
  }

  /// Returns the paths of the actors that wrote notes with a name, in order.
  public func notedBy(_ name: String) -> [String] {
    events.filter { $0.kind == .note && $0.name == name }.map(\.subject)
  }
}
