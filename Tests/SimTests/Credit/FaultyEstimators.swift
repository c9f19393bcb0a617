import Sim
import Synchronization

/// Faults as they occur in practice, or as a slip of the pen makes them. Each is in an estimator that is right but for
/// it, and the declaration is that of the right one.
extension FaultyEstimator {
  static let all = baselines + groups + scales + shapes + levels + calls + forks

  private static let plain = CreditDeclaration(grouping: .question, baseline: .mean, divisor: .one)
  private static let byDesign = CreditDeclaration(grouping: .design, baseline: .mean, divisor: .one)
  private static let leftOut = CreditDeclaration(grouping: .question, baseline: .meanOfOthers, divisor: .one)
  private static let normalized = declared(.deviation(plus: GRPO.epsilon))

  private static func declared(
    _ divisor: CreditDeclaration.Divisor, _ grouping: ExecutorGrouping = .question
  ) -> CreditDeclaration {
    CreditDeclaration(grouping: grouping, baseline: .mean, divisor: divisor)
  }

  /// The baseline is wrong.
  private static let baselines: [FaultyEstimator] = [
    .init("the sign is wrong", plain) { group, _ in centred(group).map { -$0 } },
    .init("there is no baseline", plain) { group, _ in group },
    .init("the baseline is the first reward", plain) { group, _ in group.map { $0 - (group.first ?? 0) } },
    .init("the baseline is the best reward", plain) { group, _ in group.map { $0 - (group.max() ?? 0) } },
    .init("the baseline is the worst reward", plain) { group, _ in group.map { $0 - (group.min() ?? 0) } },
    .init("the baseline is the median", plain) { group, _ in
      group.isEmpty ? [] : group.map { $0 - group.sorted()[group.count / 2] }
    },
    .init("the mean is of n - 1", plain) { group, _ in
      group.map { $0 - mean(group) * Double(group.count) / Double(max(1, group.count - 1)) }
    },
    .init("the mean is of n + 1", plain) { group, _ in
      group.map { $0 - mean(group) * Double(group.count) / Double(group.count + 1) }
    },
    .init("the mean is that of the batch", plain) { group, batch in group.map { $0 - mean(batch) } },
    .init("half of the baseline is the batch's", plain) { group, batch in
      group.map { $0 - (mean(group) + mean(batch)) / 2 }
    },
    .init("leave-one-out includes oneself", leftOut) { group, _ in centred(group) },
    .init("the mean leaves oneself out", plain) { group, _ in
      group.count < 2
        ? centred(group) : centred(group).map { $0 * Double(group.count) / Double(group.count - 1) }
    },
    .init("leave-one-out of one is NaN", leftOut) { group, _ in
      let (sum, others) = (group.sorted().reduce(0, +), Double(group.count - 1))
      return group.map {
        $0 == group[0] && Set(group).count == 1 && others > 0 ? 0 : $0 - (sum - $0) / others
      }
    },
    .init("equal rewards leave rounding errors", plain) { group, _ in
      let mean = group.reduce(0, +) / Double(max(1, group.count))
      return group.sorted() == group ? group.map { $0 - mean } : centred(group)
    },
    .init("the mean is summed in the order of the group", plain) { group, _ in
      let mean = group.reduce(0, +) / Double(max(1, group.count))
      return Set(group).count <= 1 ? group.map { _ in 0 } : group.map { $0 - mean }
    },
  ]

