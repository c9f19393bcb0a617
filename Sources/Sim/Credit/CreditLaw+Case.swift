import Actors

extension CreditLaw {
  /// A reward tree, and the changes that the laws make to it.
  public struct Case: Sendable, Hashable {
    package var tree: RewardTree
    /// The number that is added to all rewards.
    package var shift: Double
    /// The siblings that change places.
    package var siblings: Siblings
    /// The task that replaces the first one.
    package var replacement: RewardTree.Task
    /// The positive number that all rewards are multiplied by.
    package var factor: Double

    /// - Precondition: `factor` is positive.
    package init(
      tree: RewardTree, shift: Double, siblings: Siblings, replacement: RewardTree.Task, factor: Double = 2
    ) {
      precondition(factor > 0, "rewards keep their order")
      self.tree = tree
      self.shift = shift
      self.siblings = siblings
      self.replacement = replacement
      self.factor = factor
    }

    private var greatestReward: Double {
      tree.tasks.flatMap(\.designs).flatMap { design in
        [design.reward] + design.executions + design.forks.flatMap { $0.played.map(\.reward) }
      }.reduce(1) { max($0, abs($1)) }
    }

    /// 10⁻⁸ of the largest reward or shift, and at least 10⁻⁸. Rounding errors, divided by a standard deviation as
    /// small as GRPO's ε, reach about 10⁻¹⁰ of a reward, which is far less.
    package var tolerance: Double { 1e-8 * max(greatestReward, abs(shift)) }

    /// What a reward rises by.
    var rise: Double { 0.1 + abs(shift) / 8 }

    /// What a reward is changed by so that it becomes the best, or the worst, of all.
    var leap: Double { 8 * greatestReward }
  }

  /// Two siblings of a tree. Each index is taken modulo the number of siblings.
  package enum Siblings: Sendable, Hashable {
    case tasks(Int, Int)
    case designs(Int, Int, ofTask: Int)
    case executions(Int, Int, ofDesign: Int, ofTask: Int)
  }
}

extension CreditLaw.Case {
  /// Makes a random case: branches of different length, empty ones among them, equal rewards, and groups of one.
  ///
  /// There are at most three tasks, four designs of a task, four executions of a design and three calls of an
  /// execution. Rewards have three decimals, so that different ones differ by more than rounding errors.
  public static func random(using generator: inout some RandomNumberGenerator) -> Self {
    var draw = Draw(generator: generator)
    defer { generator = draw.generator }
    let tree = RewardTree(draw.list(0...3) { $0.task() })
    let (shift, siblings) = (Double(draw.integer(-100_000...100_000)) / 1000, draw.siblings())
    return Self(
      tree: tree, shift: shift, siblings: siblings, replacement: draw.task(),
      factor: [0.25, 0.5, 2, 3, 10][draw.integer(0...4)])
  }

  /// Draws the parts of a case.
  private struct Draw<Generator: RandomNumberGenerator> {
    var generator: Generator

    mutating func integer(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &generator) }

    mutating func list<Value>(_ count: ClosedRange<Int>, _ make: (inout Self) -> Value) -> [Value] {
      var values: [Value] = []
      for _ in 0..<integer(count) { values.append(make(&self)) }
      return values
    }

    mutating func reward() -> Double {
      integer(0...1) == 0 ? [0, 1, 0.97, -0.1][integer(0...3)] : Double(integer(-10_000...10_000)) / 1000
    }

    mutating func task() -> RewardTree.Task { RewardTree.Task(list(0...4) { $0.design() }) }

    /// A design with a script of a few calls, of which each execution makes some.
    mutating func design() -> RewardTree.Design {
      let roles = list(1...3) { ["solve", "step", "check"][$0.integer(0...2)] }
      let script = roles.enumerated().map { place, role in
        RewardTree.Call(role: role, place: CallID(statement: place, index: 0))
      }
      // One design in eight is without the script, and one in eight has equal rewards.
      let (isNameless, isEqual) = (integer(0...7) == 0, integer(0...7) == 0)
      let executions = list(0...4) { $0.reward() }
      let calls = executions.map { _ in script.filter { _ in integer(0...3) > 0 } }
      return RewardTree.Design(
        reward: reward(), executions: isEqual ? executions.map { _ in executions[0] } : executions,
        calls: isNameless ? [] : calls)
    }

    mutating func siblings() -> CreditLaw.Siblings {
      let places = (0..<4).map { _ in integer(0...3) }
      switch integer(0...2) {
      case 0: return .tasks(places[0], places[1])
      case 1: return .designs(places[0], places[1], ofTask: places[2])
      default: return .executions(places[0], places[1], ofDesign: places[2], ofTask: places[3])
      }
    }
  }
}

extension CreditLaw.Case {
  /// Cases that are a little simpler than this one, the simplest first. Each has fewer branches, or a simpler number.
  var simpler: [Self] {
    var cases: [Self] = []
    func add(_ change: (inout Self) -> Void) {
      var copy = self
      change(&copy)
      if copy != self { cases.append(copy) }
    }
    for tree in tree.simpler { add { $0.tree = tree } }
    for task in RewardTree([replacement]).simpler { add { $0.replacement = task.tasks.first ?? .init([]) } }
    for number in shift.simpler { add { $0.shift = number } }
    if factor != 2 { add { $0.factor = 2 } }
    return cases
  }
}

extension RewardTree {
  fileprivate var simpler: [RewardTree] {
    var trees: [RewardTree] = []
    func add(_ change: (inout RewardTree) -> Void) {
      var copy = self
      change(&copy)
      trees.append(copy)
    }
    for task in tasks.indices { add { $0.tasks.remove(at: task) } }
    for (task, branches) in tasks.enumerated() {
      for (place, design) in branches.designs.enumerated() {
        add { $0.tasks[task].designs.remove(at: place) }
        for simpler in design.simpler { add { $0.tasks[task].designs[place] = simpler } }
      }
    }
    return trees
  }
}

extension RewardTree.Design {
  fileprivate var simpler: [RewardTree.Design] {
    var designs: [RewardTree.Design] = []
    func add(_ change: (inout RewardTree.Design) -> Void) {
      var copy = self
      // Those of the simpler design are made anew.
      copy.forks = []
      change(&copy)
      designs.append(copy)
    }
    for execution in executions.indices {
      add {
        $0.executions.remove(at: execution)
        if !calls.isEmpty { $0.calls.remove(at: execution) }
      }
    }
    if !calls.isEmpty { add { $0.calls = [] } }
    for (execution, made) in calls.enumerated() {
      for call in made.indices { add { $0.calls[execution].remove(at: call) } }
    }
    for number in reward.simpler { add { $0.reward = number } }
    for (execution, reward) in executions.enumerated() {
      for number in reward.simpler { add { $0.executions[execution] = number } }
    }
    return designs
  }
}

extension Double {
  /// Numbers that are simpler to read: 0, then 1, then whole ones.
  fileprivate var simpler: [Double] {
    if self == 0 { return [] }
    if self == 1 { return [0] }
    return self == rounded() ? [0, 1] : [0, 1, rounded()]
  }
}
