import ActorTesting
import Messaging

extension PlantedBug {
  /// A vote is closed by time, and a majority of the votes that came in passes for one of all members.
  static let earlyQuorum = PlantedBug(
    name: "early quorum", what: "a vote closed before its quorum", seeds: 200, decisions: 5
  ) { isBroken in
    var system = SimulatedSystem("early quorum") { root, sizes in
      let members = sizes["members"] ?? 5
      let chair = root.spawn("chair") { Chair($0, members: members, isBroken: isBroken) }
      root.send(.open, to: chair)
      for number in 0..<members {
        // Less than half are for it.
        let isFor = number < (members - 1) / 2
        root.send(.ask(chair, isFor), to: root.spawn("member-\(number)") { Member($0) })
      }
    } violation: { played in
      played.numbers("passed").isEmpty ? nil : "a minority passed the motion"
    }
    system.sizes = ["members": .init(5, least: 3)]
    system.faults.rates.delay = 0.2
    return system
  }

  private enum Ballot: Message {
    static let messageName = "ballot"
    case open
    case vote(Bool)
  }
  private enum Call: Message {
    static let messageName = "call"
    case ask(Address<Ballot>, Bool)
  }

  private actor Member: DirectActor {
    let context: ActorContext
    init(_ context: ActorContext) { self.context = context }
    func receive(_ call: Call) {
      guard case .ask(let chair, let isFor) = call else { return }
      context.send(.vote(isFor), to: chair)
    }
  }

  private actor Chair: SimulatedActor {
    let context: ActorContext
    private let members: Int
    private let isBroken: Bool
    private var votes: [Bool] = []
    init(_ context: ActorContext, members: Int, isBroken: Bool) {
      self.context = context
      self.members = members
      self.isBroken = isBroken
    }
    func receive(_ ballot: Ballot) async throws {
      switch ballot {
      case .vote(let isFor): votes.append(isFor)
      case .open:
        try await context.sleep(for: .milliseconds(100))
        let all = isBroken ? votes.count : members
        if 2 * votes.count(where: \.self) > all { context.note("passed", votes.count) }
      }
    }
  }
}
