import ActorTesting
import Messaging

extension PlantedBug {
  /// A store says that it has kept something before it has.
  static let lostInCrash = PlantedBug(
    name: "lost in crash", what: "state lost in a crash", seeds: 200, decisions: 2
  ) { isBroken in
    var system = SimulatedSystem("lost in crash") { root, _ in
      let store = root.spawn("store") { Store($0, isBroken: isBroken) }
      root.send(Begin(store: store), to: root.spawn("client") { Client($0) })
    } violation: { played in
      played.numbers("lost").isEmpty ? nil : "what was acknowledged is gone"
    }
    system.faults.rates.crash = 0.05
    return system
  }

  private struct Begin: Message {
    static let messageName = "begin"
    var store: Address<Request>
  }
  private enum Request: Message {
    static let messageName = "request"
    case add(Int, ReplyTo<Done>)
    case count(ReplyTo<Number>)
  }

  private actor Store: SimulatedActor {
    let context: ActorContext
    private let isBroken: Bool
    private var values: [Int]
    init(_ context: ActorContext, isBroken: Bool) {
      self.context = context
      self.isBroken = isBroken
      values = context.persisted(as: [Int].self) ?? []
    }
    func receive(_ request: Request) async throws {
      switch request {
      case .add(let value, let reply):
        values.append(value)
        if isBroken {
          // Written down every second value only: fewer writes, and an acknowledgement that lies.
          context.reply(Done(), to: reply)
          if values.count % 2 == 0 { try context.persist(values) }
        } else {
          try context.persist(values)
          context.reply(Done(), to: reply)
        }
      case .count(let reply): context.reply(Number(value: values.count), to: reply)
      }
    }
  }

  private actor Client: SimulatedActor {
    let context: ActorContext
    init(_ context: ActorContext) { self.context = context }
    func receive(_ begin: Begin) async throws {
      var acknowledged = 0
      for value in 1...4 {
        do {
          let _: Done = try await context.ask(begin.store, within: .milliseconds(100)) { .add(value, $0) }
          acknowledged += 1
        } catch AskError.deadline {
          try await context.sleep(for: .seconds(2))
        }
      }
      do {
        let count: Number = try await context.ask(begin.store, within: .seconds(3)) { .count($0) }
        if count.value < acknowledged { context.note("lost", acknowledged - count.value) }
      } catch AskError.deadline {}
    }
  }
}
