import ActorTesting
import Messaging
import PropertyTesting
import Testing

@testable import Sim

/// Conditions on the course of an episode, in scenarios and in Swift.
@Suite("Conditions")
struct ConditionTests {
  /// The violations of a scenario in which b answers a two seconds after the question and c is told of it.
  private func violations(_ expectation: String, faults: String = "") throws -> [String] {
    try played(expectation, faults: faults).violations
  }

  private func played(_ expectation: String, faults: String = "") throws -> Player.Played {
    let scenario = try Scenario(
      json5: """
        { agents: [
            { name: "a", lines: [{ say: "why?", to: "b" }, { on: "because", say: "seen", to: "c" }] },
            { name: "b", lines: [{ on: "why?", after: "2s", say: "because", to: "a" }] },
            { name: "c", lines: [{ on: "seen", say: "done", reward: 0.5 }] } ],
          timeline: [\(faults)], ends: "quiet", expect: [\(expectation)] }
        """)
    return try Player(scenario, servers: PolicySource(named: "scripted", scenario).servers()).play(0)
  }

  private func holds(_ that: String, _ kind: String = "eventually", _ more: String = "", faults: String = "")
    throws -> Bool
  {
    try violations("{ kind: \"\(kind)\", that: \(that)\(more) }", faults: faults).isEmpty
  }

  @Test("messages by sender, receiver, name and text")
  func messages() throws {
    #expect(try holds("{ message: { from: 'b', to: 'a', contains: 'because' } }"))
    #expect(try holds("{ message: { name: 'scripted' } }"))
    for other in [
      "from: 'c'", "from: 'b', to: 'c'", "name: 'script'", "contains: 'becauze'",
      "from: 'a', contains: 'because'",
    ] {
      #expect(try holds("{ message: { \(other) } }", "never"), "\(other)")
      #expect(try !holds("{ message: { \(other) } }"), "\(other)")
    }
  }

