import Sim

/// An estimator with one planted fault.
struct FaultyEstimator: CreditEstimator, CustomStringConvertible {
  /// Maps the rewards of a group to advantages; `batch` is every reward of the role in the tree.
  typealias Relative = @Sendable (_ group: [Double], _ batch: [Double]) -> [Double]

  let description: String
  var declaration: CreditDeclaration
  let body: @Sendable (RewardTree) -> Advantages

  var executorGrouping: ExecutorGrouping { declaration.grouping }

  func advantages(of tree: RewardTree) -> Advantages { body(tree) }

  init(
    _ description: String, _ declaration: CreditDeclaration,
    _ body: @escaping @Sendable (RewardTree) -> Advantages
  ) {
    self.description = description
    self.declaration = declaration
    self.body = body
  }

  /// A fault that is in every group alike. Groups are questions unless `grouping` is given.
  init(
    _ description: String, _ declaration: CreditDeclaration, grouping: ExecutorGrouping = .question,
    _ relative: @escaping Relative
  ) {
    self.init(description, declaration) {
      Self.grouped($0, grouping, designers: relative, executors: relative)
    }
  }

  /// Works group by group.
  static func grouped(
    _ tree: RewardTree, _ grouping: ExecutorGrouping = .question,
    designers: Relative = { group, _ in centred(group) },
    executors: Relative = { group, _ in centred(group) }
  ) -> Advantages {
    let batch = (
      designs: tree.tasks.flatMap { $0.designs.map(\.reward) },
      executions: tree.tasks.flatMap(\.designs).flatMap(\.executions)
    )
    return Advantages(
      tree.tasks.map { task in
        let rewards = task.designs.map(\.executions)
        var flat = grouping == .question ? executors(rewards.flatMap(\.self), batch.executions)[...] : []
        let credits = rewards.map { own in
          guard grouping == .question else { return executors(own, batch.executions) }
          defer { flat = flat.dropFirst(own.count) }
          return Array(flat.prefix(own.count))
        }
        return zip(designers(task.designs.map(\.reward), batch.designs), credits).map {
          Advantages.Design(designer: $0, executions: $1)
        }
      })
  }

  static func mean(_ values: [Double]) -> Double {
    values.isEmpty ? 0 : values.sorted().reduce(0, +) / Double(values.count)
  }

  static func centred(_ values: [Double]) -> [Double] {
    if Set(values).count <= 1 { return values.map { _ in 0 } }
    let mean = mean(values)
    return values.map { $0 - mean }
  }

  static func deviation(_ values: [Double]) -> Double { mean(centred(values).map { $0 * $0 }).squareRoot() }

  static func standardized(_ values: [Double], plus epsilon: Double = GRPO.epsilon) -> [Double] {
    centred(values).map { $0 / (deviation(values) + epsilon) }
  }
}
