import ActorTesting
import Messaging

extension PlantedBug {
  /// Two actors that handle one message at a time ask each other, and each waits for the other to be done.
  static let mutualAsk = PlantedBug(
    name: "mutual ask", what: "two serial mailboxes that ask each other", seeds: 50, decisions: 3
  ) { isBroken in
    SimulatedSystem("mutual ask") { root, _ in
      if isBroken {
        start(root.spawn("left") { Serial($0) }, root.spawn("right") { Serial($0) }, root)
      } else {
        start(root.spawn("left") { Reentrant($0) }, root.spawn("right") { Reentrant($0) }, root)
      }
    } violation: { _ in
      nil
    }
  }

  private static func start(_ left: Address<Talk>, _ right: Address<Talk>, _ root: ActorContext) {
    root.send(.call(right), to: left)
    root.send(.call(left), to: right)
  }

  private enum Talk: Message {
    static let messageName = "talk"
    case call(Address<Talk>)
    case hello(ReplyTo<Done>)
  }

  /// Calls the peer, unless the peer has called first.
  private static func handle(_ talk: Talk, _ context: ActorContext, _ wasCalled: inout Bool) -> Address<Talk>?
  {
    switch talk {
    case .hello(let reply):
      wasCalled = true
      context.reply(Done(), to: reply)
      return nil
    case .call(let peer): return wasCalled ? nil : peer
    }
  }

  private actor Serial: SimulatedActor {
    static let mailbox = Mailbox.serial
    let context: ActorContext
    private var wasCalled = false
    init(_ context: ActorContext) { self.context = context }

    func receive(_ talk: Talk) async throws {
      if let peer = PlantedBug.handle(talk, context, &wasCalled) {
        try await context.sleep(for: .milliseconds(context.draw("pause") % 3))
        if wasCalled { return }
        let _: Done = try await context.ask(peer) { .hello($0) }
      }
    }
  }

  private actor Reentrant: SimulatedActor {
    let context: ActorContext
    private var wasCalled = false
    init(_ context: ActorContext) { self.context = context }

    func receive(_ talk: Talk) async throws {
      if let peer = PlantedBug.handle(talk, context, &wasCalled) {
        try await context.sleep(for: .milliseconds(context.draw("pause") % 3))
        if wasCalled { return }
        let _: Done = try await context.ask(peer) { .hello($0) }
      }
    }
  }
}
