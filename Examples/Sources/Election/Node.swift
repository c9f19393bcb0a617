import Messaging
import Sim

/// A member of a group that elects one leader a term, as in Raft (Ongaro and Ousterhout, USENIX ATC 2014, section 5.2),
/// without its log.
///
/// A node that hears of no leader for a while stands for election in a new term. Each node votes once a term, and
/// remembers its vote across a crash. Whoever has the votes of more than half of all nodes leads, and says so from time
/// to time.
actor Node: ScenarioActor {
  static let kind = "node"
  static let options = [
    // Milliseconds.
    ScenarioCatalogue.Option("patience", 300, in: 10...100_000),
    ScenarioCatalogue.Option("heartbeat", 100, in: 1...100_000),
    // When everybody stops, so that an episode ends.
    ScenarioCatalogue.Option("until", 5000, in: 1...10_000_000),
    // 1 plants a bug: votes are forgotten in a crash.
    ScenarioCatalogue.Option("forgetful", 0, in: 0...1),
  ]

  /// What survives a crash.
  private struct Ballot: Codable, Sendable {
    var term = 0
    var votedFor: String?
  }

  let context: ActorContext
  private let patience: Duration
  private let heartbeat: Duration
  private let end: Duration
  private let isForgetful: Bool
  private var ballot: Ballot
  private var peers: [Address<NodeMessage>] = []
  private var lastHeard = Duration.zero
  private var votes = 0
  private var leads = false

  init(_ context: ActorContext, options: [String: Int]) {
    self.context = context
    patience = .milliseconds(options["patience"] ?? 0)
    heartbeat = .milliseconds(options["heartbeat"] ?? 0)
    end = .milliseconds(options["until"] ?? 0)
    isForgetful = options["forgetful"] == 1
    ballot = context.persisted(as: Ballot.self) ?? Ballot()
  }

  static func beginning(_ name: String, _ cast: Cast) -> NodeMessage? { .begin(cast.addresses()) }

  func receive(_ message: NodeMessage) async throws {
    switch message {
    case .begin(let nodes):
      peers = nodes.filter { $0 != address }
      try await watch()
    case .request(let term, let candidate, let from):
      peers.appendIfNew(from)
      try adopt(term)
      let isGranted = term == ballot.term && (ballot.votedFor ?? candidate) == candidate
      if isGranted {
        ballot.votedFor = candidate
        try save()
        lastHeard = context.now
      }
      context.send(.vote(term: ballot.term, isGranted: isGranted), to: from)
    case .vote(let term, let isGranted):
      try adopt(term)
      guard term == ballot.term, isGranted, !leads else { return }
      votes += 1
      if 2 * votes > peers.count + 1 { try await lead() }
    case .leader(let term, let nodes):
      for node in nodes where node != address { peers.appendIfNew(node) }
      try adopt(term)
      if term == ballot.term { lastHeard = context.now }
    }
  }

  /// After a crash: it watches, and asks nobody, until a leader tells it who is there.
  func recover() async throws {
    lastHeard = context.now
    try await watch()
  }

  /// Stands for election whenever it was quiet for too long.
  private func watch() async throws {
    while context.now < end {
      // Not all at once: nobody would win.
      let wait = patience + .milliseconds(Int64(context.draw("patience") % 150))
      try await context.sleep(for: wait)
      if !leads, !peers.isEmpty, context.now - lastHeard >= wait, context.now < end { try stand() }
    }
  }

  private func stand() throws {
    ballot = Ballot(term: ballot.term + 1, votedFor: context.path)
    try save()
    votes = 1
    lastHeard = context.now
    for peer in peers {
      context.send(.request(term: ballot.term, candidate: context.path, from: address), to: peer)
    }
  }

  private func lead() async throws {
    leads = true
    let term = ballot.term
    context.note("leader of \(term)")
    while leads, ballot.term == term, context.now < end {
      for peer in peers { context.send(.leader(term: term, nodes: peers + [address]), to: peer) }
      try await context.sleep(for: heartbeat)
    }
  }

  /// A later term ends whatever was going on.
  private func adopt(_ term: Int) throws {
    guard term > ballot.term else { return }
    ballot = Ballot(term: term)
    leads = false
    votes = 0
    try save()
  }

  private func save() throws { if !isForgetful { try context.persist(ballot) } }
}

enum NodeMessage: Message {
  static let messageName = "node"
  case begin([Address<NodeMessage>])
  case request(term: Int, candidate: String, from: Address<NodeMessage>)
  case vote(term: Int, isGranted: Bool)
  case leader(term: Int, nodes: [Address<NodeMessage>])
}

extension [Address<NodeMessage>] {
  mutating func appendIfNew(_ node: Address<NodeMessage>) { if !contains(node) { append(node) } }
}
