/// Where one actor's messages go, whatever their type.
protocol AnyReceiver: AnyObject {
  /// Who receives them; `nil` if nobody does.
  var actor: (any Actor)? { get }
  /// Lets a new incarnation take up its work.
  func recover()
  /// Ends the tasks that wait for more messages.
  func dismiss()
  /// Cancels the tasks that handle messages.
  func cancel()
}

/// Of the root, which has a place in the tree but receives nothing.
final class NoReceiver: AnyReceiver, Sendable {
  static let shared = NoReceiver()
  var actor: (any Actor)? { nil }
  func recover() {}
  func dismiss() {}
  func cancel() {}
}

/// Hands messages of one type to one actor.
class Receiver<M: Message>: AnyReceiver {
  var actor: (any Actor)? { nil }
  func start(_ parcel: MessageParcel<M>) {}
  func recover() {}
  func dismiss() {}
  func cancel() {}
}

/// Calls the handler on the spot: no task, no job.
// Sendable unchecked: only the thread that drives the episode touches it.
final class DirectReceiver<A: DirectActor>: Receiver<A.Incoming>, @unchecked Sendable {
  private let core: EpisodeCore
  private let seat: Int
  private let incarnation: Int32
  private let receiver: A

  init(core: EpisodeCore, seat: Int, actor: A) {
    self.core = core
    self.seat = seat
    incarnation = core.seats[seat].incarnation
    receiver = actor
  }

  override var actor: (any Actor)? { receiver }

  override func start(_ parcel: MessageParcel<A.Incoming>) { handle { try $0.receive(parcel.message) } }
  override func recover() { handle { try $0.recover() } }

  private func handle(_ body: @Sendable (isolated A) throws -> Void) {
    core.jobs.isolated(to: receiver, on: core.seats[seat].lane) { actor in
      do {
        try body(actor)
      } catch {
        core.fail(.actorFailed(path: core.details[seat].path, error: "\(error)"))
      }
    }
    core.handlerEnded(seat, incarnation: incarnation)
  }
}

/// Runs handlers that may suspend, each in a task.
///
/// A task that is done with its message waits for the actor's next one, from the second on: resuming a task costs
/// half of what making one does, but most actors of a short episode get a single message.
// Sendable unchecked: only the thread that drives the episode touches it, on which the tasks run too.
final class TaskReceiver<A: SimulatedActor>: Receiver<A.Incoming>, @unchecked Sendable {
  private let core: EpisodeCore
  private let seat: Int
  private let incarnation: Int32
  private let receiver: A
  private let lane: Lane
  /// The task that waits for a message.
  @exclusivity(unchecked) private var idle: UnsafeContinuation<Parcel?, Never>?
  @exclusivity(unchecked) private var started = 0
  /// Kept only where actors can crash.
  @exclusivity(unchecked) private var tasks: [Task<Void, Never>] = []

  init(core: EpisodeCore, seat: Int, actor: A) {
    self.core = core
    self.seat = seat
    incarnation = core.seats[seat].incarnation
    receiver = actor
    lane = core.seats[seat].lane
  }

  override var actor: (any Actor)? { receiver }

  override func start(_ parcel: MessageParcel<A.Incoming>) {
    started += 1
    if let task = idle {
      idle = nil
      task.resume(returning: parcel)
    } else {
      let task = Task(executorPreference: lane) { await self.work(as: self.receiver, on: parcel) }
      if core.faults.isActive { tasks.append(task) }
    }
  }

  private func work(as actor: isolated A, on parcel: MessageParcel<A.Incoming>) async {
    var parcel = parcel
    let task = core.begin(handlerOf: seat)
    defer { core.end(task, handlerOf: seat) }
    while true {
      do {
        try await actor.receive(parcel.message)
      } catch {
        report(error)
      }
      core.handlerEnded(seat, incarnation: incarnation)
      guard started > 1, idle == nil, !core.isOver, !Task.isCancelled,
        core.seats[seat].incarnation == incarnation
      else { return }
      // It stays on the executor it is on, as in `ActorContext.wait`.
      guard let next = await _unsafeInheritExecutor_withUnsafeContinuation({ idle = $0 }) else { return }
      // Only `start` hands it over.
      parcel = unsafeDowncast(next, to: MessageParcel<A.Incoming>.self)
    }
  }

  private func report(_ error: any Error) {
    // That the episode is over, or the actor has crashed, is nothing to report.
    if error is EpisodeEnded || error is ActorCrashed || core.seats[seat].incarnation != incarnation {
      return
    }
    core.fail(.actorFailed(path: core.details[seat].path, error: "\(error)"))
  }

  override func recover() {
    let task = Task(executorPreference: lane) { await self.recover(as: self.receiver) }
    tasks.append(task)
  }

  private func recover(as actor: isolated A) async {
    let task = core.begin(handlerOf: seat)
    defer { core.end(task, handlerOf: seat) }
    do {
      try await actor.recover()
    } catch {
      report(error)
    }
    core.handlerEnded(seat, incarnation: incarnation)
  }

  override func dismiss() {
    idle?.resume(returning: nil)
    idle = nil
  }

  override func cancel() {
    dismiss()
    for task in tasks { task.cancel() }
    tasks = []
  }
}
