import Foundation
import Messaging
import Testing

@testable import ActorTesting

@Suite("The diagram of an episode")
struct EpisodeDiagramTests {
  struct Ping: Message {
    static let messageName = "ping <&\">"
    var reply: ReplyTo<Pong>
  }
  struct Pong: Message { static let messageName = "pong" }
  struct Start: Message { static let messageName = "start" }

  actor Server: DirectActor {
    let context: ActorContext
    init(_ context: ActorContext) { self.context = context }
    func receive(_ ping: Ping) { context.reply(Pong(), to: ping.reply) }
  }
  actor Client: SimulatedActor {
    let context: ActorContext
    private let server: Address<Ping>
    init(_ context: ActorContext, _ server: Address<Ping>) { (self.context, self.server) = (context, server) }
    func receive(_ start: Start) async throws {
      try await context.sleep(for: .milliseconds(5))
      let _: Pong = try await context.ask(server) { Ping(reply: $0) }
      context.note("answered", [1])
    }
  }

  private static let system = SimulatedSystem("pings") { root, _ in
    let server = root.spawn("server") { Server($0) }
    for name in ["one", "two"] { root.send(Start(), to: root.spawn(name) { Client($0, server) }) }
  } violation: { played in
    played.notedBy("answered").first == "root/two" ? "two was first" : nil
  }

  private static func failure(dropping rate: Double = 0) throws -> (Explorer.Failure, [CausedEvent]) {
    var system = system
    system.faults.rates.drop = rate
    if rate > 0 { system.violation = { $0.notes("answered").isEmpty ? "nobody was answered" : nil } }
    let failure = try #require(try Explorer(system).explore(seeds: 0..<2_000).failure)
    return (failure, try system.caused(failure.record, sizes: failure.sizes))
  }

  @Test("an event was made in the handling of the event that it names, and never later")
  func causes() throws {
    let (_, events) = try Self.failure()
    for event in events {
      let said = "\(event.record)"
      switch event.record.kind {
      case .delivery where event.record.peer == "root": #expect(event.cause == nil, "\(said)")
      // A timer ends a sleep that began when its actor was started; a ping is sent at the end of the sleep.
      case .timer, .delivery, .reply:
        let cause = try #require(event.cause.map { events[$0].record }, "\(said)")
        let expected: (EventRecord.Kind, String) =
          switch event.record.kind {
          case .timer: (.delivery, event.record.subject)
          case .delivery: (.timer, event.record.peer)
          default: (.delivery, "root/server")
          }
        #expect((cause.kind, cause.subject) == expected, "\(said)")
        #expect(cause.number < event.record.number)
        if event.record.kind == .reply { #expect(cause.peer == event.record.subject, "\(said)") }
      default: #expect(event.cause == nil, "\(said)")
      }
    }
    #expect(events.contains { $0.passed == 1 })
  }

  @Test("the picture for a terminal has a lane for each actor, and shows who went before whom")
  func picture() throws {
    let (failure, events) = try Self.failure()
    #expect(failure.diagram == EpisodeDiagram(events).text)
    #expect(
      failure.diagram == """
             one     two     server  root
          1  ●                               0.0 s: start from root
          2  │       ●                       start from root
          3  │       ●───────▶               0.005 s: timer, before 1 older
          4  ●───────┼───────▶               timer
          5  ┊       ◀───────●               ping <&"> {"reply": {"ask": 2}} from two
          6  ◀───────┼───────●               ping <&"> {"reply": {"ask": 3}} from one
          7  │       ●                       pong from server, note answered
          8  ●                               pong from server, note answered
          9                          ●       nothing is left to happen and nobody finished the episode
        """)
    #expect(failure.diagram.split(separator: "\n").allSatisfy { $0.count <= 100 })
  }

  @Test("a message that was lost stands where it was sent")
  func lostInPicture() throws {
    let (failure, events) = try Self.failure(dropping: 0.2)
    let lines = failure.diagram.split(separator: "\n")
    let lost = events.filter { $0.record.kind == .drop }.count
    #expect(lost > 0 && lines.count { $0.contains("to server is lost") } == lost, "\(failure.diagram)")
  }

  @Test("every event is a row, every message an arrow from where it was sent, and names are escaped")
  func drawing() throws {
    let (_, events) = try Self.failure()
    let svg = EpisodeDiagram(events).svg
    if let file = ProcessInfo.processInfo.environment["TROUPE_DIAGRAM"] {
      try Data(svg.utf8).write(to: URL(filePath: file))
    }
    func count(_ text: String) -> Int { svg.ranges(of: text).count }
    #expect(count("<g class=\"row") == events.count)
    #expect(count("<path class=\"arrow\"") == events.count { $0.record.kind == .delivery })
    #expect(count("<path class=\"arrow reply\"") == 2 && count("<path class=\"lifeline\"") == 4)
    #expect(count("ping &lt;&amp;&quot;>") > 0 && count("ping <") == 0)
    #expect(count("before 1 older") == 1)
    // A reader of XML takes it: the parser of Foundation finds no fault.
    let parser = XMLDocumentCheck(svg)
    #expect(parser.isWellFormed)
  }

  @Test("a lost message ends in a cross before it arrives")
  func lost() throws {
    let (failure, events) = try Self.failure(dropping: 0.2)
    let svg = EpisodeDiagram(events).svg
    #expect(failure.violation.hasPrefix("deadlock: root/"), "\(failure.violation)")
    #expect(
      svg.contains("is lost") && svg.contains("class=\"cross\"") && svg.contains("class=\"row trouble\""))
  }

  @Test("of thousands of events the last are drawn")
  func many() {
    let events = (0..<5_000).map { number in
      CausedEvent(
        record: EventRecord(
          number: number, time: .zero, kind: .delivery, subject: "root/\(number % 90)", peer: "root",
          name: "m"),
        cause: number > 0 ? number - 1 : nil)
    }
    let diagram = EpisodeDiagram(events)
    #expect(diagram.left == 4_600 && diagram.svg.ranges(of: "<g class=\"row").count == 400)
    #expect(diagram.svg.utf8.count < 400_000)
  }
}

/// Whether tags are closed in the order in which they are opened.
private struct XMLDocumentCheck {
  let isWellFormed: Bool

  init(_ text: String) {
    var open: [Substring] = []
    var fits = true
    for tag in text.matches(of: /<(\/?)([a-z]+)[^<>]*?(\/?)>/) {
      if !tag.1.isEmpty {
        fits = fits && open.popLast() == tag.2
      } else if tag.3.isEmpty {
        open.append(tag.2)
      }
    }
    isWellFormed = fits && open.isEmpty
  }
}
