import Actors
import Messaging
import Policy
import Testing

@testable import Sim

/// Arithmetic under a name of its own, whose drawn tasks can be spoilt.
struct Counting: TaskFamily {
  var name = "counting"
  var spoil: @Sendable (TaskInstance) throws -> TaskInstance = { $0 }
  private let base: ArithmeticFamily

  init(spoil: @escaping @Sendable (TaskInstance) throws -> TaskInstance = { $0 }) throws {
    base = try ArithmeticFamily(firstOperands: 1...19, values: 0...19)
    self.spoil = spoil
  }

  var levels: ClosedRange<Int> { base.levels }
  func instance(
    level: Int, split: TaskSplit, using generator: inout some RandomNumberGenerator
  ) throws -> TaskInstance {
    var task = try base.instance(level: level, split: split, using: &generator)
    task.family = name
    return try spoil(task)
  }
  func start(_ task: TaskInstance) -> Work { base.start(task) }
  func apply(_ output: String, as role: String, to work: Work) throws(WorkFault) -> Work {
    try base.apply(output, as: role, to: work)
  }
  func verify(_ work: Work, on task: TaskInstance) -> Bool {
    work.answer == base.reference(ExecutorPrompt(role: "solve", state: task.statement))
  }
  func recognizes(state: String) -> Bool { base.recognizes(state: state) }
  func hash(ofState state: String) -> UInt64? { base.hash(ofState: state) }
  func remainingSteps(_ state: String) -> Int? { base.remainingSteps(state) }
  func reference(_ prompt: ExecutorPrompt) -> String? { base.reference(prompt) }
  func corrupted(
    _ output: String, for prompt: ExecutorPrompt, using generator: inout some RandomNumberGenerator
  ) -> String { base.corrupted(output, for: prompt, using: &generator) }
}

/// Answers every request with one generation.
final class ConstantServer: GenerationServer {
  private let answer: Generation?
  private var waiting: [Decoder.Update] = []
  private let handle: Int

  init(_ answer: Generation?, handle: Int = 1) { (self.answer, self.handle) = (answer, handle) }

  func submit(_ request: GenerationRequest) throws -> Int {
    if let answer {
      waiting.append(.init(handle: handle, tokenCount: answer.tokens.count, finished: answer))
    }
    return 1
  }

  func step() -> [Decoder.Update] {
    defer { waiting = [] }
    return waiting
  }
}

/// An estimator that gives back what a closure does.
struct AnyEstimator: CreditEstimator {
  var executorGrouping: ExecutorGrouping { .question }
  var body: @Sendable (RewardTree) throws -> Advantages
  func advantages(of tree: RewardTree) throws -> Advantages { try body(tree) }
}

struct Broken: Error, CustomStringConvertible { let description = "a broken part" }

@Suite("Parts that a program registers")
struct RegistryTests {
  /// One line names the part, the place in the file and what is known.
  private func expectLine(
    _ error: (any Error)?, _ place: String, _ says: String, known: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let text = error.map { "\($0)" } ?? "no error"
    #expect(error is ScenarioError, "\(text)", sourceLocation: sourceLocation)
    #expect(text.hasPrefix(place), "\(text)", sourceLocation: sourceLocation)
    #expect(text.contains(says), "\(text)", sourceLocation: sourceLocation)
    #expect(text.hasSuffix("; known: \(known)"), "\(text)", sourceLocation: sourceLocation)
    #expect(!text.contains("\n"), sourceLocation: sourceLocation)
  }

