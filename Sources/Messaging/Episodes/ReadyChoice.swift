/// The events among which the scheduler chose, and the one that it chose.
package struct ReadyChoice: Sendable, Hashable {
  /// An event that could have been the next.
  package struct Ready: Sendable, Hashable {
    /// Such as `delivery`, as ``EventRecord/Kind`` names it.
    package var kind: String
    /// The path of the actor to which it happens.
    package var subject: String
    /// The path of the actor that caused it; empty if it is the same.
    package var peer: String
    /// The name of its message; empty if it has none.
    package var name: String
  }
  /// The number of the first event that was recorded after the choice.
  package var event: Int
  /// The oldest first.
  package var ready: [Ready]
  /// The index in ``ready`` of the one that went first.
  package var chosen: Int
  /// The number of the one that went first, in the order in which events were created, and how many were created before it.
  package var number: Int
  package var createdBefore: Int
}

extension EpisodeCore {
  /// Tells the observer what is ready. The strategy must choose by rank, or always take the oldest.
  func tellReady(chosen: Int) {
    var ready: [ReadyChoice.Ready] = []
    queue.forEachReady { kind, sender, receiver, name in
      ready.append(
        .init(
          kind: "\(kind)", subject: details[receiver].path,
          peer: sender == receiver || !details.indices.contains(sender) ? "" : details[sender].path,
          name: name))
    }
    observer?(
      ReadyChoice(
        event: eventCount, ready: ready, chosen: chosen, number: queue.number(atRank: chosen),
        createdBefore: queue.createdCount))
  }
}

extension Episode {
  /// Runs a replay to its end, and returns what was ready before each event.
  ///
  /// - Precondition: the episode was made to replay a history, and did not run yet.
  package func choices() -> [ReadyChoice] {
    var found: [ReadyChoice] = []
    core.observer = { found.append($0) }
    _ = run()
    core.observer = nil
    return found
  }
}
