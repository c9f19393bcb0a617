import ActorTesting
import Messaging

extension PlantedBug {
  /// A candidate that has the votes of all it can reach takes itself for elected: so do both sides of a partition.
  static let splitBrain = PlantedBug(
    name: "split brain", what: "a partition that elects two leaders", seeds: 200, decisions: 3
  ) { isBroken in
    var system = SimulatedSystem("split brain") { root, sizes in
      let count = sizes["nodes"] ?? 3
      let nodes = (0..<count).map { number in
        root.spawn("node-\(number)") { Node($0, number: number, isBroken: isBroken) }
      }
      for node in nodes { root.send(.begin(nodes), to: node) }
    } violation: { played in
      Set(played.notedBy("leader")).count > 1 ? "there are two leaders" : nil
    }
    system.sizes = ["nodes": .init(3, least: 3)]
    system.faults.rates.isolate = 0.05
    system.faults.rates.delays = .uniform(.milliseconds(500), .seconds(5))
    return system
  }

  private enum Ballot: Message {
    static let messageName = "ballot"
    case begin([Address<Ballot>])
    case request(from: Int, ReplyTo<Number>)
  }

  private actor Node: SimulatedActor {
    let context: ActorContext
    private let number: Int
    private let isBroken: Bool
    private var votedFor: Int?
    init(_ context: ActorContext, number: Int, isBroken: Bool) {
      self.context = context
      self.number = number
      self.isBroken = isBroken
    }
    func receive(_ ballot: Ballot) async throws {
      switch ballot {
      case .request(let candidate, let reply):
        if votedFor == nil { votedFor = candidate }
        context.reply(Number(value: votedFor == candidate ? 1 : 0), to: reply)
      case .begin(let nodes):
        try await context.sleep(for: .milliseconds(100 * (number + 1)))
        guard votedFor == nil else { return }
        votedFor = number
        var (votes, answers) = (1, 1)
        for (index, node) in nodes.enumerated() where index != number {
          let me = number
          do {
            let vote: Number = try await context.ask(node, within: .milliseconds(50)) {
              .request(from: me, $0)
            }
            votes += vote.value
            answers += 1
          } catch AskError.deadline {}
        }
        if 2 * votes > (isBroken ? answers : nodes.count) { context.note("leader", number) }
      }
    }
  }
}
