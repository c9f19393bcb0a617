/// Where one actor's messages go, whatever their type; on its own, where nothing goes.
class AnyReceiver: @unchecked Sendable {
  /// `message` on its way to the actor; `nil` if it is not of the actor's type.
  final func delivery<M: Message>(of message: M) -> AnyDelivery? {
    guard let receiver = self as? Receiver<M> else { return nil }
    return Delivery(message, to: receiver)
  }
}

/// Hands messages of one type to one actor.
// Sendable unchecked because of its superclass: it has no mutable state.
final class Receiver<M: Message>: AnyReceiver, @unchecked Sendable {
  private let handle: @Sendable (M) -> Void

  init<A: SimulatedActor>(core: EpisodeCore, seat: Int, actor: A) where A.Incoming == M {
    let lane = core.seats[seat].lane
    handle = { [weak core] message in
      Task(executorPreference: lane) {
        do {
          try await actor.receive(message)
        } catch is EpisodeEnded {
          // The episode is over: nothing to report.
        } catch {
          core?.fail(.actorFailed(path: actor.context.path, error: "\(error)"))
        }
        core?.seats[seat].runningHandlers -= 1
      }
    }
  }

  func start(_ message: M) { handle(message) }
}

/// A message that is on its way, with the actor it goes to.
class AnyDelivery: @unchecked Sendable {
  var name: String { fatalError("a delivery has a message") }
  func encoded() throws -> [UInt8] { fatalError("a delivery has a message") }
  func start() {}
}

/// The one kind of delivery there is.
// Sendable unchecked because of its superclass: it has no mutable state.
final class Delivery<M: Message>: AnyDelivery, @unchecked Sendable {
  private let message: M
  private let receiver: Receiver<M>

  init(_ message: M, to receiver: Receiver<M>) {
    self.message = message
    self.receiver = receiver
  }

  override var name: String { M.messageName }
  override func encoded() throws -> [UInt8] { try message.encoded }
  override func start() { receiver.start(message) }
}