  /// The groups are wrong.
  private static let groups: [FaultyEstimator] = [
    .init("the grouping `design` is ignored", byDesign, grouping: .question) { group, _ in centred(group) },
    .init("the grouping `question` is ignored", plain, grouping: .design) { group, _ in centred(group) },
    .init("the deviation is the batch's", normalized) { group, batch in
      centred(group).map { $0 / (deviation(batch) + GRPO.epsilon) }
    },
    .init(
      "the deviation is the question's, the mean the design's",
      declared(.deviation(plus: GRPO.epsilon), .design)
    ) { tree in
      let deviations = tree.tasks.map { deviation($0.designs.flatMap(\.executions)) + GRPO.epsilon }
      var result = grouped(tree, .design, designers: { group, _ in standardized(group) })
      for task in result.tasks.indices {
        for design in result.tasks[task].indices {
          result.tasks[task][design].executions = result.tasks[task][design].executions.map {
            $0 / deviations[task]
          }
        }
      }
      return result
    },
    .init("advantages are divided by the number of tasks", plain) { tree in
      let count = Double(tree.tasks.count)
      return grouped(
        tree, designers: { group, _ in centred(group).map { $0 / count } },
        executors: { group, _ in centred(group).map { $0 / count } })
    },
    .init("the baseline moves from task to task", plain) { tree in
      var (result, moving) = (grouped(tree), 0.0)
      for (index, task) in tree.tasks.enumerated() {
        for design in task.designs.indices { result.tasks[index][design].designer -= moving }
        moving = 0.9 * moving + 0.1 * mean(task.designs.map(\.reward))
      }
      return result
    },
    .init("a group of one is compared with the batch", plain) { group, batch in
      group.count == 1 ? group.map { $0 - mean(batch) } : centred(group)
    },
  ]

  /// The scale is wrong.
  private static let scales: [FaultyEstimator] = [
    .init("advantages are doubled", plain) { group, _ in centred(group).map { 2 * $0 } },
    .init("the deviation is of n - 1", normalized) { group, _ in
      let (count, deviation) = (Double(group.count), deviation(group))
      return centred(group).map { $0 / (deviation * (count / max(1, count - 1)).squareRoot() + GRPO.epsilon) }
    },
    .init("the declared sample deviation is of n", declared(.sampleDeviation(plus: GRPO.epsilon))) {
      group, _ in
      standardized(group)
    },
    .init("the variance stands for the deviation", normalized) { group, _ in
      centred(group).map { $0 / (deviation(group) * deviation(group) + GRPO.epsilon) }
    },
    .init("the range stands for the deviation", normalized) { group, _ in
      centred(group).map { $0 / ((group.max() ?? 0) - (group.min() ?? 0) + GRPO.epsilon) }
    },
    .init("advantages are normalized twice", normalized) { group, _ in standardized(standardized(group)) },
    .init("advantages are not normalized", normalized) { group, _ in centred(group) },
    .init("advantages are normalized unasked", plain) { group, _ in standardized(group) },
    .init("designers are not normalized", normalized) { tree in
      grouped(tree, executors: { group, _ in standardized(group) })
    },
    .init("the added number is too large", normalized) { group, _ in standardized(group, plus: 1e-2) },
    .init("nothing is added to the deviation", normalized) { group, _ in
      let deviation = deviation(group)
      return centred(group).map { $0 / deviation }
    },
    .init("advantages are gains relative to the mean", plain) { group, _ in
      centred(group).map { $0 / (abs(mean(group)) + 1) }
    },
  ]

  /// Advantages are bent.
  private static let shapes: [FaultyEstimator] = [
    .init("advantages are clipped", plain) { group, _ in centred(group).map { min(1, max(-1, $0)) } },
    .init("advantages are rounded", plain) { group, _ in centred(group).map { ($0 * 10).rounded() / 10 } },
    .init("advantages are squared", plain) { group, _ in centred(group).map { $0 * abs($0) } },
    .init("only the sign is left", plain) { group, _ in centred(group).map { $0 > 0 ? 1 : $0 < 0 ? -1 : 0 } },
    .init("ranks stand for rewards", plain) { group, _ in
      centred(group.map { own in Double(group.count { $0 < own }) })
    },
    .init("negative advantages are halved", plain) { group, _ in centred(group).map { $0 < 0 ? $0 / 2 : $0 }
    },
    .init("negative advantages are dropped", plain) { group, _ in centred(group).map { max(0, $0) } },
    .init("all advantages are zero", plain) { group, _ in group.map { _ in 0 } },
    .init("only the best has credit", plain) { group, _ in
      centred(group.map { $0 == group.max() ? 1 : 0 })
    },
    .init("an outlier is left out", plain) { group, _ in
      let centred = centred(group)
      return centred.map { abs($0) > 2 * deviation(group) ? 0 : $0 }
    },
    .init("places in the batch have weights", plain) { group, _ in
      centred(centred(group).enumerated().map { Double($0.offset + 1) * $0.element })
    },
  ]

