import Actors
import Policy
import Testing

@testable import Sim

/// The laws between an outcome and what reaches the engine, on trees that are written down and need no policy.
@Suite("What a role learns from")
struct RoleBatchTests {
  private static let agents = try? AgentSetup(Scenario(), families: TaskSource(Scenario()).families)
  private let mask: any TokenConstraint

  init() throws { mask = try #require(Self.agents).mask }

  /// A generation that is known by its one token.
  private static func turn(_ token: Int32, temperature: Float = 1) -> Transcript.Turn {
    .init(
      call: PolicyCall(
        caller: .designer, role: "", prompt: [1, 2], maximumTokens: 1, temperature: temperature, seed: 0),
      generation: Generation(tokens: [token], logProbabilities: [-1], stop: .end))
  }

  /// An execution with a call for each of `tokens`, of which those in `onPath` are what the answer rests on.
  private static func execution(
    success: Bool, _ tokens: [Int32], onPath: Set<Int32> = [], formatErrors: Int = 0, temperature: Float = 1,
    designFault: String? = nil
  ) throws -> RolloutTree.Execution {
    let calls = tokens.enumerated().map { index, token in
      CallRecord(
        id: CallID(statement: index, index: 0), role: "solve", onPath: onPath.contains(token),
        fault: index < formatErrors ? .malformed("") : nil, tokens: 1)
    }
    let outcome = Outcome(success: success, script: nil, designFault: designFault, calls: calls)
    var transcript = try Transcript(result: outcome.encoded, events: [])
    transcript.turns = tokens.map { turn($0, temperature: temperature) }
    return .init(id: "", transcript: transcript, duration: .zero, record: [])
  }

  private static func tree(_ designs: [RolloutTree.Design]) -> RolloutTree {
    let instance = TaskInstance(family: "arithmetic", level: 1, hash: 1, statement: "1 + 1", solution: "2")
    return RolloutTree(tasks: [.init(instance: instance, designs: designs)])
  }

  /// Two designs: one succeeds once and fails once, with a call on the path and one beside it, the other fails once.
  private static func tree(isEarlier: Bool = false, temperature: Float = 1) throws -> RolloutTree {
    tree([
      .init(
        turn: turn(10, temperature: temperature), record: [],
        executions: [
          try execution(success: true, [20, 21], onPath: [20], temperature: temperature),
          try execution(success: false, [22, 23], onPath: [22], temperature: temperature),
        ]),
      .init(
        turn: turn(11), isEarlier: isEarlier, record: [], executions: [try execution(success: false, [24])]),
    ])
  }

  private static let advantages = Advantages([
    [.init(designer: 0.5, executions: [0.75, -0.25]), .init(designer: -0.5, executions: [-0.5])]
  ])

  /// The advantage that reaches the engine of each token that is learned from.
  private func learned(
    _ role: Scenario.Stages.Role, from tree: RolloutTree? = nil, _ advantages: Advantages = Self.advantages,
    _ change: (inout Scenario) -> Void = { _ in }
  ) throws -> [Int32: Float] {
    let sequences = try self.sequences(role, from: tree, advantages, change)
    return Dictionary(
      uniqueKeysWithValues: sequences.compactMap { sequence in
        guard case .clippedSurrogate(let advantage, _, _, _) = sequence.objective else { return nil }
        return (sequence.tokens[2], advantage)
      })
  }

  private func sequences(
    _ role: Scenario.Stages.Role, from tree: RolloutTree? = nil, _ advantages: Advantages = Self.advantages,
    _ change: (inout Scenario) -> Void = { _ in }
  ) throws -> [TrainingSequence] {
    var scenario = Scenario()
    change(&scenario)
    return try RoleBatch(tree ?? Self.tree(), scenario, mask: mask).sequences(
      of: role, advantages: advantages)
  }

  @Test("P9: a generation is learned from with its own advantage, its sign included")
  func advantage() throws {
    #expect(try learned(.designer) == [10: 0.5, 11: -0.5])
    let all: [Int32: Float] = [20: 0.75, 21: 0.75, 22: -0.25, 23: -0.25, 24: -0.5]
    #expect(try learned(.executor) { ($0.credit.onPathOnly, $0.credit.negativeScale) = (false, 1) } == all)
  }

  @Test("P9: a success is credited to the calls that its answer rests on alone, a failure to all")
  func path() throws {
    let filtered: [Int32: Float] = [20: 0.75, 22: -0.25, 23: -0.25, 24: -0.5]
    #expect(
      try learned(.executor) { ($0.credit.onPathOnly, $0.credit.negativeScale) = (true, 1) } == filtered)
  }

