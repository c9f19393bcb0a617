import ActorTesting
import Messaging

extension PlantedBug {
  /// A client gives up on a question and asks the next; the late answer to the first is taken for the second's.
  static let lateReply = PlantedBug(
    name: "late reply", what: "a reply that arrives after its deadline", seeds: 100, decisions: 2
  ) { isBroken in
    var system = SimulatedSystem("late reply") { root, _ in
      let server = root.spawn("server") { Doubler($0) }
      root.send(.begin(server), to: root.spawn("client") { Client($0, isBroken: isBroken) })
    } violation: { played in
      played.numbers("wrong").isEmpty ? nil : "an answer belongs to another question"
    }
    system.faults.rates.delay = 0.1
    return system
  }

  private struct Question: Message {
    static let messageName = "question"
    var number: Int
    var from: Address<ClientMessage>
  }
  private enum ClientMessage: Message {
    static let messageName = "client"
    case begin(Address<Question>)
    case answer(to: Int, Int)
  }

  private actor Doubler: DirectActor {
    let context: ActorContext
    init(_ context: ActorContext) { self.context = context }
    func receive(_ question: Question) {
      context.send(.answer(to: question.number, 2 * question.number), to: question.from)
    }
  }

  private actor Client: SimulatedActor {
    let context: ActorContext
    private let isBroken: Bool
    private var pending: Int?

    init(_ context: ActorContext, isBroken: Bool) {
      self.context = context
      self.isBroken = isBroken
    }

    func receive(_ message: ClientMessage) async throws {
      switch message {
      case .begin(let server):
        for number in 1...5 {
          pending = number
          context.send(Question(number: number, from: address), to: server)
          try await context.sleep(for: .milliseconds(200))
        }
      case .answer(let number, let value):
        guard let question = pending, isBroken || number == question else { return }
        pending = nil
        if value != 2 * question { context.note("wrong", question) }
      }
    }
  }
}
