/// What an actor may do in its episode: send, ask, wait, draw, spawn, persist. One for each incarnation.
public final class ActorContext: Sendable {
  /// The actor's place in the tree of spawns, such as `root/environment/executor-2`.
  public let path: String
  let seat: Int
  let lane: Lane
  private let incarnation: Int32
  private let core: EpisodeCore

  init(core: EpisodeCore, seat: Int) {
    self.core = core
    self.seat = seat
    path = core.details[seat].path
    lane = core.seats[seat].lane
    incarnation = core.seats[seat].incarnation
  }

  /// Virtual time since the episode began.
  public var now: Duration { core.now }

  /// Whether what this actor does has an effect: the episode is not closed, nor the actor crashed.
  private func isEffective(_ deed: @autoclosure () -> String) -> Bool {
    guard core.seats[seat].incarnation != incarnation else { return !core.isClosed }
    core.record(.discard, seat, deed())
    return false
  }

  /// The same before a wait.
  private func checkEffective(_ deed: @autoclosure () -> String) throws {
    if isEffective(deed()) { return }
    if core.isClosed { throw EpisodeEnded() }
    throw ActorCrashed()
  }

  // MARK: Messages

  /// Fire and forget; arrives at this instant of virtual time, after what was sent to the same actor before.
  /// - Precondition: `address` is of an actor of this episode.
  public func send<M>(_ message: M, to address: Address<M>) { send(message, to: address, ask: -1) }

  private func send<M>(_ message: M, to address: Address<M>, ask: Int) {
    guard isEffective(M.messageName) else { return }
    precondition(
      address.seat < core.seats.count && core.seats[address.seat].messageType == ObjectIdentifier(M.self),
      "an address of another episode")
    core.transmit(
      PendingEvent(.delivery, from: seat, to: address.seat, wait: ask, parcel: MessageParcel(message)))
  }

  /// Sends what `make` makes and waits for the reply, until `deadline` from now if there is one.
  /// - Throws: ``AskError``; `CancellationError` if the task was cancelled.
  public nonisolated(nonsending) func ask<M, R: Message>(
    _ address: Address<M>, within deadline: Duration? = nil, _ make: (ReplyTo<R>) -> M
  ) async throws -> R {
    try checkEffective(M.messageName)
    let ask = core.newWait()
    let message = make(ReplyTo(ask: ask))
    return try await withTaskCancellationHandler {
      // Unsafe only in that misuse is not checked: the core resumes every wait once, as it removes it.
      try await withUnsafeThrowingContinuation { continuation in
        let wait = EpisodeCore.AskWait(asker: seat, awaited: address.seat, ask: AskParcel(continuation))
        core.asks.insert(wait, at: ask)
        send(message, to: address, ask: ask)
        if let deadline, deadline < Self.forever {
          core.queue.add(PendingEvent(.deadline, from: seat, to: seat, wait: ask), at: core.now + deadline)
        }
      }
    } onCancel: {
      core.requestCancellation(of: ask, seat)
    }
  }

  /// Answers an ask; a second answer, or one after the deadline, is a dead letter.
  public func reply<R>(_ value: R, to reply: ReplyTo<R>) {
    guard isEffective(R.messageName) else { return }
    let waiting = core.asks[reply.ask]
    let parcel: AskParcel<R>
    if let ask = waiting?.ask as? AskParcel<R>, ask.value == nil {
      ask.answer(value)
      parcel = ask
    } else {
      parcel = AskParcel(value)
    }
    core.transmit(
      PendingEvent(.reply, from: seat, to: waiting?.asker ?? 0, wait: reply.ask, parcel: parcel))
  }

  // MARK: Time

  /// Waits in virtual time.
  /// - Throws: `CancellationError` if the task was cancelled.
  public nonisolated(nonsending) func sleep(for duration: Duration) async throws {
    try checkEffective("sleep")
    let id = core.newWait()
    try await withTaskCancellationHandler {
      try await withUnsafeThrowingContinuation { continuation in
        core.timers.insert(.init(seat: seat, continuation: continuation), at: id)
        // What sleeps longer than any episode lasts never wakes.
        if duration < Self.forever {
          core.queue.add(PendingEvent(.timer, from: seat, to: seat, wait: id), at: core.now + duration)
        }
      }
    } onCancel: {
      core.requestCancellation(of: id, seat)
    }
  }

  /// A thousand years: no event is later.
  private static let forever = Duration.seconds(31_557_600_000)

  /// Virtual time as a clock, for code that takes `some Clock<Duration>`.
  public var clock: SimulationClock { SimulationClock(context: self) }

  // MARK: The outside