  @Test("P9: a call's own advantage is the one it is learned from, with path and negative scale as ever")
  func callAdvantages() throws {
    let advantages = Advantages([
      [
        .init(designer: 0.5, executions: [9, 9], calls: [[0.75, 0.5], [0.25, -0.5]]),
        .init(designer: -0.5, executions: [9], calls: [[-1]]),
      ]
    ])
    #expect(try learned(.executor, advantages) == [20: 0.75, 22: 0.25, 23: -0.25, 24: -0.5])
    let all: [Int32: Float] = [20: 0.75, 21: 0.5, 22: 0.25, 23: -0.5, 24: -1]
    #expect(
      try learned(.executor, advantages) { ($0.credit.onPathOnly, $0.credit.negativeScale) = (false, 1) }
        == all)
    #expect(try learned(.designer, advantages) == [10: 0.5, 11: -0.5])
  }

  @Test("P9: calls are compared at their place: of two executions of a design, not across designs")
  func turns() throws {
    let tree = try Self.tree()
    let rewards = tree.rewards(Scenario.Credit())
    #expect(rewards.tasks[0].designs[0].calls[0].map(\.place.statement) == [0, 1])
    #expect(rewards.tasks[0].designs[0].calls[0].map(\.role) == ["solve", "solve"])
    // The second design has one execution, and nothing to compare it with.
    let all: [Int32: Float] = [20: 0.5, 21: 0.5, 22: -0.5, 23: -0.5]
    let advantages = GRPO(executorGrouping: .turn).advantages(of: rewards)
    #expect(
      try learned(.executor, advantages) { ($0.credit.onPathOnly, $0.credit.negativeScale) = (false, 1) }
        == all)
  }

  @Test("P9: the negative scale is of executors' negative advantages alone")
  func negativeScale() throws {
    let scaled: [Int32: Float] = [20: 0.75, 21: 0.75, 22: -0.125, 23: -0.125, 24: -0.25]
    #expect(
      try learned(.executor) { ($0.credit.onPathOnly, $0.credit.negativeScale) = (false, 0.5) } == scaled)
    #expect(try learned(.designer) { $0.credit.negativeScale = 0.5 } == [10: 0.5, 11: -0.5])
    let positive = try learned(.executor) { ($0.credit.onPathOnly, $0.credit.negativeScale) = (true, 0) }
    #expect(positive == [20: 0.75])
  }

  @Test("P9: an earlier designer learns nothing from its design, and the executors of it do")
  func earlier() throws {
    let tree = try Self.tree(isEarlier: true)
    #expect(try learned(.designer, from: tree) == [10: 0.5])
    #expect(try learned(.executor, from: tree)[24] == -0.25)
    let batch = RoleBatch(tree, Scenario(), mask: mask)
    #expect(batch.calls(of: .designer).map { $0.tokens[2] } == [10])
    #expect(batch.calls(of: .executor).map { $0.tokens[2] } == [20, 21, 22, 23, 24])
  }

  @Test("an advantage of zero, and a generation without tokens, are not learned from")
  func nothing() throws {
    let none = Advantages([
      [.init(designer: 0, executions: [0, 0.5]), .init(designer: 0.5, executions: [0])]
    ])
    #expect(try learned(.designer, none) == [11: 0.5])
    #expect(try learned(.executor, none) == [22: 0.5, 23: 0.5])
    var tree = try Self.tree()
    tree.tasks[0].designs[0].executions[1].transcript.turns[0]?.generation = Generation(
      tokens: [], logProbabilities: [], stop: .cancelled)
    tree.tasks[0].designs[0].executions[1].transcript.turns[1] = nil
    #expect(try learned(.executor, from: tree, none) == [:])
  }

  @Test("the engine is told the clip, the role's own entropy, the temperature, and the designer's grammar")
  func objective() throws {
    for role in Scenario.Stages.Role.allCases {
      let sequences = try sequences(role, from: Self.tree(temperature: 2)) {
        ($0.optimizer.clipLow, $0.optimizer.clipHigh) = (0.125, 0.5)
        ($0.optimizer.executor.entropy, $0.optimizer.designer.entropy) = (0.25, 0.75)
      }
      guard case .clippedSurrogate(_, let low, let high, let entropy) = sequences[0].objective else {
        Issue.record("no surrogate")
        return
      }
      #expect(low == 0.125 && high == 0.5 && entropy == (role == .executor ? 0.25 : 0.75))
      #expect(sequences[0].temperature == 2 && sequences[0].recorded == [-1])
      #expect((sequences[0].constraint != nil) == (role == .designer))
    }
  }

  // MARK: Rewards

  /// The rewards of one execution, to its executors and to its designer.
  private func rewards(_ execution: RolloutTree.Execution) -> (executor: Double, designer: Double) {
    let tree = Self.tree([.init(turn: nil, record: [], executions: [execution])])
    let design = tree.rewards(Scenario.Credit()).tasks[0].designs[0]
    return (design.executions[0], design.reward)
  }

  @Test("P9: a success is worth more than a failure to both roles, and an error of form costs its executors")
  func success() throws {
    let (success, failure) = (
      try rewards(Self.execution(success: true, [20])), try rewards(Self.execution(success: false, [20]))
    )
    #expect(success.executor > failure.executor && success.designer > failure.designer)
    for success in [false, true] {
      let clean = try rewards(Self.execution(success: success, [20, 21]))
      let malformed = try rewards(Self.execution(success: success, [20, 21], formatErrors: 1))
      let worse = try rewards(Self.execution(success: success, [20, 21], formatErrors: 2))
      #expect(clean.executor > malformed.executor && malformed.executor > worse.executor)
      #expect(clean.designer == malformed.designer)
    }
  }

  @Test(
    "P9: one more call of a success costs its designer, and no executor; no script is worse than a failure")
  func cost() throws {
    for count in 1..<8 {
      let (few, more) = (
        try rewards(Self.execution(success: true, Array(repeating: 20, count: count))),
        try rewards(Self.execution(success: true, Array(repeating: 20, count: count + 1)))
      )
      #expect(few.designer > more.designer && few.executor == more.executor)
    }
    let noScript = try rewards(Self.execution(success: false, [], designFault: "no script"))
    #expect(try noScript.designer < rewards(Self.execution(success: false, [20])).designer)
  }
}
