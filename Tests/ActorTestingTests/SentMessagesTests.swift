import Messaging
import Testing

@testable import ActorTesting

/// What counts as sent: what an actor sends, whatever the network and crashes make of it.
@Suite("Messages that are sent")
struct SentMessagesTests {
  struct Text: Message {
    static let messageName = "text"
    var text: String
  }
  struct Start: Message { static let messageName = "start" }
  struct Question: Message {
    static let messageName = "question"
    var reply: ReplyTo<Text>
  }

  /// An actor that notes each text that it sends.
  actor Speaker: SimulatedActor {
    let context: ActorContext
    private let ears: [Address<Text>], areTextsEqual: Bool
    init(_ context: ActorContext, to ears: [Address<Text>], areTextsEqual: Bool) {
      (self.context, self.ears, self.areTextsEqual) = (context, ears, areTextsEqual)
    }
    func receive(_ start: Start) async throws {
      for number in 0..<6 {
        let text = areTextsEqual ? "same" : "\(number)"
        for (place, ear) in ears.enumerated() {
          context.note("sent", Array("\(place): \(text)".utf8))
          context.send(Text(text: text), to: ear)
        }
        if number % 3 == 2 { try await context.sleep(for: .milliseconds(100)) }
      }
    }
  }

  /// An actor that takes one message at a time, so that others wait in its mailbox.
  actor SlowEar: SimulatedActor {
    static let mailbox = Mailbox.serial
    let context: ActorContext
    init(_ context: ActorContext) { self.context = context }
    func receive(_ text: Text) async throws { try await context.sleep(for: .milliseconds(70)) }
  }

  private static func system(areTextsEqual: Bool) -> SimulatedSystem {
    SimulatedSystem("speakers") { root, _ in
      let ears = ["ear-0", "ear-1"].map { root.spawn($0) { SlowEar($0) } }
      for name in ["speaker-0", "speaker-1"] {
        let speaker = root.spawn(name) { Speaker($0, to: ears, areTextsEqual: areTextsEqual) }
        root.send(Start(), to: speaker)
      }
    }
  }

  /// How many messages each speaker noted, and how many of its messages count as sent; by receiver and text if `byText`.
  private static func counts(_ events: [EventRecord], byText: Bool) -> (
    noted: [String: Int], sent: [String: Int]
  ) {
    var (noted, sent) = ([String: Int](), [String: Int]())
    let numbers = SentMessages(events).numbers
    for event in events {
      if event.kind == .note, event.name == "sent" {
        let text = String(decoding: event.payload, as: UTF8.self)
        noted[byText ? "\(event.subject) \(text)" : event.subject, default: 0] += 1
      } else if numbers.contains(event.number), event.peer != "root" {
        let place = event.subject.last.map(String.init) ?? ""
        let text = json(ofCBOR: event.payload)?.split(separator: "\"").last { $0 != "}" } ?? ""
        sent[byText ? "\(event.peer) \(place): \(text)" : event.peer, default: 0] += 1
      }
    }
    return (noted, sent)
  }

  @Test(
    "P10: whatever the order and the faults, as many messages count as sent as the actors sent",
    arguments: [false, true])
  func counts(areTextsEqual: Bool) throws {
    var system = Self.system(areTextsEqual: areTextsEqual)
    system.faults.rates.duplicate = 0.3
    system.faults.rates.drop = 0.1
    system.faults.rates.delay = 0.1
    system.faults.rates.reorder = 0.1
    system.faults.rates.isolate = 0.02
    system.faults.rates.crash = areTextsEqual ? 0 : 0.02
    system.faults.rates.restartAfter = .fixed(.milliseconds(50))
    system.faults.rates.most = 1000
    var (duplicates, held) = (0, 0)
    for seed in 0..<400 as Range<UInt64> {
      let episode = Episode(seed: seed, strategy: RandomStrategy(seed: seed), faults: system.faults) {
        system.setUp($0, [:])
      }
      defer { episode.close() }
      #expect(episode.run() == .failed(.nothingLeftToHappen))
      let events = episode.events
      duplicates += events.count { $0.kind == .fault && $0.name == "duplicate" }
      held += zip(events, events.dropFirst()).count { $0.kind == .crash && $1.kind == .deadLetter }
      let (noted, sent) = Self.counts(events, byText: !areTextsEqual)
      #expect(noted == sent, "seed \(seed)")
    }
    #expect(duplicates > 1000, "\(duplicates) duplicates")
    #expect(areTextsEqual || held > 50, "\(held) messages in the mailbox of who crashed")
  }

  @Test("a message that arrives twice is sent once and received twice, for bounds and for conditions")
  func duplicate() throws {
    let pattern = MessagePattern(from: "speaker-0", to: "ear-1", contains: "3")
    func failure(_ expectations: EpisodeExpectation..., plan: EpisodePlan) throws -> String? {
      var system = SimulatedSystem(
        "speakers", expecting: expectations, setUp: Self.system(areTextsEqual: false).setUp)
      system.endsQuiet = true
      return try Explorer(system).play(seed: 1, plan: plan).violation
    }
    let every = EpisodePlan(faults: (0..<200).map { StruckFault(place: $0, effect: .duplicate) })
    #expect(try failure(.messages(atMost: 12), plan: every) == nil)
    let found = try #require(try failure(.messages(atMost: 11), plan: every))
    #expect(found.hasPrefix("root/speaker-0 sent 12 messages, more than 11 (event "), "\(found)")
    #expect(try failure(.atEnd(.sent(pattern, 1...1)), plan: every) == nil)
    #expect(try failure(.atEnd(.received(pattern, 2...2)), plan: every) == nil)
    #expect(try failure(.never(.sent(pattern, 2...9)), plan: every) == nil)
  }

  /// An actor that answers at once, or after a deadline.
  actor Server: SimulatedActor {
    let context: ActorContext
    init(_ context: ActorContext) { self.context = context }
    func receive(_ question: Question) { context.reply(Text(text: "yes"), to: question.reply) }
  }
  actor Client: SimulatedActor {
    let context: ActorContext
    private let server: Address<Question>
    init(_ context: ActorContext, _ server: Address<Question>) {
      (self.context, self.server) = (context, server)
    }
    func receive(_ start: Start) async throws {
      let _: Text = try await context.ask(server) { Question(reply: $0) }
    }
  }

  @Test(
    "a reply in time is not counted, and one that nobody waits for is counted once, however often it arrives")
  func duplicatedReply() throws {
    let system = SimulatedSystem("server", expecting: [.messages(atMost: 0, by: "server")]) { root, _ in
      let server = root.spawn("server") { Server($0) }
      root.send(Start(), to: root.spawn("client") { Client($0, server) })
    }
    // The question arrives twice, and so do both replies. The client waits for the first.
    let plan = EpisodePlan(faults: (0..<20).map { StruckFault(place: $0, effect: .duplicate) })
    let (played, violation) = try Explorer(system).play(seed: 1, plan: plan)
    #expect(played.events.count { $0.kind == .deadLetter && $0.peer == "root/server" } == 3)
    #expect(violation == "root/server sent 1 messages, more than 0 (event 11, at 0.0 seconds)")
  }
}
