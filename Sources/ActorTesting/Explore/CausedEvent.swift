import Messaging

/// An event with what happened before it, for a diagram.
package struct CausedEvent: Sendable {
  package var record: EventRecord
  /// The number of the event in whose handling this one was made: where a message was sent, or a sleep began. `nil` if it was
  /// made before the first event, or if it is no event of the schedule but was recorded on the way, as a note.
  package var cause: Int?
  /// How many older events were ready, and waited when this one went first.
  package var passed = 0
}

extension SimulatedSystem {
  /// Plays a record again, and returns its events with their causes.
  /// - Throws: ``LogError`` if the record cannot be read.
  package func caused(_ record: EpisodeRecord, sizes: [String: Int]) throws -> [CausedEvent] {
    let history = try EpisodeHistory(record)
    let episode = Episode(replaying: history, escapes: escapes) { setUp($0, sizes) }
    defer { episode.close() }
    return CausedEvent.joined(history.events, episode.choices())
  }
}

extension CausedEvent {
  /// Gives events the causes that the choices before them tell.
  ///
  /// Events are numbered when they are made. So an event was made in the last step that began with fewer of them.
  /// - Complexity: O(n log n) for n events.
  static func joined(_ events: [EventRecord], _ choices: [ReadyChoice]) -> [CausedEvent] {
    var caused = events.map { CausedEvent(record: $0) }
    for (index, choice) in choices.enumerated() where choice.event < caused.count {
      // A step that recorded nothing has the number of the next one's event.
      if index + 1 < choices.count, choices[index + 1].event == choice.event { continue }
      caused[choice.event].passed = choice.chosen
      var (low, high) = (0, index)
      while low < high {
        let middle = (low + high) / 2
        if choices[middle].createdBefore <= choice.number { low = middle + 1 } else { high = middle }
      }
      caused[choice.event].cause = low == 0 ? nil : choices[low - 1].event
    }
    return caused
  }
}
