import PropertyTesting
import Sim
import Testing

/// Random trees: ragged, with ties, degenerate groups and empty branches.
let creditCases: Generator<CreditLaw.Case> = {
  let reward = Generator<Double>.oneOf(.element(of: [0, 1, 0.97, -0.1]), .double(in: -10...10))
  let executions = Generator.array(of: reward, count: 0...4)
  let design = Generator.zip(reward, executions).map { RewardTree.Design(reward: $0, executions: $1) }
  let task = Generator.array(of: design, count: 0...4).map { RewardTree.Task($0) }
  let index = Generator.integer(in: 0...3)
  let siblings = Generator<CreditLaw.Siblings>.oneOf(
    Generator.zip(index, index).map { .tasks($0, $1) },
    Generator.zip(index, index, index).map { .designs($0, $1, ofTask: $2) },
    Generator.zip(index, index, index, index).map { .executions($0, $1, ofDesign: $2, ofTask: $3) })
  return Generator.zip(.array(of: task, count: 0...3), .double(in: -100...100), siblings, task).map {
    CreditLaw.Case(tree: RewardTree($0), shift: $1, siblings: $2, replacement: $3)
  }
}()

@Suite("The laws of credit")
struct CreditLawTests {
  @Test("grpo keeps every law, in both groupings, normalized or not", arguments: CreditLaw.allCases)
  func grpo(law: CreditLaw) {
    for grouping in ExecutorGrouping.allCases {
      for normalize in [false, true] {
        let estimator = GRPO(normalize: normalize, executorGrouping: grouping)
        forAll("\(law) of \(estimator)", creditCases, count: 300) { law.holds(for: estimator, on: $0) }
      }
    }
  }

  @Test(
    "each planted fault is caught by the law it breaks and by no other, but NaN breaks them all",
    arguments: [
      (FaultyEstimators.median, [CreditLaw.groupsSumToZero]),
      (FaultyEstimators.relativeGain, [.shiftsChangeNothing]),
      (FaultyEstimators.positional, [.relabellingPermutes]),
      (FaultyEstimators.batchNormalized, [.tasksAreIndependent]),
      (FaultyEstimators.unguarded, CreditLaw.allCases),
    ])
  func faults(estimator: FaultyEstimators.Grouped, broken: [CreditLaw]) throws {
    let caught = try CreditLaw.allCases.filter { law in
      try counterexample(to: law.rawValue, for: creditCases, count: 300) { law.holds(for: estimator, on: $0) }
        != nil
    }
    #expect(caught == broken)
  }

  @Test("a fault's smallest example is small enough to read")
  func smallestExample() throws {
    let found = try #require(
      try counterexample(to: "sum", for: creditCases, count: 300) {
        CreditLaw.groupsSumToZero.holds(for: FaultyEstimators.median, on: $0)
      })
    // The median of two is not their mean.
    let executions = found.value.tree.tasks.flatMap(\.designs).flatMap(\.executions)
    #expect(found.value.tree.tasks.count == 1)
    #expect(executions.count <= 2)
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