  @Test("eventually keeps to its time; always, never and atEnd look where they say")
  func temporal() throws {
    #expect(try holds("{ answered: true }", "eventually", ", within: '2s'"))
    let late = try violations("{ kind: 'eventually', that: { answered: true }, within: '1999ms' }")
    #expect(
      late.count == 1 && late[0].hasPrefix("at 2.0 seconds, not within 1.999 seconds: an answer (event "))
    let unanswered = try violations("{ kind: 'eventually', that: { answer: 'never' } }")
    #expect(unanswered.count == 1 && unanswered[0].hasPrefix("never: answer \"never\" (event "))
    #expect(try holds("{ time: { most: '2s' } }", "always"))
    let over = try violations("{ kind: 'always', that: { time: { most: 1 } } }")
    #expect(over.count == 1 && over[0].hasPrefix("did not hold: ") && over[0].hasSuffix(", at 2.0 seconds)"))
    #expect(
      try holds("{ answer: 'done' }", "atEnd") && holds("{ reward: { least: 0.5, most: 0.5 } }", "atEnd"))
    #expect(try !holds("{ reward: { least: 0.6 } }", "atEnd") && !holds("{ message: { to: 'b' } }", "atEnd"))
    #expect(try !holds("{ answered: false }", "always") && holds("{ answered: false }"))
    let never = try violations("{ kind: 'never', that: { message: { from: 'b' } } }")
    #expect(never.count == 1 && never[0].hasPrefix("held: message from b (event "))
  }

  /// What decided each kind of expectation, as a test on the events up to it finds it without the expectation's code.
  @Test("a violation names the event that decided it, and nothing earlier would have")
  func decidingEvents() throws {
    func decided(_ expectation: String) throws -> (event: EventRecord, place: Int, events: [EventRecord]) {
      let played = try played(expectation)
      let text = try #require(played.violations.first)
      let found = try #require(text.firstMatch(of: /\(event ([0-9]+), at (.*)\)$/), "\(text)")
      let (place, events) = (try #require(Int(found.1)), try EpisodeHistory(played.record).events)
      #expect(events[place].number == place && "\(events[place].time)" == found.2, "\(text)")
      return (events[place], place, events)
    }
    let over = try decided("{ kind: 'always', that: { time: { most: 1 } } }")
    #expect(over.place == over.events.firstIndex { $0.time > .seconds(1) })
    let told = try decided("{ kind: 'never', that: { message: { from: 'b' } } }")
    #expect(told.event.kind == .delivery && told.event.peer == "root/b" && told.event.subject == "root/a")
    // The limit passes before the answer comes, and that decides it.
    let late = try decided("{ kind: 'answerWithin', seconds: 1 }")
    #expect(late.place == over.place && late.event.kind != .finish)
    #expect(try decided("{ kind: 'eventually', that: { answered: true }, within: 1 }").place == late.place)
    #expect(try decided("{ kind: 'eventually', that: { answer: 'x' }, within: 1 }").place == late.place)
    for last in [
      "{ kind: 'eventually', that: { answer: 'x' } }", "{ kind: 'atEnd', that: { answer: 'x' } }",
      "{ kind: 'rewardAtLeast', value: 1 }", "{ kind: 'eventually', that: { answer: 'x' }, within: 60 }",
      // Events at the limit are within it.
      "{ kind: 'eventually', that: { answer: 'x' }, within: 2 }",
    ] {
      let found = try decided(last)
      #expect(found.place == found.events.count - 1 && found.event.kind == .finish, "\(last)")
    }
    // a asks b and then tells c, which is one message too many.
    let second = try decided("{ kind: 'maximumMessages', agent: 'a', count: 1 }")
    let sent = second.events.indices.filter {
      second.events[$0].kind == .delivery && second.events[$0].peer == "root/a"
    }
    #expect(sent.count == 2 && second.place == sent[1])
  }

  @Test("an invariant of the user's own and a failed episode name no event")
  func undecided() throws {
    var registry = Registry()
    try registry.expect("no b") { $0.notes("x").isEmpty ? "there is no x" : nil }
    let scenario = try Scenario(
      json5:
        "{ agents: [{ name: 'a', lines: [{ say: 'x', reward: 1 }] }], expect: [{ kind: 'holds', name: 'no b' }] }",
      catalogue: registry.catalogue)
    let servers = try PolicySource(named: "scripted", scenario).servers()
    #expect(try Player(scenario, registry, servers: servers).play(0).violations == ["there is no x"])
    let silent = try Scenario(json5: "{ agents: [{ name: 'a' }] }")
    let failed = try Player(silent, servers: servers).play(0).violations
    #expect(failed.count == 1 && !failed[0].contains("(event "))
  }

  @Test("counts grow, and lost messages are sent but not received")
  func counts() throws {
    #expect(try holds("{ received: { least: 3, most: 6 } }", "atEnd"))
    #expect(try holds("{ received: { from: 'a', most: 2 } }", "always"))
    let lost = "{ at: 0, do: 'drop', from: 'b', to: 'a' }"
    #expect(try holds("{ sent: { from: 'b', least: 1, most: 1 } }", "atEnd", faults: lost))
    #expect(try holds("{ received: { from: 'b', most: 0 } }", "always", faults: lost))
    #expect(try !holds("{ received: { from: 'b', least: 1 } }", faults: lost))
  }

  @Test(
    "and, or and not are those of logic",
    arguments: [
      ("{ and: [{ answered: true }, { time: { least: 2 } }] }", true),
      ("{ and: [{ answered: true }, { time: { least: 3 } }] }", false),
      ("{ or: [{ answer: 'x' }, { answer: 'done' }] }", true),
      ("{ or: [{ answer: 'x' }, { answer: 'y' }] }", false),
      ("{ not: { not: { answer: 'done' } } }", true), ("{ not: { answer: 'done' } }", false),
    ])
  func logic(that: String, expected: Bool) throws { #expect(try holds(that, "atEnd") == expected) }

  /// Conditions of up to some levels.
  private static func condition(_ depth: Int) -> Generator<EpisodeCondition> {
    let leaf = Generator<(Int, String)>.zip(.integer(in: 0...6), .element(of: ["a", "b", "c"])).map {
      choice, name -> EpisodeCondition in
      let pattern = MessagePattern(from: name, contains: choice == 0 ? "\u{1F600} \"" : nil)
      return switch choice {
      case 0, 1: .message(pattern)
      case 2: .received(pattern, 1...4)
      case 3: .sent(pattern, 0...2)
      case 4: .answer(name == "a" ? nil : name)
      case 5: .reward(-.infinity...0.25)
      default: .time(.milliseconds(5) ... .seconds(2))
      }
    }
    guard depth > 0 else { return leaf }
    let part = condition(depth - 1)
    return Generator<Int>.integer(in: 0...3).flatMap { choice in
      switch choice {
      case 0: leaf
      case 1: part.map { .not($0) }
      default: part.flatMap { one in part.map { choice == 2 ? .and([one, $0]) : .or([$0, one]) } }
      }
    }
  }

  @Test("a condition is read as it was written, whatever it is")
  func roundTrip() {
    forAll("reads back", Self.condition(3)) { condition in
      var scenario = Scenario()
      var expectation = Scenario.Expectation()
      (expectation.kind, expectation.that, expectation.within) = (.eventually, condition, .seconds(3))
      scenario.expect = [expectation]
      return try Scenario(json5: scenario.canonicalText).expect == [expectation]
    }
  }

  @Test(
    "bad conditions say where and what",
    arguments: [
      ("{}", "a condition has one key of message"),
      ("{ answer: 'x', answered: true }", "`and` joins several"),
      ("{ mesage: {} }", "did you mean \"message\"?"),
      ("{ received: { from: 'a' } }", "needs `least` or `most`"),
      ("{ received: { least: 3, most: 2 } }", "less than the least"), ("{ and: [] }", "must not be empty"),
      ("{ message: { form: 'a' } }", "did you mean \"from\"?"),
      ("{ time: { most: 'soon' } }", "is no duration"),
      ("{ message: { from: 'nobody' } }", "unknown agent"), ("{ not: 3 }", "expected an object"),
    ])
  func badInput(that: String, says: String) throws {
    let error = try #require(throws: ScenarioError.self) {
      try Scenario(json5: "{ agents: [{ name: 'a' }], expect: [{ kind: 'never', that: \(that) }] }")
    }
    #expect(error.description.contains(says), "\(error)")
  }
}

@Suite("Agents with lines")
struct ScriptedAgentTests {
  @Test("a line that is heard before the listener's beginning is answered all the same, in every order")
  func early() throws {
    let scenario = try Scenario(
      json5: """
        { strategy: "random", agents: [
            { name: "a", lines: [{ say: "ping", to: "b" }, { on: "pong", say: "done" }] },
            { name: "b", lines: [{ on: "ping", say: "pong", to: "a" }] } ],
          expect: [{ kind: "eventually", that: { answer: "done" } }] }
        """)
    let player = try Player(scenario, servers: PolicySource(named: "scripted", scenario).servers())
    var orders: Set<[String]> = []
    for index in 0..<50 {
      let played = try player.play(index)
      #expect(played.violations.isEmpty, "episode \(index)")
      orders.insert(try EpisodeHistory(played.record).events.map { "\($0.kind) \($0.subject)" })
    }
    // In some of them b hears the line first.
    #expect(orders.count > 1)
  }
}
