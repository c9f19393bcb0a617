import Actors
import Policy
import Synchronization
import Testing

@testable import Sim

@Suite("The ceiling of executors that do not learn")
struct CeilingTests {
  /// Executors that solve one operation and no more, and have nothing to say where nothing is left to do. So a task of level n needs
  /// n - 1 steps, neither fewer nor more.
  private struct Narrow: TaskFamily {
    var base: any TaskFamily
    var asked: Asked?
    var name: String { base.name }
    var levels: ClosedRange<Int> { base.levels }
    var stepTools: [String] { base.stepTools }
    var hasTests: Bool { base.hasTests }
    func instance(
      level: Int, split: TaskSplit, using generator: inout some RandomNumberGenerator
    ) throws -> TaskInstance { try base.instance(level: level, split: split, using: &generator) }
    func start(_ task: TaskInstance) -> Work { base.start(task) }
    func apply(_ output: String, as role: String, to work: Work) throws(WorkFault) -> Work {
      try base.apply(output, as: role, to: work)
    }
    func run(tool: String, on work: Work) throws -> Work { try base.run(tool: tool, on: work) }
    func effect(ofTool tool: String) -> WorkEffect { base.effect(ofTool: tool) }
    func testsPassed(_ work: Work) -> Int? { base.testsPassed(work) }
    func verify(_ work: Work, on task: TaskInstance) -> Bool { base.verify(work, on: task) }
    func recognizes(state: String) -> Bool { base.recognizes(state: state) }
    func hash(ofState state: String) -> UInt64? { base.hash(ofState: state) }
    func remainingSteps(_ state: String) -> Int? { base.remainingSteps(state) }
    func reference(_ prompt: ExecutorPrompt) -> String? {
      asked?.states.withLock { _ = $0.insert(prompt.state) }
      return base.remainingSteps(prompt.state) == 1
        || prompt.role == "step" && base.remainingSteps(prompt.state) != 0
        ? base.reference(prompt) : ""
    }
    func corrupted(
      _ output: String, for prompt: ExecutorPrompt, using generator: inout some RandomNumberGenerator
    ) -> String { output }
  }

  private static func scenario() throws -> Scenario {
    try Scenario(
      json5: """
        { tasks: { families: [{ name: "arithmetic", levels: [2, 4] }], heldOut: { perFamily: 30 } },
          script: { maximumCalls: 4, nodes: ["agent", "ensemble"], votes: ["majority"] } }
        """)
  }

  private func trial(_ scenario: Scenario, threads: Int = 1) throws -> (DesignTrial, TaskSource) {
    let tasks = try TaskSource(scenario)
    let policy = ScriptedPolicy(families: tasks.families.map { Narrow(base: $0) }, tokenizer: tasks.tokenizer)
    let trial = try DesignTrial(scenario, tasks: tasks, temperature: 1, threads: threads) {
      .both(ScriptedServer(policy))
    }
    return (trial, tasks)
  }

  private func chain(_ steps: Int) -> String {
    let lines = (0..<steps).map {
      "\(Script.name(of: $0)) = agent step(\($0 == 0 ? "task" : Script.name(of: $0 - 1)));\n"
    }
    let last = Script.name(of: steps)
    return lines.joined()
      + "\(last) = agent solve(\(steps == 0 ? "task" : Script.name(of: steps - 1)));\nanswer \(last)"
  }

