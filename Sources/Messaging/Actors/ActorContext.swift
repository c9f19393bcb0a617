/// The handle with which an actor acts in its episode: it sends, asks, waits, draws, spawns and persists.
///
/// Every incarnation of an actor has a context of its own.
public final class ActorContext: Sendable {
  /// The actor's place in the tree of spawns, such as `root/environment/executor-2`.
  public let path: String
  let seat: Int
  let lane: Lane
  private let incarnation: Int32
  private let episode: EpisodeCore

  init(core: EpisodeCore, seat: Int) {
    episode = core
    self.seat = seat
    path = core.details[seat].path
    lane = core.seats[seat].lane
    incarnation = core.seats[seat].incarnation
  }

  /// Virtual time since the episode began.
  public var now: Duration { episode.now }

  /// Returns the episode for an action that has an effect.
  ///
  /// `nil` if the episode is closed or this incarnation has crashed. The action of a crashed incarnation is noted.
  private func core(for deed: @autoclosure () -> String) -> EpisodeCore? {
    if episode.seats[seat].incarnation == incarnation { return episode.isClosed ? nil : episode }
    episode.record(.discard, seat, deed())
    return nil
  }

  /// Returns the episode for a wait, and throws if the wait would have no effect.
  private func core(forWait deed: @autoclosure () -> String) throws -> EpisodeCore {
    if let core = core(for: deed()) { return core }
    if episode.isClosed { throw EpisodeEnded() }
    throw ActorCrashed()
  }

  /// Gives chance an opportunity to crash the actor before its next action.
  private func mayCrash() { if episode.seats[seat].incarnation == incarnation { episode.mayCrash(seat) } }

  // MARK: Messages

  /// Sends a message that arrives at this virtual time, or at once if the time has passed.
  ///
  /// No fault strikes the message on its way. If the receiver is down then, the message is a dead letter.
  /// - Precondition: the sender is the root, which sets up the episode.
  package func send<M>(_ message: M, to address: Address<M>, at time: Duration) {
    guard let core = core(for: M.messageName) else { return }
    precondition(seat == 0, "only the root sends what arrives later")
    core.enqueue(
      PendingEvent(.delivery, from: seat, to: address.seat, parcel: core.parcel(message)), at: time)
  }

  /// Sends a message without waiting.
  ///
  /// The message arrives at this instant of virtual time, after everything, replies included, that this actor sent to
  /// the same actor before. Faults may change this.
  ///
  /// Task-local values do not travel with messages: put into the message what its receiver needs.
  /// - Precondition: `address` belongs to an actor of this episode.
  public func send<M>(_ message: M, to address: Address<M>) { send(message, to: address, ask: -1) }

  private func send<M>(_ message: M, to address: Address<M>, ask: Int) {
    guard let core = core(for: M.messageName) else { return }
    precondition(
      address.seat < core.seats.count && core.seats[address.seat].messageType == ObjectIdentifier(M.self),
      "an address of another episode")
    core.transmit(
      PendingEvent(.delivery, from: seat, to: address.seat, wait: ask, parcel: core.parcel(message)))
  }

  /// Sends the message that `make` makes and waits for the reply, at most for `deadline` if there is one.
  /// - Throws: ``AskError``; `CancellationError` if the task was cancelled.
  public nonisolated(nonsending) func ask<M, R: Message>(
    _ address: Address<M>, within deadline: Duration? = nil, _ make: (ReplyTo<R>) -> M
  ) async throws -> R {
    let core = try core(forWait: M.messageName)
    let number = core.waits.newNumber()
    let message = make(ReplyTo(ask: number))
    let reply = try await wait(number, core) { continuation in
      core.waits.add(
        Waits.Ask(
          asker: seat, awaited: address.seat, expected: ObjectIdentifier(R.self), continuation: continuation),
        at: number)
      send(message, to: address, ask: number)
      if let deadline, deadline < Self.forever {
        core.queue.add(PendingEvent(.deadline, from: seat, to: seat, wait: number), at: core.now + deadline)
      }
    }
    // The core checked the type when the reply was sent.
    return unsafeDowncast(reply, to: MessageParcel<R>.self).message
  }

  /// Waits until the continuation given to `begin` resumes, or, once the task is cancelled, until the next event.
  ///
  /// A cancellation handler costs as much as a message. A handler's own task does without one: only a crash cancels
  /// that task, and the crash ends the task's waits.
  private nonisolated(nonsending) func wait<Value>(
    _ number: Int, _ core: EpisodeCore, _ begin: (UnsafeContinuation<Value, any Error>) -> Void
  ) async throws -> Value {
    // The unsafe continuation only omits the check for misuse: the core resumes a wait once, when it removes it.
    // The call stays on its executor: with an isolation, the runtime would first switch to where the task already is.
    if core.isHandler(of: seat) {
      return try await _unsafeInheritExecutor_withUnsafeThrowingContinuation(begin)
    }
    return try await withTaskCancellationHandler {
      try await withUnsafeThrowingContinuation(begin)
    } onCancel: {
      core.requestCancellation(of: number, seat)
    }
  }

  /// Answers an ask. A second answer, or an answer after the deadline, becomes a dead letter.
  public func reply<R>(_ value: R, to reply: ReplyTo<R>) {
    guard let core = core(for: R.messageName) else { return }
    let parcel = core.parcel(value)
    let asker = core.waits.answer(reply.ask, by: parcel, of: ObjectIdentifier(R.self))
    var event = PendingEvent(.reply, from: seat, to: asker ?? 0, wait: reply.ask, parcel: parcel)
    event.isLoose = core.rules == .beforeVersion4
    core.transmit(event)
  }

