import ActorTesting
import Messaging
import Testing

@testable import Sim

@Suite("Exploring scenarios")
struct ScenarioSystemTests {
  struct Word: Message {
    static let messageName = "word"
    var text: String
  }

  /// Steps as often as it is told, and notes each time.
  actor Stepper: ScenarioActor {
    static let kind = "stepper"
    static let options = [
      ScenarioCatalogue.Option("steps", 5, in: 1...100), ScenarioCatalogue.Option("colour", 0, in: 0...9),
    ]
    let context: ActorContext
    private let steps: Int
    init(_ context: ActorContext, options: [String: Int]) {
      self.context = context
      steps = options["steps"] ?? 0
    }
    static func beginning(_ name: String, _ cast: Cast) -> Word? { Word(text: "go") }
    func receive(_ word: Word) { for _ in 0..<steps { context.note("heard", [1]) } }
  }

  @Test(
    "numbers and options of a scenario's agents shrink to what a failure needs, and are said in the scenario kept"
  )
  func options() throws {
    var registry = Registry()
    try registry.register(Stepper.self)
    try registry.expect("few steps") { $0.notes("heard").count < 21 ? nil : "too many steps" }
    var scenario = Scenario()
    var agent = Scenario.Agent()
    (agent.name, agent.kind, agent.count, agent.options) = ("s", "stepper", 6, ["steps": 40, "colour": 7])
    var expectation = Scenario.Expectation()
    (expectation.kind, expectation.name) = (.holds, "few steps")
    (scenario.agents, scenario.expect, scenario.ends) = ([agent], [expectation], .quiet)
    let system = try SimulatedSystem(scenario, registry)
    #expect(system.sizes == ["s": .init(6, least: 2), "s.steps": .init(40), "s.colour": .init(7, least: 0)])
    let failure = try #require(try Explorer(system).explore(seeds: 0..<3).failure)
    #expect(failure.sizes == ["s": 2, "s.steps": 11, "s.colour": 0])
    let smaller = agent.resized(failure.sizes)
    #expect(smaller.count == 2 && smaller.options == ["steps": 11, "colour": 0])
  }

  @Test(
    "agents that lines, faults and expectations name are not shrunk away, so that what is found can be read again"
  )
  func namedAgents() throws {
    let text = """
      {
        agents: [
          { name: 'few', count: 9, lines: [{ on: 'x', say: 'y', to: 'judge' }] },
          { name: 'many', count: 9, lines: [] },
          { name: 'judge', lines: [{ say: 'x', to: 'few-4' }, { on: 'y', say: 'y' }] },
        ],
        expect: [{ kind: 'maximumMessages', agent: 'many-7', count: 1 }, { kind: 'never', that: { answered: true } }],
      }
      """
    let system = try SimulatedSystem(Scenario(json5: text))
    #expect(system.sizes == ["few": .init(9, least: 4), "many": .init(9, least: 7)])
    #expect(try Explorer(system).explore(seeds: 0..<1).failure?.sizes == ["few": 4, "many": 7])
  }

  @Test("a schedule prints as a text that is read back, and one of another scenario is refused")
  func schedules() throws {
    let scenario = try Scenario(json5: "{ name: 'a' }")
    let plan = EpisodePlan(
      choices: [.init(event: 3, index: 2)],
      faults: [
        .init(place: 1, effect: .delay(.milliseconds(1500))),
        .init(place: 4, effect: .crash(restartAfter: nil)),
      ])
    let schedule = Schedule(plan, seed: 9, of: scenario)
    #expect(schedule.description.hasSuffix(".9/3=2;1:delay 1.5,4:crash"))
    #expect(try Schedule(parsing: schedule.description, for: scenario) == schedule)
    var seeded = scenario
    seeded.seed = 77
    #expect(try Schedule(parsing: schedule.description, for: seeded) == schedule)
    let other = try Scenario(json5: "{ name: 'b' }")
    #expect(throws: ScheduleError.otherScenario("b")) {
      try Schedule(parsing: schedule.description, for: other)
    }
    for text in ["", "/", "x.1/", "1.x/", "ab.1/z", "ab.1"] {
      #expect(throws: ScheduleError.self) { try Schedule(parsing: text, for: scenario) }
    }
  }
}