  @Test("a name that is registered twice, or that Troupe has, is refused with what is known")
  func twice() throws {
    var registry = Registry()
    func expectRefused(_ says: String, _ register: (inout Registry) throws -> Void) {
      var copy = registry
      let error = #expect(throws: RegistryError.self) { try register(&copy) }
      #expect(error.map { "\($0)" } == says)
    }
    try registry.registerFamily("counting", levels: 2...4) { _ in try Counting() }
    try registry.registerTool("double", effect: WorkEffect()) { $0 }
    try registry.registerEstimator("mine") { _ in GRPO() }
    try registry.registerPolicy("clerk") { _, _ in ConstantServer(nil) }
    try registry.expect("peace") { _ in nil }
    expectRefused("the family \"counting\" is registered twice; known: \(Self.families)") {
      try $0.registerFamily("counting", levels: 1...1) { _ in try Counting() }
    }
    expectRefused("the family \"synthesis\" is registered twice; known: \(Self.families)") {
      try $0.registerFamily("synthesis", levels: 1...1) { _ in try Counting() }
    }
    expectRefused("the tool \"run\" is registered twice; known: run, test, double") {
      try $0.registerTool("run", effect: WorkEffect()) { $0 }
    }
    expectRefused(
      "the estimator \"grpo\" is registered twice; known: grpo, rloo, metaagent, peragent, counterfactual, leaveoneout, shapley, mine"
    ) {
      try $0.registerEstimator("grpo") { _ in GRPO() }
    }
    expectRefused("the policy \"scripted\" is registered twice; known: scripted, clerk") {
      try $0.registerPolicy("scripted") { _, _ in ConstantServer(nil) }
    }
    expectRefused("the invariant \"peace\" is registered twice; known: peace") {
      try $0.expect("peace") { _ in nil }
    }
  }

  /// The families that Troupe brings along.
  private static let stock =
    "arithmetic, synthesis, products, countdown, sums, repair, trace, ordering, threshold, stories, prices, programs, file, questions"

