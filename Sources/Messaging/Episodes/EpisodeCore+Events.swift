/// The effect of each event.
extension EpisodeCore {
  /// The time before which events may run: at this time or later an external call might still end first.
  ///
  /// `nil` if no call waits, and while events are repeated, because the history shows their order.
  var bound: Duration? { isRepeating ? nil : waits.bound() }

  /// Takes and performs the next event; returns false if it is the mark called `checkpoint`.
  func performNext(pausingAt checkpoint: String?) -> Bool {
    if queue.isQuiet { queue.advance() }
    if takesFirst, observer != nil { tellReady(chosen: 0) }
    let event = takesFirst ? queue.takeFirst() : takeChosen()
    let receiver = Int(event.receiver)
    mayCrash(at: event)
    switch event.kind {
    case .delivery:
      guard let parcel = replaced(event.parcel, inPlace: false) else { break }
      deliver(parcel, to: receiver, from: Int(event.sender), ask: event.wait)
    case .reply:
      guard let parcel = replaced(event.parcel, inPlace: true) else { break }
      if let ask = waits.endAsk(event.wait, by: parcel) {
        record(.reply, ask.asker, parcel, from: Int(event.sender))
        ask.continuation.resume(returning: parcel)
      } else {
        record(.deadLetter, 0, parcel, from: Int(event.sender))
      }
    case .deadline:
      if let ask = waits.endAsk(event.wait) {
        record(.deadline, ask.asker, "", peer: ask.awaited)
        ask.continuation.resume(throwing: AskError.deadline)
      }
    case .timer:
      if let wait = waits.endTimer(event.wait) {
        record(.timer, wait.seat, "")
        wait.continuation.resume()
      }
    case .cancellation:
      if let wait = waits.cancel(event.wait) {
        record(.cancellation, wait.seat, wait.name)
        wait.resume(throwing: CancellationError())
      }
    case .crash:
      guard case .crash(_, _, let restart) = faults.plan.timeline[event.wait] else { break }
      crash(receiver, restartAfter: restart)
    case .restart: restart(receiver)
    case .completion:
      if let wait = waits.endCall(event.wait), let result = wait.result {
        record(
          .completion, wait.seat, wait.call.kind, payload: result.bytes, call: event.wait, units: result.units
        )
        // The answer is recorded before the crash, so a replay finds it in the record.
        if mayCrash(wait.seat) {
          wait.continuation.resume(throwing: ActorCrashed())
        } else {
          wait.continuation.resume(returning: result)
        }
      }
    case .mark:
      guard let mark = waits.mark(event.wait) else { break }
      record(.mark, 0, mark.name)
      if mark.name == checkpoint || isReplay && !isRepeating {
        reachedMark = event.wait
        return false
      }
      waits.endMark(event.wait)?.continuation.resume()
    }
    return true
  }

  private func deliver(_ parcel: Parcel, to seat: Int, from sender: Int, ask: Int) {
    if rules == .beforeVersion4, sender != 0 { mayCrash(seat, under: .beforeVersion4) }
    guard !seats[seat].isStopped, !seats[seat].isDown else {
      seats[seat].waitingMessages -= 1
      record(.deadLetter, seat, parcel, from: sender)
      // The asker is told that the actor has stopped. It is not told that an actor has crashed.
      if seats[seat].isStopped { waits.endAsk(ask)?.continuation.resume(throwing: AskError.stopped) }
      return
    }
    record(.delivery, seat, parcel, from: sender)
    if seats[seat].isSerial, seats[seat].runningHandlers > 0 {
      seats[seat].held.append(Held(parcel: parcel, sender: sender))
    } else {
      start(parcel, at: seat)
    }
  }

  /// Returns the message of the next event, or the message that a fork puts in its place.
  ///
  /// A reply stays the same parcel, because its ask recognizes it by that.
  private func replaced(_ parcel: Parcel?, inPlace: Bool) -> Parcel? {
    guard !replacements.isEmpty, let json = replacements[eventCount], let parcel else { return parcel }
    do {
      return try parcel.replaced(byJSON: json, inPlace: inPlace)
    } catch {
      fail(.unreadableReplacement(name: parcel.name, error: "\(error)"))
      return nil
    }
  }

  /// Whether a record or a plan makes the decisions at this event, which may be the one whose message is replaced.
  var followsRecord: Bool {
    followsPlan || isRepeating || (eventCount == sharedEvents && replacements[eventCount] != nil)
  }

  /// Takes the event that the strategy chooses, or the recorded one; both advance, so a fork goes on like its parent.
  private func takeChosen() -> PendingEvent {
    let count = queue.candidateCount
    if isWatched {
      for candidate in queue.newCandidates { strategy.enter(candidate) }
      queue.forgetNewCandidates()
    }
    let slot = count > 1 ? chosenSlot(among: count) : queue.slot(at: 0)
    if observer != nil { tellReady(chosen: count > 1 ? queue.rank(of: slot) : 0) }
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

  /// Returns the index that the record or plan names for this event, or 0, the oldest event, if it names none.
  private func recordedChoice() -> Int {
    let choices = plan?.choices ?? history?.plan.choices ?? []
    while nextChoice < choices.count, choices[nextChoice].event < eventCount { nextChoice += 1 }
    guard nextChoice < choices.count, choices[nextChoice].event == eventCount else { return 0 }
    nextChoice += 1
    return choices[nextChoice - 1].index
  }

  /// Ends external call `id`. Its answer arrives when its units have taken their time, and never in the past.
  func complete(_ id: Int, _ result: ExternalResult) {
    guard let wait = waits.answer(id, result) else { return }
    queue.add(
      PendingEvent(.completion, from: wait.seat, to: wait.seat, wait: id),
      at: wait.time(ofUnits: result.units),
      number: wait.number)
  }
}
