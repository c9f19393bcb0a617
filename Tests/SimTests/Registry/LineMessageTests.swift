import ActorTesting
import Messaging
import Testing

@testable import Sim

/// Agents with lines and actors of a program's own, in one play.
@Suite("Lines to and from own actors")
struct LineMessageTests {
  struct Order: LineMessage {
    static let messageName = "order"
    var text: String, customer: Address<ScriptedMessage>
    init(line: String, from speaker: Address<ScriptedMessage>) { (text, customer) = (line, speaker) }
  }

  /// Sells what is ordered, and tells the agent called `store` of it if there is one.
  actor Shop: ScenarioActor, DirectActor {
    static let kind = "shop"
    let context: ActorContext
    init(_ context: ActorContext, options: [String: Int]) { self.context = context }
    static func beginning(_ name: String, _ cast: Cast) -> Order? {
      // The cast has the addresses of agents with lines, too.
      cast.address(of: "store").map { Order(line: "open", from: $0) }
    }
    func receive(_ order: Order) {
      context.note("heard", Array(order.text.utf8))
      context.send(.say(order.text == "open" ? "we are open" : "sold"), to: order.customer)
    }
  }

  struct Number: Message {
    static let messageName = "number"
    var number: Int
  }
  actor Deaf: ScenarioActor, DirectActor {
    static let kind = "deaf"
    let context: ActorContext
    init(_ context: ActorContext, options: [String: Int]) { self.context = context }
    static func beginning(_ name: String, _ cast: Cast) -> Number? { nil }
    func receive(_ number: Number) {}
  }

  private func registry() throws -> Registry {
    var registry = Registry()
    try registry.register(Shop.self)
    try registry.register(Deaf.self)
    return registry
  }

  private func scenario(_ agents: String, _ more: String = "") throws -> Scenario {
    try Scenario(
      json5: "{ agents: [\n\(agents)\n], \(more) }", file: "f.json5", catalogue: registry().catalogue)
  }

  private static let play = """
    { name: 'customer', lines: [{ say: 'a book', to: 'shop-2' }, { on: 'sold', say: 'I have it', reward: 1 }] },
    { name: 'shop', kind: 'shop', count: 2 },
    { name: 'store', lines: [{ on: 'we are open', say: 'a clock', to: 'shop-1' }, { on: 'sold', say: 'x', to: 'store' }] },
    """

  @Test("P2: a line reaches an actor as its own message, and what the actor says is a cue; it replays")
  func lines() throws {
    let registry = try registry()
    let scenario = try scenario(Self.play)
    let policy = try PolicySource(named: "scripted", scenario)
    let player = try Player(scenario, registry, servers: policy.servers())
    let played = try player.play(0)
    #expect(played.answer == PlayedAnswer(text: "I have it", reward: 1))
    let history = try EpisodeHistory(played.record)
    let orders = history.events.filter { $0.kind == .delivery && $0.name == "order" && $0.peer != "root" }
    #expect(orders.map(\.peer) == ["root/customer"] && orders.map(\.subject) == ["root/shop-2"])
    #expect(player.setup.replay(history) == .finished(result: try #require(played.answer).encoded))
    // The play goes on behind the answer if the customer has none.
    let quiet = try self.scenario(
      Self.play.replacing("{ on: 'sold', say: 'I have it', reward: 1 }", with: ""), "ends: 'quiet'")
    let found = try Player(quiet, registry, servers: policy.servers()).play(0)
    let heard = try EpisodeHistory(found.record).events.filter { $0.kind == .note }
    #expect(
      Set(heard.map { "\($0.subject): \(String(decoding: $0.payload, as: UTF8.self))" }) == [
        "root/shop-1: open", "root/shop-2: open", "root/shop-2: a book", "root/shop-1: a clock",
      ])
  }

  @Test(
    "every order of lines among agents and own actors plays, and the network duplicates them as any message")
  func explored() throws {
    let quiet = try scenario(
      Self.play.replacing("{ on: 'sold', say: 'I have it', reward: 1 }", with: ""),
      """
      chance: { duplicate: 0.5 }, ends: 'quiet',
      expect: [
        { kind: 'atEnd', that: { received: { from: 'customer', to: 'shop-2', contains: 'a book', least: 1, most: 2 } } },
        { kind: 'atEnd', that: { sent: { from: 'customer', least: 1, most: 1 } } },
      ],
      """)
    let registry = try registry()
    let found = try Explorer(SimulatedSystem(quiet, registry)).explore(seeds: 1..<100)
    #expect(found.failure == nil, "\(found.failure?.violation ?? "")")
  }

  @Test("P8: a line to an actor whose messages are no lines is an error at its place")
  func deaf() throws {
    let scenario = try scenario(
      "{ name: 'a', lines: [{ say: 'x', to: 'a' },\n{ say: 'y', to: 'd' }] }, { name: 'd', kind: 'deaf' }")
    let error = #expect(throws: ScenarioError.self) { try EpisodeSetup(scenario, registry()) }
    #expect(
      error?.description
        == "f.json5:3:17: agents[0].lines[1].to: \"d\" is of the kind \"deaf\", which hears no lines: "
        + "its messages have to be `LineMessage`s")
  }
}
