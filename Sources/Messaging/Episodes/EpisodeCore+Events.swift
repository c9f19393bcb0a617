/// What each event does.
extension EpisodeCore {
  /// No event at this time or later may run before the externals have got further.
  var bound: Duration? {
    // What the history shows happened before those calls ended.
    guard !isRepeating else { return nil }
    if let cachedBound { return cachedBound }
    let bound = externals.values.lazy.filter { $0.result == nil }
      .map { $0.start + $0.call.latencyPerUnit * (($0.unitsSoFar ?? 0) + 1) }.min()
    cachedBound = bound
    return bound
  }

  /// Takes and performs the next event; returns false if it is the mark called `checkpoint`.
  func performNext(pausingAt checkpoint: String?) -> Bool {
    if queue.ready.isEmpty { queue.advance() }
    guard let event = takesFirst ? queue.ready.takeFirst() : queue.ready.take(choose()) else { return true }
    let receiver = Int(event.receiver)
    switch event.kind {
    case .delivery:
      guard let parcel = event.parcel else { break }
      deliver(parcel, to: receiver, from: Int(event.sender))
    case .reply:
      guard let parcel = event.parcel else { break }
      if let wait = asks[event.wait], wait.ask === parcel {
        _ = asks.remove(event.wait)
        record(.reply, wait.asker, parcel, from: Int(event.sender))
        wait.ask.resume()
      } else {
        record(.deadLetter, 0, parcel, from: Int(event.sender))
      }
    case .deadline:
      if let wait = asks.remove(event.wait) {
        record(.deadline, wait.asker, "", peer: wait.awaited)
        wait.ask.fail(AskError.deadline)
      }
    case .timer:
      if let wait = timers.remove(event.wait) {
        record(.timer, wait.seat, "")
        wait.continuation.resume()
      }
    case .completion:
      if let wait = externals.removeValue(forKey: event.wait), let result = wait.result {
        record(
          .completion, wait.seat, wait.call.kind, payload: result.bytes, call: event.wait, units: result.units
        )
        wait.continuation.resume(returning: result)
      }
    case .mark:
      guard let mark = marks[event.wait] else { break }
      record(.mark, 0, mark.name)
      if mark.name == checkpoint || isReplay && !isRepeating {
        reachedMark = event.wait
        return false
      }
      marks.removeValue(forKey: event.wait)?.continuation.resume()
    }
    return true
  }

  private func deliver(_ parcel: any Parcel, to seat: Int, from sender: Int) {
    seats[seat].waitingMessages -= 1
    guard !seats[seat].isStopped else { return record(.deadLetter, seat, parcel, from: sender) }
    record(.delivery, seat, parcel, from: sender)
    seats[seat].runningHandlers += 1
    parcel.deliver(to: seats[seat].receiver)
  }

  /// The strategy's pick, or the one that the history has; both advance, so that a fork goes on as the parent did.
  private func choose() -> Int {
    let count = queue.ready.candidateCount
    guard count > 1 else { return 0 }
    var index = strategy.choose(among: count)
    if isRepeating, let history, nextChoice < history.choices.count {
      let recorded = history.choices[nextChoice]
      nextChoice += 1
      guard recorded.event == eventCount, recorded.index < count else {
        divergeIfRepeating(got: "a choice among \(count)")
        return 0
      }
      index = recorded.index
    }
    choices.append(.init(event: eventCount, index: index))
    return index
  }

  /// Ends external call `id`; its answer arrives when its units have taken their time, and never in the past.
  func complete(_ id: Int, _ result: ExternalResult) {
    guard let wait = externals[id], wait.result == nil else { return }
    externals[id]?.result = result
    cachedBound = nil
    queue.add(
      PendingEvent(.completion, from: wait.seat, to: wait.seat, wait: id),
      at: wait.start + wait.call.latencyPerUnit * result.units, number: wait.number)
  }
}