  // MARK: Time

  /// Waits for a duration of virtual time.
  /// - Throws: `CancellationError` if the task was cancelled.
  public nonisolated(nonsending) func sleep(for duration: Duration) async throws {
    let core = try core(forWait: "sleep")
    let number = core.waits.newNumber()
    try await wait(number, core) { continuation in
      core.waits.add(Waits.Timer(seat: seat, continuation: continuation), at: number)
      // A sleep that is longer than any episode never ends.
      if duration < Self.forever {
        core.queue.add(PendingEvent(.timer, from: seat, to: seat, wait: number), at: core.now + duration)
      }
    }
  }

  /// A thousand years: no event is scheduled so late.
  private static let forever = Duration.seconds(31_557_600_000)

  /// A clock that shows virtual time, for code that takes `some Clock<Duration>`.
  public var clock: some Clock<Duration> { SimulationClock(context: self) }

  // MARK: The outside

  /// Calls the world outside and waits for the result, which takes virtual time in proportion to its units.
  public nonisolated(nonsending) func external(_ call: ExternalCall) async throws -> ExternalResult {
    mayCrash()
    let core = try core(forWait: call.kind)
    let number = core.waits.newNumber()
    var call = call
    if let deadline = call.deadline {
      let room = Int(((deadline - core.now) / call.latencyPerUnit).rounded(.down))
      call.maximumUnits = max(1, min(call.maximumUnits, room))
    }
    let isRepeated = core.isRepeating
    core.record(.call, seat, call.kind, payload: call.describes, call: number)
    var slowness = 1
    if case .slow(let factor)? = strike(.call, call.kind) { slowness = factor }
    let place = core.queue.reserveNumber()
    return try await wait(number, core) { continuation in
      core.waits.add(
        Waits.Call(
          seat: seat, start: core.now, call: call, number: place, slowness: slowness,
          continuation: continuation), at: number)
      // A call that was made before the fork gets the answer that it got then.
      if isRepeated, let result = core.replacedResults[number] ?? core.history?.trail.result(of: number) {
        core.complete(number, result)
      }
    }
  }

  /// Marks an operation that can fail, such as the use of a tool.
  ///
  /// - Throws: ``InjectedFault`` if the episode's plan of faults says that the operation fails.
  public func mayFail(_ operation: String) throws(InjectedFault) {
    if strike(.operation, operation) == .fail { throw InjectedFault(operation: operation) }
  }

  private func strike(_ kind: FaultSite.Kind, _ name: String) -> FaultEffect? {
    guard episode.faults.isActive, !episode.isOver else { return nil }
    let site = FaultSite(kind, actor: path, name: name)
    let effect = episode.faults.strike(site, at: episode.now, repeating: episode.followsRecord)
    if let effect { episode.record(.fault, seat, "\(name): \(effect.text)") }
    return effect
  }

  // MARK: The log

  /// Records an event at which a driver can pause and from which episodes can be forked.
  public nonisolated(nonsending) func checkpoint(_ name: String) async {
    guard let core = core(for: name) else { return }
    let number = core.waits.newNumber()
    await withUnsafeContinuation { continuation in
      core.waits.add(Waits.Mark(seat: seat, name: name, continuation: continuation), at: number)
      core.queue.add(PendingEvent(.mark, from: seat, to: seat, wait: number))
    }
  }

  /// Writes a note, which is a name and optional bytes, to the log.
  public func note(_ name: String, _ payload: [UInt8] = []) {
    mayCrash()
    core(for: name)?.record(.note, seat, name, payload: payload)
  }

  /// Ends the episode at this event, with a result.
  public func finish(_ result: [UInt8]) {
    guard let core = core(for: "finish"), !core.isOver else { return }
    core.record(.finish, seat, "", payload: result)
    core.end(.finished(result: result))
  }

  /// Draws the next number of the actor's stream `name`.
  ///
  /// A crashed incarnation draws from another stream, so it does not change what the next incarnation draws.
  public func draw(_ name: String) -> UInt64 {
    core(for: "draw")?.draw(name, for: seat) ?? episode.ghosts.next()
  }

  // MARK: Surviving a crash

  /// Keeps `value` for the next incarnation of this actor, and replaces the value that was kept before.
  ///
  /// If actors crash by chance, this one may crash just before it persists; then `value` is not kept.
  /// - Throws: the error that encoding `value` throws.
  public func persist<Value: Codable & Sendable>(_ value: Value) throws {
    mayCrash()
    guard let core = core(for: "persist") else { return }
    core.record(
      .persist, seat, "\(Value.self)", payload: core.isRecorded ? try CBOREncoder.encode(value) : [])
    core.details[seat].persisted = value
  }

  /// Returns the value that this actor persisted last; `nil` if there is none, or if it has another type.
  public func persisted<Value: Codable & Sendable>(as type: Value.Type) -> Value? {
    episode.details[seat].persisted as? Value
  }

  // MARK: Actors

  /// Starts an actor below this one. `make` is called again for each new incarnation.
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
    mayCrash()
    // Only a crashed incarnation gets this address, and what it sends has no effect.
    guard let core = core(for: "spawn") else { return Address(seat: seat) }
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

  /// Stops an actor: later messages to it become dead letters, and asks to it fail with ``AskError/stopped``.
  public func stop<M>(_ address: Address<M>) { core(for: "stop")?.seats[address.seat].isStopped = true }
}
