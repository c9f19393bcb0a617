/// The effects of faults.
extension EpisodeCore {
  /// Sends a message or a reply, and applies the faults that strike it.
  ///
  /// A message from the root always arrives, because the root sets up the episode. So does one to the sender itself.
  func transmit(_ event: consuming PendingEvent) {
    let (sender, receiver) = (Int(event.sender), Int(event.receiver))
    guard faults.isActive, sender != 0, receiver != 0, sender != receiver, let parcel = event.parcel else {
      return enqueue(event)
    }
    let (from, to) = (details[sender].path, details[receiver].path)
    let effect = faults.strike(
      FaultSite(.message, from: from, actor: to), at: now, repeating: followsRecord)
    if let effect, effect != .drop { record(.fault, receiver, effect.text, peer: sender) }
    guard effect != .drop, !faults.separates(from, to, at: now) else {
      return record(.drop, receiver, parcel, from: sender)
    }
    let channel = sender << 32 | receiver
    switch effect {
    case .duplicate?:
      enqueue(event.duplicate(), at: channelReleases[channel])
      enqueue(event, at: channelReleases[channel])
    case .delay(let duration)?:
      let release = max(channelReleases[channel] ?? now, now + duration)
      channelReleases[channel] = release
      enqueue(event, at: release)
    case .reorder(let duration)?:
      event.isLoose = true
      enqueue(event, at: now + duration)
    default: enqueue(event, at: channelReleases[channel])
    }
  }

  /// Puts an event into the queue: at `time`, or at this instant.
  func enqueue(_ event: consuming PendingEvent, at time: Duration? = nil) {
    if event.kind == .delivery {
      let receiver = Int(event.receiver)
      seats[receiver].waitingMessages += 1
      guard seats[receiver].waitingMessages <= limits.mailbox else {
        return fail(.mailboxOverflow(path: details[receiver].path, limit: limits.mailbox))
      }
    }
    if let time { queue.add(event, at: time) } else { queue.add(event) }
  }

  /// Schedules the timeline's crashes for an actor that starts.
  func planCrashes(of seat: Int) {
    for (index, fault) in faults.plan.timeline.enumerated() {
      // An actor that its restarted parent spawns again does not crash again by a fault whose time has passed.
      if case .crash(details[seat].path, let time, _) = fault, time >= now {
        queue.add(PendingEvent(.crash, from: seat, to: seat, wait: index), at: time)
      }
    }
  }

  /// Gives chance an opportunity to crash the actor to which `event` is about to happen.
  func mayCrash(at event: borrowing PendingEvent) {
    switch event.kind {
    case .crash, .restart, .cancellation, .completion: break
    // A message from the root always arrives, because the root sets up the episode.
    case .delivery: if event.sender != 0 { mayCrash(Int(event.receiver)) }
    case .reply, .deadline, .timer, .mark: mayCrash(Int(event.receiver))
    }
  }

  /// Gives chance an opportunity to crash an actor, and returns whether the actor crashed.
  @discardableResult
  func mayCrash(_ seat: Int, under expected: EpisodeRules = .current) -> Bool {
    guard faults.isActive, rules.ofEvents == expected, seat != 0, !isOver, !seats[seat].isDown,
      !seats[seat].isStopped
    else { return false }
    let site = FaultSite(.event, actor: details[seat].path)
    guard case .crash(let restart)? = faults.strike(site, at: now, repeating: followsRecord) else {
      return false
    }
    crash(seat, restartAfter: restart)
    return true
  }

  /// Crashes an actor. The actors below it are gone for good.
  func crash(_ seat: Int, restartAfter delay: Duration?) {
    guard !seats[seat].isDown, !seats[seat].isStopped else { return }
    record(.crash, seat, "")
    let path = details[seat].path
    let below = seats.indices.filter { details[$0].path.hasPrefix(path + "/") && !seats[$0].isDown }
    for child in below {
      record(.crash, child, "")
      paths.remove(details[child].path)
      takeDown(child)
    }
    takeDown(seat)
    if let delay { queue.add(PendingEvent(.restart, from: seat, to: seat), at: now + delay) }
  }

  private func takeDown(_ seat: Int) {
    seats[seat].isDown = true
    seats[seat].incarnation += 1
    seats[seat].runningHandlers = 0
    for held in seats[seat].held {
      seats[seat].waitingMessages -= 1
      record(.deadLetter, seat, held.parcel, from: held.sender)
    }
    seats[seat].held = []
    let receiver = seats[seat].receiver
    seats[seat].receiver = NoReceiver.shared
    if let actor = receiver.actor { crashed.append((details[seat].path, WeakActor(actor))) }
    receiver.cancel()
    for wait in waits.crash(seat) { wait.resume(throwing: ActorCrashed()) }
  }

  func restart(_ seat: Int) {
    guard seats[seat].isDown, let revive = details[seat].revive else { return }
    seats[seat].isDown = false
    seats[seat].lane = newLane(details[seat].path)
    record(.restart, seat, "")
    seats[seat].receiver = revive(self)
    seats[seat].runningHandlers += 1
    seats[seat].receiver.recover()
  }

  /// Reports an old incarnation that still exists after everything of it has ended.
  func checkCrashed() {
    guard !crashed.isEmpty else { return }
    for (path, old) in crashed where old.actor != nil { fail(.referenceOutlivedCrash(path: path)) }
    crashed = []
  }
}

/// A weak reference to an actor that should soon be freed.
struct WeakActor {
  private(set) weak var actor: (any Actor)?

  init(_ actor: any Actor) { self.actor = actor }
}
