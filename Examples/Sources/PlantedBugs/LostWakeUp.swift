import ActorTesting
import Messaging

extension PlantedBug {
  /// A consumer finds the queue empty and then asks to be woken; what is put in between wakes nobody.
  static let lostWakeUp = PlantedBug(
    name: "lost wake-up", what: "a lost wake-up", seeds: 100, decisions: 3
  ) { isBroken in
    SimulatedSystem("lost wake-up") { root, _ in
      let queue = root.spawn("queue") { Queue($0, isBroken: isBroken) }
      root.send(.consume(queue), to: root.spawn("consumer") { Consumer($0) })
      root.send(.produce(queue), to: root.spawn("producer") { Producer($0) })
    } violation: { played in
      played.numbers("consumed").isEmpty ? "the consumer sleeps beside a full queue" : nil
    }
  }

  private enum Access: Message {
    static let messageName = "access"
    case put
    case take(ReplyTo<Number>)
    case wake(ReplyTo<Done>)
  }
  private enum Role: Message {
    static let messageName = "role"
    case consume(Address<Access>)
    case produce(Address<Access>)
  }

  private actor Queue: DirectActor {
    let context: ActorContext
    private let isBroken: Bool
    private var count = 0
    private var sleeper: ReplyTo<Done>?
    init(_ context: ActorContext, isBroken: Bool) {
      self.context = context
      self.isBroken = isBroken
    }
    func receive(_ access: Access) {
      switch access {
      case .put:
        count += 1
        if let sleeper { context.reply(Done(), to: sleeper) }
        sleeper = nil
      case .take(let reply):
        context.reply(Number(value: count), to: reply)
        if count > 0 { count -= 1 }
      case .wake(let reply):
        // The twin looks again before it lets anyone sleep.
        if count > 0, !isBroken { context.reply(Done(), to: reply) } else { sleeper = reply }
      }
    }
  }

  private actor Consumer: SimulatedActor {
    let context: ActorContext
    init(_ context: ActorContext) { self.context = context }
    func receive(_ role: Role) async throws {
      guard case .consume(let queue) = role else { return }
      while true {
        let found: Number = try await context.ask(queue) { .take($0) }
        if found.value > 0 { return context.note("consumed", 1) }
        let _: Done = try await context.ask(queue) { .wake($0) }
      }
    }
  }

  private actor Producer: DirectActor {
    let context: ActorContext
    init(_ context: ActorContext) { self.context = context }
    func receive(_ role: Role) {
      if case .produce(let queue) = role { context.send(.put, to: queue) }
    }
  }
}
