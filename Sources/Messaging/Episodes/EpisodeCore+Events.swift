/// What each event does.
extension EpisodeCore {
  /// No event at this time or later may run before the external calls have got further.
  ///
  /// What the history shows happened before those calls ended.
  var bound: Duration? { isRepeating ? nil : waits.bound() }

  /// Takes and performs the next event; returns false if it is the mark called `checkpoint`.
  func performNext(pausingAt checkpoint: String?) -> Bool {
    if queue.isQuiet { queue.advance() }
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
        // What the outside answered is in the record first: a replay has it from there.
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
      // Who asks an actor that has stopped is told so; who asks one that has crashed is not.
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

  /// What the next event brings: the message, or what a fork replaces it with.
  ///
  /// A reply stays the same parcel, by which its ask knows it.
  private func replaced(_ parcel: Parcel?, inPlace: Bool) -> Parcel? {
    guard !replacements.isEmpty, let json = replacements[eventCount], let parcel else { return parcel }
    do {
      return try parcel.replaced(byJSON: json, inPlace: inPlace)
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

  /// Ends external call `id`; its answer arrives when its units have taken their time, and never in the past.
  func complete(_ id: Int, _ result: ExternalResult) {
    guard let wait = waits.answer(id, result) else { return }
    queue.add(
      PendingEvent(.completion, from: wait.seat, to: wait.seat, wait: id),
      at: wait.time(ofUnits: result.units),
      number: wait.number)
  }
}
