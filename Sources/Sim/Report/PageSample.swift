import Messaging

/// An episode that a page keeps whole, with its events.
package struct PageSample: Sendable {
  private let step: Int?
  private let episode: JSONValue
  private let events: [JSONValue]

  init(_ episode: LoggedEpisode, _ credit: LoggedCredit?, _ setup: EpisodeSetup, step: Int?) {
    self.step = step
    self.episode = episode.json(credit)
    var reader = EventReader(setup)
    events = episode.history.events.map { reader.json($0, of: episode) }
  }

  /// An episode with what was ready before each of its events.
  package init(_ page: LoggedPage, _ setup: EpisodeSetup) {
    step = LoggedStep.name(of: page.episode.id).flatMap(LoggedStep.number)
    episode = page.episode.json(page.credit)
    let choices = Dictionary(
      setup.choices(of: page.episode.history).map { ($0.event, $0) }, uniquingKeysWith: { first, _ in first })
    var reader = EventReader(setup)
    events = page.episode.history.events.map { event in
      var object = reader.json(event, of: page.episode)
      if let choice = choices[event.number], choice.ready.count > 1 {
        object.append("ready", .array(choice.ready.map { $0.json(at: event.time) }))
        object.append("chosen", .integer(choice.chosen))
      }
      return object
    }
  }

  /// The sample as JSON; `run` is the place of its run in the page.
  func json(run: Int?) -> JSONValue {
    [
      "run": run.map { .integer($0) } ?? .null, "step": step.map { .integer($0) } ?? .null,
      "episode": episode,
      "events": .array(events),
    ]
  }
}

extension ReadyChoice.Ready {
  fileprivate func json(at time: Duration) -> JSONValue {
    [
      "kind": .text(kind), "subject": .text(subject), "peer": .text(peer), "name": .text(name),
      "time": .number(time.inSeconds),
    ]
  }
}
