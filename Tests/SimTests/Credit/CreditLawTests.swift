import Actors
@testable import Sim
import Testing

/// An estimator as a user writes it, with nothing that it does not need: each reward less its group's mean.
private struct Plain: CreditEstimator {
  var executorGrouping = ExecutorGrouping.question
  var baseline: @Sendable ([Double]) -> Double = FaultyEstimator.mean

  func advantages(of tree: RewardTree) -> Advantages {
    FaultyEstimator.grouped(
      tree, designers: { group, _ in relative(group) }, executors: { group, _ in relative(group) })
  }

  private func relative(_ group: [Double]) -> [Double] {
    Set(group).count < 2 ? group.map { _ in 0 } : group.map { $0 - baseline(group) }
  }
}

/// The estimators of Sim, in each grouping, with a deviation and without.
let creditEstimators: [any CreditEstimator] =
  [MetaAgentX()]
  + ExecutorGrouping.allCases.flatMap { grouping -> [any CreditEstimator] in
    [
      GRPO(executorGrouping: grouping), GRPO(normalize: true, executorGrouping: grouping),
      RLOO(executorGrouping: grouping), PerAgent(executorGrouping: grouping),
    ]
  } + forkEstimators

/// The estimators of Sim that compare calls with forks. The random trees have up to three calls an execution, so that
/// some are sampled here.
let forkEstimators: [any CreditEstimator] = [
  Counterfactual(), Counterfactual(draws: 3), Counterfactual(baseline: .role("solve")),
  Counterfactual(baseline: .handOn), LeaveOneOutCall(), Shapley(), Shapley(exactCalls: 2),
  Shapley(exactCalls: 0, permutations: 2),
]

@Suite("The laws of credit")
struct CreditLawTests {
  @Test("P9: every estimator keeps every law, in each grouping", arguments: creditEstimators.indices)
  func estimators(index: Int) throws {
    try CreditLaw.check(creditEstimators[index], cases: CreditTable.isRelease ? 300 : 50)
  }

  @Test("an estimator that declares nothing but its grouping is checked by one line")
  func oneLine() throws {
    try CreditLaw.check(Plain())
  }

  @Test("a broken law is told with the smallest tree, the advantages and the seed")
  func violation() throws {
    let median = Plain { $0.sorted()[$0.count / 2] }
    let found = try #require(throws: CreditLawViolation.self) { try CreditLaw.check(median, seed: 7) }
    #expect(found.law == .groupsSumToZero)
    // The median of two is not their mean.
    let lines = found.description.split(separator: "\n").map(String.init)
    #expect(lines[0].contains("breaks the law of credit `groupsSumToZero` (random case"))
    #expect(lines[0].hasSuffix("seed 7)"))
    #expect(
      Array(lines.dropFirst()) == [
        "  smallest tree:", "    task 0", "      design 0: reward 0.0, executions []",
        "      design 1: reward 1.0, executions []",
        "  advantages:", "    task 0", "      design 0: designer -1.0, executions []",
        "      design 1: designer 0.0, executions []",
      ])
  }

  /// An estimator whose advantages are wrong where rewards have some property.
  private struct Spoilt: CreditEstimator {
    var executorGrouping: ExecutorGrouping { .question }
    var isWrong: @Sendable (RewardTree) -> Bool
    func advantages(of tree: RewardTree) throws -> Advantages {
      var advantages = GRPO().advantages(of: tree)
      if isWrong(tree), !advantages.tasks.isEmpty, !advantages.tasks[0].isEmpty {
        advantages.tasks[0][0].designer += 7
      }
      return advantages
    }
  }

  @Test("the tree for which a law fails is told, and not only the one that the law changed")
  func changedTree() throws {
    // The simplest tree has no such reward; a law that shifts rewards makes them.
    let estimator = Spoilt { tree in tree.tasks.flatMap(\.designs).contains { $0.reward >= 50 } }
    let found = try #require(CreditLaw.shiftsChangeNothing.violation(by: estimator))
    let lines = found.description.split(separator: "\n").map(String.init)
    #expect(
      Array(lines.dropFirst().prefix(5)) == [
        "  smallest tree:", "    task 0", "      design 0: reward 0.0, executions []", "  advantages:",
        "    task 0",
      ])
    let changed = try #require(lines.firstIndex(of: "  changed as the law says:"))
    let shifted = Double(
      lines[changed + 2].dropFirst("      design 0: reward ".count).prefix { $0 != "," })
    // The printed tree is one of which the estimator is wrong, and the printed advantages are those of this tree.
    #expect(try #require(shifted) >= 50)
    #expect(lines.last == "      design 0: designer 7.0, executions []")
    #expect(try estimator.advantages(of: #require(found.asked.last).tree).tasks[0][0].designer == 7)
    let equal = try #require(CreditLaw.equalRewardsGiveZero.violation(by: estimator))
    #expect(try estimator.isWrong(#require(equal.asked.last).tree) && !estimator.isWrong(equal.asked[0].tree))
  }

  @Test("the same seed draws the same cases, and another seed others")
  func seeds() throws {
    let median = Plain { $0.sorted()[$0.count / 2] }
    func found(_ seed: UInt64) -> String? {
      CreditLaw.groupsSumToZero.violation(by: median, seed: seed)?.description
    }
    #expect(found(1) == found(1) && found(1) != found(2))
  }

  @Test("credit that leaks into another task only where a reward rises is seen")
  func leakOfRises() {
    struct Leak: CreditEstimator {
      let executorGrouping = ExecutorGrouping.design
      func advantages(of tree: RewardTree) -> Advantages {
        var advantages = GRPO(executorGrouping: .design).advantages(of: tree)
        let isHigh = tree.tasks.dropFirst().contains { $0.designs.contains { $0.reward > 1 } }
        if isHigh { advantages.tasks[0][0].designer += 1 }
        return advantages
      }
    }
    let task = RewardTree.Task([.init(reward: 0, executions: [0]), .init(reward: 0, executions: [0])])
    let example = CreditLaw.Case(
      tree: RewardTree([task, task]), shift: 0, siblings: .tasks(0, 1), replacement: task)
    #expect(!CreditLaw.creditStaysInItsGroup.holds(for: Leak(), on: example))
    #expect(CreditLaw.creditStaysInItsGroup.holds(for: GRPO(executorGrouping: .design), on: example))
  }
}