  @Test(
    "a name that a scenario gives and nobody registered is an error of its line, with what is known",
    arguments: [
      (
        "tasks: { families: [\n{ name: 'counting' }] }",
        "t:2:9: tasks.families[0].name: unknown family \"counting\"; known: \(Self.stock), totals"
      ),
      ("\n\ntools: ['double']", "t:3:9: tools[0]: unknown tool \"double\"; known: run, test, half"),
      (
        "credit: {\nestimator: 'banzhaf' }",
        "t:2:12: credit.estimator: unknown estimator \"banzhaf\"; known: grpo, rloo, metaagent, peragent, counterfactual, leaveoneout, shapley, mine"
      ),
      ("\nplayer: 'oracle'", "t:2:9: player: unknown policy \"oracle\"; known: scripted, clerk"),
    ])
  func unknown(text: String, says: String) throws {
    var registry = Registry()
    try registry.registerFamily("totals", levels: 2...4) { _ in try Counting() }
    try registry.registerTool("half", effect: WorkEffect()) { $0 }
    try registry.registerEstimator("mine") { _ in GRPO() }
    try registry.registerPolicy("clerk") { _, _ in ConstantServer(nil) }
    let error = #expect(throws: ScenarioError.self) {
      try Scenario(json5: "{ \(text) }", file: "t", catalogue: registry.catalogue)
    }
    #expect(error.map { "\($0)" } == says)
  }

  // MARK: Families

  private static let families = "\(stock), counting"

  private func tasks(_ make: @escaping @Sendable () throws -> any TaskFamily) throws -> TaskSource {
    var registry = Registry()
    try registry.registerFamily("counting", levels: 2...4) { _ in try make() }
    let text = "{\ntasks: { families: [\n{ name: 'counting', levels: [2, 3] }], heldOut: { perFamily: 8 } } }"
    return try TaskSource(Scenario(json5: text, file: "t", catalogue: registry.catalogue), registry)
  }

  @Test("a family that cannot be made, that throws, or whose tasks cannot be right is named with its line")
  func spoiltFamilies() throws {
    let spoilt: [(says: String, spoil: @Sendable (TaskInstance) throws -> TaskInstance)] = [
      ("threw a broken part", { _ in throw Broken() }),
      ("drew a task of family \"chess\"", { task in changed(task) { $0.family = "chess" } }),
      ("drew a task of level 7 in place of 2", { task in changed(task) { $0.level = 7 } }),
      (
        "drew a train task in place of a heldOut one",
        { task in changed(task) { $0.hash = task.split == .heldOut ? 1 : task.hash } }
      ),
      ("does not recognize the state \"?\"", { task in changed(task) { $0.statement = "?" } }),
      ("wrote \"12 apples\"", { task in changed(task) { $0.solution = "12 apples" } }),
      ("does not verify its own solution", { task in changed(task) { $0.solution = "199" } }),
    ]
    for (says, spoil) in spoilt {
      let error = #expect(throws: (any Error).self) { try tasks { try Counting(spoil: spoil) } }
      expectLine(error, "t:3:1: tasks.families[0]: the family \"counting\"", says, known: Self.families)
    }
    let error = #expect(throws: (any Error).self) { try tasks { throw Broken() } }
    expectLine(error, "t:3:1: tasks.families[0]:", "threw a broken part", known: Self.families)
    let renamed = #expect(throws: (any Error).self) {
      try tasks {
        var family = try Counting()
        family.name = "totals"
        return family
      }
    }
    expectLine(renamed, "t:3:1: tasks.families[0]:", "calls itself \"totals\"", known: Self.families)
    #expect(try tasks { try Counting() }.heldOut[0].tasks.count == 8)
  }

  @Test("words that a family or a tool needs follow the built-in ones; other scenarios keep their vocabulary")
  func vocabulary() throws {
    var registry = Registry()
    try registry.registerFamily("counting", levels: 2...4, roles: ["guess"], words: ["apples", "add"]) { _ in
      try Counting()
    }
    try registry.registerTool("double", effect: WorkEffect()) { $0 }
    let text =
      "{ tasks: { families: [{ name: 'counting' }] }, tools: ['double'], roles: ['step', 'guess', 'solve'] }"
    let scenario = try Scenario(json5: text, catalogue: registry.catalogue)
    let words = registry.tokenizer(of: scenario).words
    #expect(Array(words.dropLast(3)) == TroupeVocabulary.tokenizer.words)
    #expect(words.suffix(3) == ["guess", "apples", "double"])
    #expect(registry.tokenizer(of: Scenario()) == TroupeVocabulary.tokenizer)
  }

  // MARK: Tools

  private func rollOut(_ tool: @escaping @Sendable (Work) throws -> Work) throws -> (RolloutTree, Registry) {
    var registry = Registry()
    try registry.registerTool("double", effect: WorkEffect(reads: .state, sets: .state), tool)
    let text = "{ tasks: { families: [{ name: 'arithmetic', levels: [2, 2] }] },\ntools: ['run', 'double'] }"
    let scenario = try Scenario(json5: text, file: "t", catalogue: registry.catalogue)
    let source = try TaskSource(scenario, registry)
    let agents = try AgentSetup(scenario, families: source.families, tokenizer: source.tokenizer)
    let rollout = HierarchicalRollout(agents: agents, designs: 1, executions: 1)
    let script = "a = tool double ( task ) ; b = agent solve ( a ) ; answer b"
    let policy = try PolicySource(named: nil, scenario, registry)
    let tree = try rollout.run(
      source.trainingTasks(step: 0, count: 1), name: "test", seed: 1, scripts: [script],
      servers: { try policy.servers() })
    return (tree, registry)
  }

  @Test("a tool of the program's own runs in scripts, and its effect decides which calls are on the path")
  func tool() throws {
    let (tree, registry) = try rollOut { work in
      var result = work
      result.state = "3 + 4"
      return result
    }
    let outcome = tree.tasks[0].designs[0].executions[0].transcript.outcome
    #expect(outcome.answer == "7")
    #expect(outcome.toolCalls.map(\.role) == ["double"] && outcome.toolCalls[0].onPath)
    #expect(registry.fault == nil)
    let (refusing, _) = try rollOut { _ in throw WorkFault.toolFailed("not today") }
    let refused = refusing.tasks[0].designs[0].executions[0].transcript.outcome
    #expect(refused.toolCalls[0].fault == .toolFailed("not today") && refused.success)
  }

  @Test(
    "a tool that throws, or leaves no state of the family, ends the rollout and is named with its line",
    arguments: [true, false])
  func spoiltTools(throwing: Bool) throws {
    var seen: ScenarioError?
    var registry = Registry()
    try registry.registerTool("double", effect: WorkEffect(reads: .state, sets: .state)) { work in
      if throwing { throw Broken() }
      return Work(state: "two apples")
    }
    let text = "{ tools: ['run',\n'double'] }"
    let scenario = try Scenario(json5: text, file: "t", catalogue: registry.catalogue)
    let setup = try EpisodeSetup(scenario, registry)
    let task = try TaskSource(scenario, registry).trainingTasks(step: 0, count: 1)[0]
    let start = EpisodeStart(task: task, script: "a = tool double ( task ) ; answer a")
    let episode = Episode(seed: 1) { setup.setUp($0, input: start.encoded) }
    defer { episode.close() }
    guard case .failed(let failure) = episode.run() else {
      Issue.record("the episode did not fail")
      return
    }
    seen = registry.fault
    let says = throwing ? "threw a broken part" : "left \"two apples\", which is no state of arithmetic"
    expectLine(seen, "t:2:1: tools[1]: the tool \"double\"", says, known: "run, test, double")
    #expect("\(failure)".contains(says))
  }

  // MARK: Estimators

  private func estimator(_ body: @escaping @Sendable (RewardTree) throws -> Advantages) throws
    -> any CreditEstimator
  {
    var registry = Registry()
    try registry.registerEstimator("mine") { _ in AnyEstimator(body: body) }
    let text = "{ credit: {\n  estimator: 'mine' } }"
    return try registry.estimator(of: Scenario(json5: text, file: "t", catalogue: registry.catalogue))
  }

  @Test("an estimator that throws, or returns another shape, NaN or infinity, is named with its line")
  func spoiltEstimators() throws {
    let tree = RewardTree([
      .init([.init(reward: 1, executions: [1, 0]), .init(reward: 0, executions: [0, 0])])
    ])
    let spoilt: [(says: String, body: @Sendable (RewardTree) throws -> Advantages)] = [
      ("threw a broken part", { _ in throw Broken() }),
      ("returned advantages for 0 tasks where there are 1", { _ in Advantages([]) }),
      (
        "returned advantages for 1 designs of task 0 where there are 2",
        { tree in Advantages(GRPO().advantages(of: tree).tasks.map { $0.dropLast() }) }
      ),
      (
        "returned advantages for 1 executions of design 0 of task 0 where there are 2",
        { tree in changed(GRPO().advantages(of: tree)) { $0.tasks[0][0].executions.removeLast() } }
      ),
      (
        "returned nan in design 1 of task 0",
        { tree in changed(GRPO().advantages(of: tree)) { $0.tasks[0][1].executions[0] = .nan } }
      ),
      (
        "returned advantages for 1 lists of calls of design 0 of task 0 where there are 0",
        { tree in changed(GRPO().advantages(of: tree)) { $0.tasks[0][0].calls = [[1]] } }
      ),
      (
        "returned inf in design 0 of task 0",
        { tree in changed(GRPO().advantages(of: tree)) { $0.tasks[0][0].designer = .infinity } }
      ),
    ]
    for (says, body) in spoilt {
      let estimator = try estimator(body)
      let error = #expect(throws: (any Error).self) { try estimator.advantages(of: tree) }
      expectLine(
        error, "t:2:14: credit.estimator: the estimator \"mine\"", says,
        known: "grpo, rloo, metaagent, peragent, counterfactual, leaveoneout, shapley, mine")
    }
    let mine = try estimator { GRPO().advantages(of: $0) }
    #expect(try mine.advantages(of: tree) == GRPO().advantages(of: tree))
    var registry = Registry()
    try registry.registerEstimator("mine") { _ in throw Broken() }
    let scenario = try Scenario(
      json5: "{ credit: { estimator: 'mine' } }", file: "t", catalogue: registry.catalogue)
    let error = #expect(throws: (any Error).self) { try registry.estimator(of: scenario) }
    expectLine(
      error, "t:1:24: credit.estimator:", "threw a broken part",
      known: "grpo, rloo, metaagent, peragent, counterfactual, leaveoneout, shapley, mine")
  }

  @Test("an estimator of the program's own is the one that trains")
  func trains() throws {
    func step(_ estimator: String) throws -> TrainerState {
      var registry = Registry()
      try registry.registerEstimator("mine") { credit in
        GRPO(normalize: credit.normalize, executorGrouping: credit.executorGrouping)
      }
      try registry.registerEstimator("negated") { _ in
        AnyEstimator { tree in
          changed(GRPO().advantages(of: tree)) { advantages in
            for task in advantages.tasks.indices {
              for design in advantages.tasks[task].indices {
                advantages.tasks[task][design].executions = advantages.tasks[task][design].executions.map {
                  -$0
                }
              }
            }
          }
        }
      }
      let text = """
        { tasks: { families: [{ name: 'arithmetic', levels: [2, 2], largest: 9 }], heldOut: { perFamily: 4 } },
          coldStart: { steps: 30 }, stages: { count: 1, executorSteps: 1 }, rollout: { tasks: 8 },
          credit: { estimator: '\(estimator)', negativeScale: 1 } }
        """
      let trainer = try Trainer(Scenario(json5: text, catalogue: registry.catalogue), registry, threads: 1)
      var state = TrainerState(trainer.scenario, trainer.configuration)
      for _ in 0..<30 { _ = try trainer.coldStep(&state) }
      _ = try trainer.step(&state)
      return state
    }
    let grpo = try step("grpo")
    #expect(try step("mine").models == grpo.models)
    #expect(try step("negated").models != grpo.models)
    for name in ["rloo", "metaagent", "peragent", "counterfactual", "leaveoneout", "shapley"] {
      #expect(try step(name).models != grpo.models, "\(name)")
    }
  }

  // MARK: Policies

  private func play(_ make: @escaping @Sendable () throws -> any GenerationServer, option: String? = nil)
    throws
  {
    var registry = Registry()
    try registry.registerPolicy("clerk") { _, _ in try make() }
    let scenario = try Scenario(json5: "{\nplayer: 'clerk' }", file: "t", catalogue: registry.catalogue)
    let policy = try PolicySource(named: option, scenario, registry)
    _ = try Player(scenario, registry, servers: try policy.servers()).play(0)
  }

  @Test(
    "a policy that throws, or whose answers cannot be right, is named with the line or option that names it")
  func spoiltPolicies() throws {
    let end: Int32 = 2
    @Sendable func answer(_ tokens: [Int32], _ logs: [Float], _ stop: Generation.StopReason = .end)
      -> Generation
    {
      Generation(tokens: tokens, logProbabilities: logs, stop: stop)
    }
    let spoilt: [(says: String, answer: Generation)] = [
      ("answered with 2 tokens and 1 log-probabilities", answer([3, end], [0])),
      ("gave a log-probability of nan", answer([3, end], [0, .nan])),
      ("gave a log-probability of 0.5", answer([3, end], [0.5, 0])),
      ("answered with token 999 of a vocabulary of 53", answer([999, end], [0, 0])),
      ("ended an answer without the end token", answer([3, 3], [0, 0])),
      (
        "answered with 500 tokens where 96 are allowed",
        answer(Array(repeating: 3, count: 500), Array(repeating: 0, count: 500), .length)
      ),
    ]
    for (says, answer) in spoilt {
      let error = #expect(throws: (any Error).self) { try play { ConstantServer(answer) } }
      expectLine(error, "t:2:9: player: the policy \"clerk\"", says, known: "scripted, clerk")
    }
    let unmade = #expect(throws: (any Error).self) { try play { throw Broken() } }
    expectLine(unmade, "t:2:9: player:", "threw a broken part", known: "scripted, clerk")
    let lost = #expect(throws: (any Error).self) {
      try play { ConstantServer(answer([end], [0]), handle: 7) }
    }
    expectLine(lost, "t:2:9: player:", "answered a request 7 that nobody asked", known: "scripted, clerk")
    let idle = #expect(throws: (any Error).self) { try play { ConstantServer(nil) } }
    expectLine(idle, "t:2:9: player:", "made no progress in 10000 steps", known: "scripted, clerk")
    let named = #expect(throws: (any Error).self) { try play({ throw Broken() }, option: "clerk") }
    expectLine(named, "--policy clerk: the policy \"clerk\"", "threw a broken part", known: "scripted, clerk")
    #expect(throws: Never.self) { try play { ConstantServer(answer([3, end], [0, 0])) } }
  }
}

private func changed<Value>(_ value: Value, _ change: (inout Value) -> Void) -> Value {
  var copy = value
  change(&copy)
  return copy
}
