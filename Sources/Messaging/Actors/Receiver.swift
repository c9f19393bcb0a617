/// Where one actor's messages go, whatever their type.
protocol AnyReceiver: AnyObject {
  /// The type of the messages.
  var messageType: ObjectIdentifier { get }
  /// Ends the tasks that wait for more messages.
  func dismiss()
}

/// Of the root, which has a place in the tree but receives nothing.
final class NoReceiver: AnyReceiver, Sendable {
  static let shared = NoReceiver()
  var messageType: ObjectIdentifier { ObjectIdentifier(Never.self) }
  func dismiss() {}
}

/// Hands messages of one type to one actor.
class Receiver<M: Message>: AnyReceiver {
  final var messageType: ObjectIdentifier { ObjectIdentifier(M.self) }
  func start(_ message: M) {}
  func dismiss() {}
}

/// Calls the handler on the spot: no task, no job.
// Sendable unchecked: only the thread that drives the episode touches it.
final class DirectReceiver<A: DirectActor>: Receiver<A.Incoming>, @unchecked Sendable {
  private let core: EpisodeCore
  private let seat: Int
  private let actor: A

  init(core: EpisodeCore, seat: Int, actor: A) {
    self.core = core
    self.seat = seat
    self.actor = actor
  }

  override func start(_ message: A.Incoming) {
    core.jobs.isolated(to: actor, on: core.seats[seat].lane) { actor in
      do {
        try actor.receive(message)
      } catch {
        core.fail(.actorFailed(path: core.seats[seat].path, error: "\(error)"))
      }
    }
    core.handlerEnded(seat)
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
  private let actor: A
  private let lane: Lane
  /// The task that waits for a message.
  @exclusivity(unchecked) private var idle: UnsafeContinuation<A.Incoming?, Never>?
  @exclusivity(unchecked) private var started = 0

  init(core: EpisodeCore, seat: Int, actor: A) {
    self.core = core
    self.seat = seat
    self.actor = actor
    lane = core.seats[seat].lane
  }

  override func start(_ message: A.Incoming) {
    started += 1
    if let task = idle {
      idle = nil
      task.resume(returning: message)
    } else {
      Task(executorPreference: lane) { await self.work(as: self.actor, on: message) }
    }
  }

  private func work(as actor: isolated A, on message: A.Incoming) async {
    var message = message
    while true {
      do {
        try await actor.receive(message)
      } catch is EpisodeEnded {
        // The episode is over: nothing to report.
      } catch {
        core.fail(.actorFailed(path: actor.context.path, error: "\(error)"))
      }
      core.handlerEnded(seat)
      guard started > 1, idle == nil, !core.isOver, !Task.isCancelled else { return }
      guard let next = await withUnsafeContinuation({ idle = $0 }) else { return }
      message = next
    }
  }

  override func dismiss() {
    idle?.resume(returning: nil)
    idle = nil
  }
}