@Suite("GRPO")
struct GRPOTests {
  /// One task, two designs of two executions: 1, 0 and 0, 0.
  let tree = RewardTree([
    RewardTree.Task([
      .init(executions: [1, 0], worthToDesigner: [1, 0]),
      .init(executions: [0, 0], worthToDesigner: [0, 0]),
    ])
  ])

  @Test("advantages are rewards less the mean of the question or the design, worked by hand")
  func byHand() {
    let question = GRPO(executorGrouping: .question).advantages(of: tree).tasks[0]
    #expect(question.map(\.designer) == [0.25, -0.25])
    #expect(question.map(\.executions) == [[0.75, -0.25], [-0.25, -0.25]])
    let design = GRPO(executorGrouping: .design).advantages(of: tree).tasks[0]
    #expect(design.map(\.executions) == [[0.5, -0.5], [0, 0]])
  }

  @Test("the grouping `turn` compares the calls at a place, whatever roles a tree gives them")
  func turn() {
    let place = CallID(statement: 0, index: 0)
    let calls = ["step", "solve"].map { [RewardTree.Call(role: $0, place: place)] }
    let tree = RewardTree([.init([.init(reward: 0, executions: [1, 0], calls: calls)])])
    let advantages = GRPO(executorGrouping: .turn).advantages(of: tree)
    #expect(advantages.tasks[0][0].calls == [[0.5], [-0.5]])
  }

  @Test("normalized advantages are divided by the population's standard deviation")
  func normalized() {
    let advantages = GRPO(normalize: true, executorGrouping: .design).advantages(of: tree).tasks[0]
    // The deviation is 1/4 for designs and 1/2 for executions; epsilon moves the quotient by less than 5e-6.
    #expect(abs(advantages[0].designer - 1) < 5e-6)
    #expect(abs(advantages[0].executions[1] + 1) < 5e-6)
    #expect(advantages[1].executions == [0, 0])
  }

  @Test("a design's reward is the mean of what its executions are worth to the designer")
  func designerReward() {
    #expect(RewardTree.Design(executions: [9, 9], worthToDesigner: [1, 0.5]).reward == 0.75)
  }
}
