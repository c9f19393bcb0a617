/// The receiving end of one actor, whatever the type of its messages.
protocol AnyReceiver: AnyObject {
  /// The actor that receives the messages; `nil` if there is none.
  var actor: (any Actor)? { get }
  /// Starts the `recover()` of a new incarnation.
  func recover()
  /// Ends the tasks that wait for more messages.
  func dismiss()
  /// Cancels the tasks that handle messages.
  func cancel()
}

/// The receiver of the root, which has a place in the tree and gets no messages, and of actors that are down.
final class NoReceiver: AnyReceiver, Sendable {
  static let shared = NoReceiver()
  var actor: (any Actor)? { nil }
  func recover() {}
  func dismiss() {}
  func cancel() {}
}

/// A receiver that hands messages of one type to one actor.
class Receiver<M: Message>: AnyReceiver {
  var actor: (any Actor)? { nil }
  func start(_ parcel: MessageParcel<M>) {}
  func recover() {}
  func dismiss() {}
  func cancel() {}
}

/// A receiver that calls the handler directly, without a task or a job.
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

/// A receiver whose handlers may suspend, so each runs in a task.
///
/// From the actor's second message on, a task that is done with its message waits for the next one, because resuming a
/// task costs half of what making one does. The first task does not wait, because most actors of a short episode get
/// a single message.
// Sendable unchecked: only the thread that drives the episode touches it, on which the tasks run too.
final class TaskReceiver<A: SimulatedActor>: Receiver<A.Incoming>, @unchecked Sendable {
  private let core: EpisodeCore
  private let seat: Int
  private let incarnation: Int32
  private let receiver: A
  private let lane: Lane
  /// The continuation of the task that waits for a message.
  @exclusivity(unchecked) private var idle: UnsafeContinuation<Parcel?, Never>?
  @exclusivity(unchecked) private var started = 0
  /// The running tasks; they are kept only if actors can crash.
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
      let task = Task(executorPreference: lane.preference) { await self.work(as: self.receiver, on: parcel) }
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
      // The call stays on its executor, as in `ActorContext.wait`.
      guard let next = await _unsafeInheritExecutor_withUnsafeContinuation({ idle = $0 }) else { return }
      // Only `start` resumes it, with a parcel of this type.
      parcel = unsafeDowncast(next, to: MessageParcel<A.Incoming>.self)
    }
  }

  private func report(_ error: any Error) {
    // These errors say that the episode is over or that the actor has crashed, which is known.
    if error is EpisodeEnded || error is ActorCrashed || core.seats[seat].incarnation != incarnation {
      return
    }
    core.fail(.actorFailed(path: core.details[seat].path, error: "\(error)"))
  }

  override func recover() {
    let task = Task(executorPreference: lane.preference) { await self.recover(as: self.receiver) }
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
