/// What each event does.
extension EpisodeCore {
  /// No event at this time or later may run before the externals have got further.
  var bound: Duration? {
    // What the history shows happened before those calls ended.
    guard !isRepeating else { return nil }
    if let cachedBound { return cachedBound }
    let bound = externals.values.lazy.filter { $0.result == nil }
      .map { $0.start + $0.call.latencyPerUnit * $0.slowness * (($0.unitsSoFar ?? 0) + 1) }.min()
    cachedBound = bound
    return bound
  }

  /// Takes and performs the next event; returns false if it is the mark called `checkpoint`.
  func performNext(pausingAt checkpoint: String?) -> Bool {
    if queue.isQuiet { queue.advance() }
    let event = takesFirst ? queue.takeFirst() : takeChosen()
    let receiver = Int(event.receiver)
    switch event.kind {
    case .delivery:
      guard let parcel = replaced(event.parcel) else { break }
      deliver(parcel, to: receiver, from: Int(event.sender), ask: event.wait)
    case .reply:
      guard let parcel = replaced(event.parcel) else { break }
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
    case .cancellation: cancel(event.wait)
    case .crash:
      guard case .crash(_, _, let restart) = faults.plan.timeline[event.wait] else { break }
      crash(receiver, restartAfter: restart)
    case .restart: restart(receiver)
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

  private func deliver(_ parcel: Parcel, to seat: Int, from sender: Int, ask: Int) {
    if faults.isActive, sender != 0, !seats[seat].isDown, !seats[seat].isStopped {
      let site = FaultSite(.delivery, actor: details[seat].path)
      if case .crash(let restart)? = faults.strike(site, at: now, repeating: followsRecord) {
        crash(seat, restartAfter: restart)
      }
    }
    guard !seats[seat].isStopped, !seats[seat].isDown else {
      seats[seat].waitingMessages -= 1
      record(.deadLetter, seat, parcel, from: sender)
      // Who asks an actor that has stopped is told; a crash is as silent as the grave.
      if seats[seat].isStopped { asks.remove(ask)?.ask.fail(AskError.stopped) }
      return
    }
    record(.delivery, seat, parcel, from: sender)
    if seats[seat].isSerial, seats[seat].runningHandlers > 0 {
      seats[seat].held.append(parcel)
    } else {
      start(parcel, at: seat)
    }
  }

  /// What the next event brings: the message, or what a fork replaces it with.
  private func replaced(_ parcel: Parcel?) -> Parcel? {
    guard !replacements.isEmpty, let json = replacements[eventCount], let parcel else { return parcel }
    do {
      return try parcel.replaced(byJSON: json)
    } catch {
      fail(.unreadableReplacement(name: parcel.name, error: "\(error)"))
      return nil
    }
  }

  /// Whether what is free is decided by a record or a plan: also the event whose message is replaced.
  var followsRecord: Bool {
    plan != nil || isRepeating || (eventCount == sharedEvents && replacements[eventCount] != nil)
  }

  /// The strategy's pick, or the one that the record has; both advance, so that a fork goes on as the parent did.
  private func takeChosen() -> PendingEvent {
    let count = queue.candidateCount
    if isWatched {
      for candidate in queue.newCandidates { strategy.enter(candidate) }
      queue.forgetNewCandidates()
    }
    let slot = count > 1 ? chosenSlot(among: count) : queue.slot(at: 0)
    let event = queue.take(slot)
    if isWatched { strategy.leave(Candidate(event, in: slot)) }
    return event
  }

  private func chosenSlot(among count: Int) -> Int32 {
    var slot =
      switch strategy.choose(among: count) {
      case .rank(let rank): queue.slot(ofRank: rank)
      case .index(let index): queue.slot(at: index)
      case .candidate(let candidate): queue.slot(of: candidate)
      }
    if mayFollow, followsRecord { slot = queue.slot(ofRank: min(recordedChoice(), count - 1)) }
    if isRecorded {
      let rank = queue.rank(of: slot)
      if rank > 0 { choices.append(.init(event: eventCount, index: rank)) }
    }
    return slot
  }

  /// What the record says to the choice at this event: the oldest, unless it names another.
  private func recordedChoice() -> Int {
    let choices = plan?.choices ?? history?.plan.choices ?? []
    while nextChoice < choices.count, choices[nextChoice].event < eventCount { nextChoice += 1 }
    guard nextChoice < choices.count, choices[nextChoice].event == eventCount else { return 0 }
    nextChoice += 1
    return choices[nextChoice - 1].index
  }

  /// Ends a wait whose task was cancelled.
  private func cancel(_ wait: Int) {
    if let ask = asks.remove(wait) {
      record(.cancellation, ask.asker, "")
      ask.ask.fail(CancellationError())
    } else if let timer = timers.remove(wait) {
      record(.cancellation, timer.seat, "")
      timer.continuation.resume(throwing: CancellationError())
    } else if let external = externals.removeValue(forKey: wait) {
      cachedBound = nil
      record(.cancellation, external.seat, external.call.kind)
      external.continuation.resume(throwing: CancellationError())
    }
  }

  /// Ends external call `id`; its answer arrives when its units have taken their time, and never in the past.
  func complete(_ id: Int, _ result: ExternalResult) {
    guard let wait = externals[id], wait.result == nil else { return }
    externals[id]?.result = result
    cachedBound = nil
    queue.add(
      PendingEvent(.completion, from: wait.seat, to: wait.seat, wait: id),
      at: wait.start + wait.call.latencyPerUnit * wait.slowness * result.units, number: wait.number)
  }
}
