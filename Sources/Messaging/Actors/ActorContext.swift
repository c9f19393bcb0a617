/// What an actor may do in its episode: send, ask, wait, draw, spawn. One for each actor.
public final class ActorContext: Sendable {
  /// The actor's place in the tree of spawns, such as `root/environment/executor-2`.
  public let path: String
  let seat: Int
  let lane: Lane
  private let core: EpisodeCore

  init(core: EpisodeCore, seat: Int, path: String, lane: Lane) {
    self.core = core
    self.seat = seat
    self.path = path
    self.lane = lane
  }

  /// Virtual time since the episode began.
  public var now: Duration { core.now }

  /// Fire and forget; arrives at this instant of virtual time, after what was sent to the same actor before.
  public func send<M>(_ message: M, to address: Address<M>) {
    guard !core.isClosed else { return }
    let seat = address.seat
    if !core.drops.isEmpty, takesDrop(to: seat) {
      core.record(.drop, seat, message: M.messageName, from: self.seat) { try message.encoded }
      return
    }
    core.seats[seat].waitingMessages += 1
    guard core.seats[seat].waitingMessages <= core.limits.mailbox else {
      core.fail(.mailboxOverflow(path: core.seats[seat].path, limit: core.limits.mailbox))
      return
    }
    guard let receiver = core.receivers[seat] as? Receiver<M> else { return }
    core.queue.add(
      at: core.now, channel: .init(sender: self.seat, receiver: seat),
      .delivery(from: self.seat, seat: seat, Delivery(message, to: receiver)))
  }

  /// Sends what `make` makes and waits for the reply, until `deadline` from now if there is one.
  public nonisolated(nonsending) func ask<M, R: Message>(
    _ address: Address<M>, within deadline: Duration? = nil, _ make: (ReplyTo<R>) -> M
  ) async throws -> R {
    guard !core.isClosed else { throw EpisodeEnded() }
    let ask = core.newWait()
    let message = make(ReplyTo(ask: ask))
    // Unsafe only in that misuse is not checked: the core resumes every wait once, as it removes it.
    let value: any Message = try await withUnsafeThrowingContinuation { continuation in
      core.asks[ask] = .init(asker: seat, awaited: address.seat, continuation: continuation)
      send(message, to: address)
      if let deadline { core.queue.add(at: core.now + deadline, .deadline(ask: ask)) }
    }
    guard let reply = value as? R else { throw AskError.wrongReply }
    return reply
  }

  /// Answers an ask; a second answer, or one after the deadline, is a dead letter.
  public func reply<R>(_ value: R, to reply: ReplyTo<R>) {
    guard !core.isClosed else { return }
    core.queue.add(at: core.now, .reply(from: seat, ask: reply.ask, value: value))
  }

  /// Waits in virtual time.
  public nonisolated(nonsending) func sleep(for duration: Duration) async throws {
    guard !core.isClosed else { throw EpisodeEnded() }
    let id = core.newWait()
    try await withUnsafeThrowingContinuation { continuation in
      core.timers[id] = (seat, continuation)
      core.queue.add(at: core.now + duration, .timer(id))
    }
  }

  /// Asks the world outside; the result arrives when its units have taken their time.
  public nonisolated(nonsending) func external(_ call: ExternalCall) async throws -> ExternalResult {
    guard !core.isClosed else { throw EpisodeEnded() }
    let id = core.newWait()
    var call = call
    if let deadline = call.deadline {
      let room = Int(((deadline - core.now) / call.latencyPerUnit).rounded(.down))
      call.maximumUnits = max(1, min(call.maximumUnits, room))
    }
    core.record(.call, seat, call.kind, payload: call.describes, call: id)
    let number = core.queue.reserveNumber()
    return try await withUnsafeThrowingContinuation { continuation in
      core.externals[id] = .init(
        seat: seat, start: core.now, call: call, number: number, continuation: continuation)
      if let result = core.recordedResult(of: id) { core.complete(id, result) }
    }
  }

  /// A logged event at which a driver can pause, and from which episodes can be forked.
  public nonisolated(nonsending) func checkpoint(_ name: String) async {
    guard !core.isClosed else { return }
    let id = core.newWait()
    await withUnsafeContinuation { continuation in
      core.marks[id] = continuation
      core.queue.add(at: core.now, .mark(id, name: name))
    }
  }

  /// A line in the log: a name, and bytes if there are any.
  public func note(_ name: String, _ payload: [UInt8] = []) {
    core.record(.note, seat, name, payload: payload)
  }

  /// Ends the episode, at this event.
  public func finish(_ result: [UInt8]) {
    guard !core.isOver else { return }
    core.record(.finish, seat, "", payload: result)
    core.end(.finished(result: result))
  }

  /// The next draw of the actor's stream `name`.
  public func draw(_ name: String) -> UInt64 {
    let full = path + "/" + name
    return core.streams[full, default: SeededStream(seed: core.seed, name: full)].next()
  }

  /// Starts an actor below this one.
  /// - Precondition: no sibling is called `name`.
  public func spawn<A: SimulatedActor>(_ name: String, _ make: (ActorContext) -> A) -> Address<A.Incoming> {
    let path = self.path + "/" + name
    precondition(core.paths.insert(path).inserted, "two actors are called \(path)")
    let lane = Lane(queue: core.jobs, path: path)
    let seat = core.seats.count
    core.seats.append(.init(path: path, lane: lane))
    let actor = make(ActorContext(core: core, seat: seat, path: path, lane: lane))
    core.receivers.append(Receiver(core: core, seat: seat, actor: actor))
    core.record(.spawn, seat, "")
    return Address(seat: seat)
  }

  /// What is sent to `address` from now on is a dead letter.
  public func stop<M>(_ address: Address<M>) { core.seats[address.seat].isStopped = true }

  private func takesDrop(to receiver: Int) -> Bool {
    let to = core.seats[receiver].path
    for index in core.drops.indices {
      let drop = core.drops[index]
      guard drop.sender == path, drop.receiver == to, core.now >= drop.after, drop.nth > 0 else { continue }
      core.drops[index].nth -= 1
      if drop.nth == 1 { return true }
    }
    return false
  }
}
