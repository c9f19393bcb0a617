import ActorTesting
import Messaging

extension PlantedBug {
  /// A reader expects its settings before the first record; they come from another sender, and nothing says when.
  static let senderOrder = PlantedBug(
    name: "sender order", what: "an assumption on order between two senders", seeds: 50, decisions: 2
  ) { isBroken in
    SimulatedSystem("sender order") { root, _ in
      let reader = root.spawn("reader") { Reader($0, isBroken: isBroken) }
      root.send(.setting(7), to: root.spawn("settings") { Relay($0, to: reader) })
      root.send(.record(3), to: root.spawn("records") { Relay($0, to: reader) })
    } violation: { played in
      played.numbers("product").contains { $0 != 21 } ? "a record was read without its setting" : nil
    }
  }

  private enum Input: Message {
    static let messageName = "input"
    case setting(Int)
    case record(Int)
  }

  private actor Relay: DirectActor {
    let context: ActorContext
    private let reader: Address<Input>
    init(_ context: ActorContext, to reader: Address<Input>) {
      self.context = context
      self.reader = reader
    }
    func receive(_ input: Input) { context.send(input, to: reader) }
  }

  private actor Reader: DirectActor {
    let context: ActorContext
    private let isBroken: Bool
    private var setting: Int?
    private var early: [Int] = []
    init(_ context: ActorContext, isBroken: Bool) {
      self.context = context
      self.isBroken = isBroken
    }
    func receive(_ input: Input) {
      switch input {
      case .setting(let value):
        setting = value
        for record in early { context.note("product", record * value) }
        early = []
      case .record(let value):
        if setting == nil, !isBroken { return early.append(value) }
        context.note("product", value * (setting ?? 0))
      }
    }
  }
}