  @Test(
    "the oracle has the chain that each level needs, the best constant one of them; the threads decide nothing"
  )
  func oracle() throws {
    let scenario = try Self.scenario()
    for threads in [1, 2] {
      let (trial, tasks) = try trial(scenario, threads: threads)
      let found = try CeilingSearch(scenario, tasks: tasks, trial: trial, settings: .init(calls: 4))
        .findings()
      let finding = try #require(found.first)
      #expect(finding.family == "arithmetic" && found.count == 1)
      for level in 2...4 { #expect(finding.oracle[level]?.description == chain(level - 1)) }
      #expect(finding.ofLevels.map(\.successes) == Array(repeating: 1, count: 30))
      #expect(finding.constant.count { $0.successes > 0 } == 10)
      #expect(finding.best.first?.script.description == chain(1))
      #expect(finding.constant.reduce(.init(), +).calls == 2 * 30 && finding.constant.count == 30)
    }
  }

  @Test("a budget keeps to itself: with three calls, nothing solves level 4")
  func budget() throws {
    let scenario = try Self.scenario()
    let (trial, tasks) = try trial(scenario)
    let found = try CeilingSearch(scenario, tasks: tasks, trial: trial, settings: .init(calls: 3)).findings()
    #expect(found.first?.ofLevels.count { $0.successes > 0 } == 20)
    for candidate in found.first?.best ?? [] {
      #expect(candidate.script.worstCase { _ in 1 }.calls <= 3)
    }
  }

  /// The states that a family's executors were asked about.
  private final class Asked: Sendable {
    let states = Mutex<Set<String>>([])
    let generations = Atomic(0)
  }

  @Test("the problems that choose are of the side that was asked for", arguments: TaskSplit.allCases)
  func split(side: TaskSplit) throws {
    let scenario = try Self.scenario()
    let tasks = try TaskSource(scenario)
    let asked = Asked()
    let families = tasks.families.map { Narrow(base: $0, asked: asked) }
    let policy = ScriptedPolicy(families: families, tokenizer: tasks.tokenizer)
    let trial = try DesignTrial(scenario, tasks: tasks, temperature: 1, threads: 1) {
      .both(ScriptedServer(policy))
    }
    var settings = CeilingSearch.Settings(calls: 1)
    settings.split = side
    _ = try CeilingSearch(scenario, tasks: tasks, trial: trial, settings: settings).findings()
    // With one call an executor sees whole tasks only. Those that report are held out in any case.
    let reported = Set(tasks.heldOut[0].tasks.map(\.hash))
    let hashes = asked.states.withLock { $0 }.compactMap { families[0].hash(ofState: $0) }
    let chosen = hashes.filter { !reported.contains($0) }
    #expect(chosen.count > 100)
    #expect(chosen.allSatisfy { TaskSplit(hash: $0) == side })
  }

  /// Counts what a server was asked.
  private final class Counting: GenerationServer {
    private let server: any GenerationServer
    private let count: Asked

    init(_ server: any GenerationServer, _ count: Asked) { (self.server, self.count) = (server, count) }

    var statistics: Decoder.Statistics { server.statistics }
    func step() throws -> [Decoder.Update] { try server.step() }
    func submit(_ request: GenerationRequest) throws -> Int {
      count.generations.add(1, ordering: .relaxed)
      return try server.submit(request)
    }
  }

  @Test(
    "P4: greedy designs of a model share what they ask, and reach what they reach without; sampled ones share nothing"
  )
  func sharing() throws {
    let scenario = try Self.scenario()
    let tasks = try TaskSource(scenario)
    let model = Transformer(
      weights: .random(
        ModelConfiguration(
          vocabularySize: tasks.tokenizer.vocabularySize, hiddenSize: 16, layerCount: 1, headCount: 2,
          keyValueHeadCount: 1, headDimension: 8, intermediateSize: 24), seed: 3))
    let scripts = [chain(0), chain(1), chain(2), "a = ensemble 3 solve(task) by majority; answer a"]
    let pairs = scripts.flatMap { script in tasks.heldOut[0].tasks.map { ($0, script) } }
    func play(_ temperature: Double, areModels: Bool) throws -> (scores: [DesignTrial.Score], asked: Int) {
      let asked = Asked()
      let trial = try DesignTrial(
        scenario, tasks: tasks, temperature: temperature, threads: 1, areModels: areModels
      ) { .both(Counting(Decoder(model), asked)) }
      return (try trial.play(pairs, name: "sharing"), asked.generations.load(ordering: .relaxed))
    }
    for temperature in [0.0, 1] {
      let (alone, together) = (
        try play(temperature, areModels: false), try play(temperature, areModels: true)
      )
      #expect(alone.scores == together.scores)
      #expect(alone.scores.contains { $0.tokens > 0 })
      #expect((together.asked < alone.asked * 3 / 4) == (temperature == 0))
    }
  }

  @Test("a search with too few episodes to try one script is refused")
  func tooFew() throws {
    let text = "{ tasks: { families: [{ name: 'arithmetic' }] }, evaluation: { searchEpisodes: 1183 } }"
    let error = #expect(throws: ScenarioError.self) { try Scenario(json5: text) }
    #expect("\(try #require(error))".contains("needs at least 1184 episodes"))
    _ = try Scenario(json5: text.replacing("1183", with: "1184"))
  }

  @Test(
    "a search finds a chain within its episodes, and is a function of its seed",
    arguments: DesignSearch.Method.allCases)
  func search(method: DesignSearch.Method) throws {
    let scenario = try Self.scenario()
    let (trial, tasks) = try trial(scenario)
    var texts: [String] = []
    for _ in 0..<2 {
      let found = try DesignSearch(
        scenario, tasks: tasks, trial: trial, settings: .init(method: method, calls: 4, episodes: 6000)
      ).findings()
      let finding = try #require(found.first)
      #expect(finding.episodes <= 6000 && finding.designs > 50)
      #expect(finding.constant.count { $0.successes > 0 } == 10)
      texts.append("\(finding.best.map(\.script)) \(finding.episodes)")
    }
    #expect(texts[0] == texts[1])
  }

  @Test("a search over a grammar of one script ends", arguments: DesignSearch.Method.allCases)
  func oneScript(method: DesignSearch.Method) throws {
    let scenario = try Scenario(
      json5: """
        { tasks: { families: [{ name: "arithmetic", levels: [2, 2] }], heldOut: { perFamily: 4 } }, roles: ["solve"],
          coldStart: { executor: { shares: { solve: 1 } } },
          script: { maximumCalls: 1, maximumStatements: 1, nodes: ["agent"] } }
        """)
    let (trial, tasks) = try trial(scenario)
    let found = try DesignSearch(
      scenario, tasks: tasks, trial: trial, settings: .init(method: method, calls: 1, episodes: 4000)
    ).findings()
    #expect(found.first?.best.map(\.script.description) == ["a = agent solve(task);\nanswer a"])
  }

  @Test("an uniform cold start shows every design that can matter, and no other")
  func uniform() throws {
    var scenario = try Self.scenario()
    scenario.coldStart.designer.uniformCalls = 3
    scenario.coldStart.designer.batch = 400
    let tasks = try TaskSource(scenario)
    let grammar = try scenario.grammar()
    let tuning = try SupervisedFineTuning(scenario, tasks: tasks, grammar: grammar)
    let alive = try ScriptCatalog(grammar, calls: 3).alive(
      for: tasks.families[0], from: tasks.families[0].start(tasks.heldOut[0].tasks[0]))
    var shown: [Script: Int] = [:]
    for step in 0..<5 {
      for sequence in try tuning.sequences(step: step).suffix(400) {
        let text = tasks.tokenizer.decode(sequence.tokens[sequence.promptCount...])
        shown[try grammar.parse(text), default: 0] += 1
      }
    }
    #expect(Set(shown.keys) == Set(alive))
    // 2,000 draws of equal shares: within six standard deviations.
    let mean = 2000 / Double(alive.count)
    for count in shown.values { #expect(abs(Double(count) - mean) < 6 * mean.squareRoot()) }
  }
}
