/// Where one actor's messages go, whatever their type.
protocol AnyReceiver: AnyObject, Sendable {}

/// The root has an address in the tree, but receives nothing.
final class NoReceiver: AnyReceiver {}

/// Hands messages of one type to one actor.
final class Receiver<M: Message>: AnyReceiver {
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
protocol AnyDelivery: AnyObject, Sendable {
  var name: String { get }
  /// What a record holds of the message.
  func encoded() throws -> [UInt8]
  /// Lets the actor receive it.
  func start()
}

final class Delivery<M: Message>: AnyDelivery {
  private let message: M
  private let receiver: Receiver<M>

  init(_ message: M, to receiver: Receiver<M>) {
    self.message = message
    self.receiver = receiver
  }

  var name: String { M.messageName }
  func encoded() throws -> [UInt8] { try message.encoded }
  func start() { receiver.start(message) }
}
