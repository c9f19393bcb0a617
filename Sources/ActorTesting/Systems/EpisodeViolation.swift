import Messaging

/// What an episode did instead of what an expectation demands, and the event that decided it.
package struct EpisodeViolation: Sendable, Hashable, CustomStringConvertible {
  /// An event of the episode: its number and its virtual time.
  package struct Place: Sendable, Hashable {
    package var event: Int
    package var time: Duration
  }

  package var text: String
  /// The event after which the expectation could not hold any more; `nil` if the expectation does not say, as an invariant of
  /// the user's own.
  package var place: Place?

  package init(_ text: String, at event: EventRecord? = nil) {
    self.text = text
    place = event.map { Place(event: $0.number, time: $0.time) }
  }

  /// The text, and the event in brackets.
  package var description: String {
    guard let place else { return text }
    return "\(text) (event \(place.event), at \(place.time))"
  }
}

extension [EventRecord] {
  /// The first event after a time limit has passed, or the last one if the episode ended before.
  func firstAfter(_ limit: Duration) -> EventRecord? { first { $0.time > limit } ?? last }
}