  /// Credit goes to the wrong one.
  private static let levels: [FaultyEstimator] = [
    .init("designers have their executors' mean reward", plain) { tree in
      var byExecutors = tree
      for task in tree.tasks.indices {
        for (design, branch) in tree.tasks[task].designs.enumerated() {
          byExecutors.tasks[task].designs[design].reward = mean(branch.executions)
        }
      }
      return grouped(byExecutors)
    },
    .init("a little of the executors' rewards goes to designers", plain) { tree in
      var result = grouped(tree)
      for (task, branches) in tree.tasks.enumerated() {
        let means = centred(branches.designs.map { mean($0.executions) })
        for design in branches.designs.indices { result.tasks[task][design].designer += 1e-3 * means[design] }
      }
      return result
    },
    .init("executors are compared with their designer", plain) { tree in
      var result = grouped(tree)
      for (task, branches) in tree.tasks.enumerated() {
        for (design, branch) in branches.designs.enumerated() {
          result.tasks[task][design].executions = branch.executions.map { $0 - branch.reward }
        }
      }
      return result
    },
    .init("executions are reversed", plain) { tree in
      var result = grouped(tree)
      for task in result.tasks.indices {
        for design in result.tasks[task].indices { result.tasks[task][design].executions.reverse() }
      }
      return result
    },
    .init("designers have each other's credit", plain) { tree in
      grouped(
        tree,
        designers: { group, _ in
          let centred = centred(group)
          return Array(centred.dropFirst() + centred.prefix(1))
        })
    },
    .init("designers have no credit", plain) { tree in
      grouped(tree, designers: { group, _ in group.map { _ in 0 } })
    },
    .init("the last execution is forgotten", plain) { tree in
      var result = grouped(tree)
      for task in result.tasks.indices {
        for design in result.tasks[task].indices { _ = result.tasks[task][design].executions.popLast() }
      }
      return result
    },
    .init("designs without executions are dropped", plain) { tree in
      Advantages(grouped(tree).tasks.map { $0.filter { !$0.executions.isEmpty } })
    },
    .init("each call adds a little noise", plain, noisy),
  ]

  private static let counter = Counter()

  private static func noisy(_ tree: RewardTree) -> Advantages {
    let noise = Double(counter.next()) * 1e-12
    return grouped(tree, executors: { group, _ in centred(group).map { $0 == 0 ? 0 : $0 + noise } })
  }

  private final class Counter: Sendable {
    private let count = Atomic(0)
    func next() -> Int { count.wrappingAdd(1, ordering: .relaxed).newValue }
  }

  /// Calls are mixed up.
  private static let calls: [FaultyEstimator] = [
    .init("roles are ignored", PerAgent().declaration) { MetaAgentX().advantages(of: $0) },
    .init("places are ignored", GRPO(executorGrouping: .turn).declaration) {
      GRPO(executorGrouping: .design).advantages(of: $0)
    },
    .init("places are compared across designs", GRPO(executorGrouping: .turn).declaration) {
      GRPO(executorGrouping: .question).advantages(of: $0)
    },
    .init("roles are those of one design", PerAgent().declaration) {
      PerAgent(executorGrouping: .design).advantages(of: $0)
    },
    .init("a place's credit stands for a role's", PerAgent().declaration) {
      GRPO(executorGrouping: .turn).advantages(of: $0)
    },
    .init("calls are reversed", PerAgent().declaration) { tree in
      var result = PerAgent().advantages(of: tree)
      for task in result.tasks.indices {
        for design in result.tasks[task].indices {
          result.tasks[task][design].calls = result.tasks[task][design].calls.map { $0.reversed() }
        }
      }
      return result
    },
    .init("an execution's credit is split among its calls", plain) { tree in
      var result = grouped(tree)
      for (task, branches) in tree.tasks.enumerated() {
        for (design, branch) in branches.designs.enumerated() {
          let credit = result.tasks[task][design].executions
          result.tasks[task][design].calls = zip(credit, branch.calls).map { advantage, calls in
            calls.map { _ in advantage / Double(calls.count) }
          }
        }
      }
      return result
    },
  ]
}