  /// Asks the world outside; the result arrives when its units have taken their time.
  public nonisolated(nonsending) func external(_ call: ExternalCall) async throws -> ExternalResult {
    try checkEffective(call.kind)
    let id = core.newWait()
    var call = call
    if let deadline = call.deadline {
      let room = Int(((deadline - core.now) / call.latencyPerUnit).rounded(.down))
      call.maximumUnits = max(1, min(call.maximumUnits, room))
    }
    let isRepeated = core.isRepeating
    core.record(.call, seat, call.kind, payload: call.describes, call: id)
    var slowness = 1
    if case .slow(let factor)? = strike(.call, call.kind) { slowness = factor }
    let number = core.queue.reserveNumber()
    return try await withTaskCancellationHandler {
      try await withUnsafeThrowingContinuation { continuation in
        core.externals[id] = .init(
          seat: seat, start: core.now, call: call, number: number, slowness: slowness,
          continuation: continuation)
        core.cachedBound = nil
        // What was asked before a fork is answered as it was.
        if isRepeated, let result = core.replacedResults[id] ?? core.history?.trail.result(of: id) {
          core.complete(id, result)
        }
      }
    } onCancel: {
      core.requestCancellation(of: id, seat)
    }
  }

  /// Marks an operation that can fail, such as the use of a tool: fails if the episode's plan of faults says so.
  public func mayFail(_ operation: String) throws(InjectedFault) {
    if strike(.operation, operation) == .fail { throw InjectedFault(operation: operation) }
  }

  private func strike(_ kind: FaultSite.Kind, _ name: String) -> FaultEffect? {
    guard core.faults.isActive, !core.isOver else { return nil }
    let site = FaultSite(kind, actor: path, name: name)
    let effect = core.faults.strike(site, at: core.now, repeating: core.followsRecord)
    if let effect { core.record(.fault, seat, "\(name): \(effect.text)") }
    return effect
  }

  // MARK: The log

  /// A logged event at which a driver can pause, and from which episodes can be forked.
  public nonisolated(nonsending) func checkpoint(_ name: String) async {
    guard isEffective(name) else { return }
    let id = core.newWait()
    await withUnsafeContinuation { continuation in
      core.marks[id] = .init(seat: seat, name: name, continuation: continuation)
      core.queue.add(PendingEvent(.mark, from: seat, to: seat, wait: id))
    }
  }

  /// A line in the log: a name, and bytes if there are any.
  public func note(_ name: String, _ payload: [UInt8] = []) {
    guard isEffective(name) else { return }
    core.record(.note, seat, name, payload: payload)
  }

  /// Ends the episode, at this event.
  public func finish(_ result: [UInt8]) {
    guard isEffective("finish"), !core.isOver else { return }
    core.record(.finish, seat, "", payload: result)
    core.end(.finished(result: result))
  }

  /// The next draw of the actor's stream `name`.
  public func draw(_ name: String) -> UInt64 { core.draw(name, for: seat) }

  // MARK: Surviving a crash

  /// Keeps `value` for the next incarnation of this actor, in place of what was kept before.
  public func persist<Value: Codable & Sendable>(_ value: Value) throws {
    guard isEffective("persist") else { return }
    core.record(
      .persist, seat, "\(Value.self)", payload: core.isRecorded ? try CBOREncoder.encode(value) : [])
    core.details[seat].persisted = value
  }

  /// What an incarnation of this actor persisted last; `nil` if none did, or another type.
  public func persisted<Value: Codable & Sendable>(as type: Value.Type) -> Value? {
    core.details[seat].persisted as? Value
  }

  // MARK: Actors

  /// Starts an actor below this one; `make` is called again for each new incarnation.
  /// - Precondition: no sibling is called `name`.
  public func spawn<A: SimulatedActor>(
    _ name: String, _ make: @escaping (ActorContext) -> A
  ) -> Address<A.Incoming> {
    spawn(name, make) { TaskReceiver(core: $0, seat: $1, actor: $2) }
  }

  /// Starts an actor below this one, whose handler is called directly.
  /// - Precondition: no sibling is called `name`.
  public func spawn<A: DirectActor>(
    _ name: String, _ make: @escaping (ActorContext) -> A
  ) -> Address<A.Incoming> {
    spawn(name, make) { DirectReceiver(core: $0, seat: $1, actor: $2) }
  }

  private func spawn<A: SimulatedActor>(
    _ name: String, _ make: @escaping (ActorContext) -> A,
    _ receiver: @escaping (EpisodeCore, Int, A) -> Receiver<A.Incoming>
  ) -> Address<A.Incoming> {
    let path = self.path + "/" + name
    precondition(core.paths.insert(path).inserted, "two actors are called \(path)")
    let seat = core.addSeat(path)
    core.seats[seat].messageType = ObjectIdentifier(A.Incoming.self)
    core.seats[seat].isSerial = A.mailbox == .serial
    core.seats[seat].receiver = receiver(core, seat, make(ActorContext(core: core, seat: seat)))
    core.record(.spawn, seat, "")
    if core.faults.isActive {
      core.details[seat].revive = { receiver($0, seat, make(ActorContext(core: $0, seat: seat))) }
      core.planCrashes(of: seat)
    }
    return Address(seat: seat)
  }

  /// What is sent to `address` from now on is a dead letter; asks to it fail with ``AskError/stopped``.
  public func stop<M>(_ address: Address<M>) { core.seats[address.seat].isStopped = true }
}
