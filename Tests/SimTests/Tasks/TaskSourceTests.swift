import Actors
import Testing

@testable import Sim

@Suite("Tasks")
struct TaskSourceTests {
  private let scenario = HierarchicalRolloutTests.scenario

  @Test("held-out problems are never drawn for training, and drawing one is an error")
  func wall() throws {
    let source = try TaskSource(scenario)
    let heldOut = Set(source.heldOut.flatMap { $0.tasks.map(\.hash) })
    #expect(heldOut.count == 16)
    for step in 0..<40 {
      for task in try source.trainingTasks(step: step, count: 32) { #expect(!heldOut.contains(task.hash)) }
    }
    for hash in heldOut { #expect(throws: HeldOutTask.self) { try source.admit(hash) } }
  }

  @Test("held-out tasks are the same for every seed of the run; training tasks are each step's own")
  func seeds() throws {
    var other = scenario
    other.seed = 99
    let (one, two) = (try TaskSource(scenario), try TaskSource(other))
    #expect(one.heldOut.map(\.tasks) == two.heldOut.map(\.tasks))
    #expect(try one.trainingTasks(step: 3, count: 8) == one.trainingTasks(step: 3, count: 8))
    #expect(try one.trainingTasks(step: 3, count: 8) != one.trainingTasks(step: 4, count: 8))
    #expect(try one.trainingTasks(step: 3, count: 8) != two.trainingTasks(step: 3, count: 8))
  }

  @Test("families come in the proportion of their weights")
  func weights() throws {
    var weighted = scenario
    weighted.tasks.families[0].weight = 3
    let tasks = try TaskSource(weighted).trainingTasks(step: 0, count: 40)
    #expect(tasks.count { $0.family == "arithmetic" } == 30)
  }

  @Test("demonstrations keep to training problems, and a step's are the same whenever they are drawn")
  func demonstrations() throws {
    let source = try TaskSource(scenario)
    let agents = try AgentSetup(scenario, families: source.families)
    let cold = try SupervisedFineTuning(scenario, tasks: source, grammar: agents.grammar)
    // Every state that is shown passes the check for held-out problems, or this throws.
    for step in 0..<20 { _ = try cold.sequences(step: step) }
    #expect(try cold.sequences(step: 7).map(\.tokens) == cold.sequences(step: 7).map(\.tokens))
    let weight = try cold.sequences(step: 7).reduce(0) { $0 + $1.weight * Float($1.completionCount) }
    #expect(abs(weight - 1) < 1e-4)
  }

  @Test("designs that take turns are all shown before one is shown again, each time in another order")
  func turns() throws {
    var settings = scenario
    (settings.coldStart.designer.batch, settings.coldStart.designer.uniformCalls) = (3, 2)
    let source = try TaskSource(settings)
    try #require(source.families.count == 2)
    /// What the two families' designers are shown, in order. A step has two demonstrations of the first and one of the second.
    func shown() throws -> [[[Int32]]] {
      let grammar = try AgentSetup(settings, families: source.families).grammar
      let cold = try SupervisedFineTuning(settings, tasks: source, grammar: grammar)
      var shown: [[[Int32]]] = [[], []]
      for step in 0..<60 {
        let scripts = try cold.demonstrations(step: step).sequences(of: .designer)
          .map { Array($0.tokens.dropFirst($0.promptCount)) }
        try #require(scripts.count == 3)
        for (index, script) in scripts.enumerated() { shown[index % 2].append(script) }
      }
      return shown
    }
    let random = try shown()
    settings.coldStart.designer.inTurn = true
    for (family, scripts) in try shown().enumerated() {
      let all = Set(random[family])
      try #require(all.count > 3 && Set(scripts) == all)
      let rounds = stride(from: 0, through: scripts.count - all.count, by: all.count)
        .map { Array(scripts[$0..<$0 + all.count]) }
      #expect(rounds.count > 3 && rounds.allSatisfy { Set($0) == all })
      #expect(Set(rounds).count > 1)
    }
  }

  @Test("the rate rises over the warm-up and ends at its last part")
  func rate() throws {
    var settings = scenario
    (settings.coldStart.steps, settings.coldStart.warmup, settings.coldStart.finalRate) = (100, 10, 0.1)
    settings.coldStart.learningRate = 1
    let source = try TaskSource(settings)
    let grammar = try AgentSetup(settings, families: source.families).grammar
    let cold = try SupervisedFineTuning(settings, tasks: source, grammar: grammar)
    #expect(abs(cold.learningRate(step: 0) - 0.1) < 1e-3)
    // Half way down its cosine: 0.1 + 0.9 / 2.
    #expect(abs(cold.learningRate(step: 50) - 0.55) < 1e-6)
    #expect(abs(cold.learningRate(step: 100) - 0.1) < 1e-6)
  }
}
