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
  /// - Precondition: `address` is of an actor of this episode.
  public func send<M>(_ message: M, to address: Address<M>) {
    guard !core.isClosed else { return }
    let parcel = MessageParcel(message)
    guard admits(parcel, of: M.self, to: address.seat) else { return }
    core.queue.add(PendingEvent(.delivery, from: seat, to: address.seat, parcel: parcel))
  }

  /// Whether a message sets out: none does that a fault takes, and none fails that finds the mailbox full.
  private func admits<M: Message>(_ parcel: any Parcel, of type: M.Type, to receiver: Int) -> Bool {
    precondition(
      receiver < core.seats.count && core.seats[receiver].receiver.messageType == ObjectIdentifier(type),
      "an address of another episode")
    if !core.drops.isEmpty, takesDrop(to: receiver) {
      core.record(.drop, receiver, parcel, from: seat)
      return false
    }
    core.seats[receiver].waitingMessages += 1
    guard core.seats[receiver].waitingMessages <= core.limits.mailbox else {
      core.fail(.mailboxOverflow(path: core.seats[receiver].path, limit: core.limits.mailbox))
      return false
    }
    return true
  }

  /// Sends what `make` makes and waits for the reply, until `deadline` from now if there is one.
  public nonisolated(nonsending) func ask<M, R: Message>(
    _ address: Address<M>, within deadline: Duration? = nil, _ make: (ReplyTo<R>) -> M
  ) async throws -> R {
    guard !core.isClosed else { throw EpisodeEnded() }
    let ask = core.newWait()
    let message = make(ReplyTo(ask: ask))
    // Unsafe only in that misuse is not checked: the core resumes every wait once, as it removes it.
    return try await withUnsafeThrowingContinuation { continuation in
      let wait = EpisodeCore.AskWait(asker: seat, awaited: address.seat, ask: AskParcel(continuation))
      core.asks.insert(wait, at: ask)
      send(message, to: address)
      if let deadline {
        core.queue.add(PendingEvent(.deadline, from: seat, to: seat, wait: ask), at: core.now + deadline)
      }
    }
  }

  /// Answers an ask; a second answer, or one after the deadline, is a dead letter.
  public func reply<R>(_ value: R, to reply: ReplyTo<R>) {
    guard !core.isClosed else { return }
    let parcel: AskParcel<R>
    if let waiting = core.asks[reply.ask]?.ask as? AskParcel<R>, waiting.value == nil {
      waiting.answer(value)
      parcel = waiting
    } else {
      parcel = AskParcel(value)
    }
    core.queue.add(PendingEvent(.reply, from: seat, to: 0, wait: reply.ask, parcel: parcel))
  }

  /// Waits in virtual time.
  public nonisolated(nonsending) func sleep(for duration: Duration) async throws {
    guard !core.isClosed else { throw EpisodeEnded() }
    let id = core.newWait()
    try await withUnsafeThrowingContinuation { continuation in
      core.timers.insert(.init(seat: seat, continuation: continuation), at: id)
      core.queue.add(PendingEvent(.timer, from: seat, to: seat, wait: id), at: core.now + duration)
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
      core.cachedBound = nil
      // What was asked before a fork is answered as it was.
      if let result = core.history?.trail.result(of: id) { core.complete(id, result) }
    }
  }

  /// A logged event at which a driver can pause, and from which episodes can be forked.
  public nonisolated(nonsending) func checkpoint(_ name: String) async {
    guard !core.isClosed else { return }
    let id = core.newWait()
    await withUnsafeContinuation { continuation in
      core.marks[id] = .init(name: name, continuation: continuation)
      core.queue.add(PendingEvent(.mark, from: seat, to: seat, wait: id))
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
  public func draw(_ name: String) -> UInt64 { core.draw(name, for: seat) }

  /// Starts an actor below this one.
  /// - Precondition: no sibling is called `name`.
  public func spawn<A: SimulatedActor>(_ name: String, _ make: (ActorContext) -> A) -> Address<A.Incoming> {
    spawn(name, make) { TaskReceiver(core: $0, seat: $1, actor: $2) }
  }

  /// Starts an actor below this one, whose handler is called directly.
  /// - Precondition: no sibling is called `name`.
  public func spawn<A: DirectActor>(_ name: String, _ make: (ActorContext) -> A) -> Address<A.Incoming> {
    spawn(name, make) { DirectReceiver(core: $0, seat: $1, actor: $2) }
  }

  private func spawn<A: SimulatedActor>(
    _ name: String, _ make: (ActorContext) -> A, _ receiver: (EpisodeCore, Int, A) -> Receiver<A.Incoming>
  ) -> Address<A.Incoming> {
    let path = self.path + "/" + name
    precondition(core.paths.insert(path).inserted, "two actors are called \(path)")
    let (seat, lane) = core.addSeat(path)
    let actor = make(ActorContext(core: core, seat: seat, path: path, lane: lane))
    core.seats[seat].receiver = receiver(core, seat, actor)
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
