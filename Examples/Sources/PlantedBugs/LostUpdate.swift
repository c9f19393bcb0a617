import ActorTesting
import Messaging

extension PlantedBug {
  /// Two clients read a number, add to it and write it back; one of the two is lost.
  static let lostUpdate = PlantedBug(
    name: "lost update", what: "read, change and write by two clients", strategy: .pct(depth: 3, steps: 20),
    seeds: 100, decisions: 3
  ) { isBroken in
    SimulatedSystem("lost update") { root, _ in
      let cell = root.spawn("cell") { Cell($0) }
      for name in ["ann", "bob"] {
        root.send(.begin(cell), to: root.spawn(name) { Client($0, isBroken: isBroken) })
      }
    } violation: { played in
      let values = played.numbers("value")
      return values.count >= 2 && values.max() != 2 ? "two were added, and one is there" : nil
    }
  }

  private enum Access: Message {
    static let messageName = "cell"
    case read(ReplyTo<Number>)
    case write(Int, ReplyTo<Done>)
    /// Writes the second if the first is there, and says what was.
    case exchange(Int, Int, ReplyTo<Number>)
  }
  private enum Order: Message {
    static let messageName = "order"
    case begin(Address<Access>)
  }

  private actor Cell: DirectActor {
    let context: ActorContext
    private var value = 0
    init(_ context: ActorContext) { self.context = context }
    func receive(_ access: Access) {
      switch access {
      case .read(let reply): context.reply(Number(value: value), to: reply)
      case .write(let new, let reply):
        value = new
        context.note("value", value)
        context.reply(Done(), to: reply)
      case .exchange(let old, let new, let reply):
        context.reply(Number(value: value), to: reply)
        guard value == old else { return }
        value = new
        context.note("value", value)
      }
    }
  }

  private actor Client: SimulatedActor {
    let context: ActorContext
    private let isBroken: Bool
    init(_ context: ActorContext, isBroken: Bool) {
      self.context = context
      self.isBroken = isBroken
    }
    func receive(_ order: Order) async throws {
      guard case .begin(let cell) = order else { return }
      var seen: Number = try await context.ask(cell) { .read($0) }
      if isBroken {
        let new = seen.value + 1
        let _: Done = try await context.ask(cell) { .write(new, $0) }
        return
      }
      while true {
        let old = seen.value
        seen = try await context.ask(cell) { .exchange(old, old + 1, $0) }
        if seen.value == old { return }
      }
    }
  }
}
