import Foundation
import Sim

/// Estimators with one planted fault each, as they occur in practice; each breaks one law and keeps the
/// others.
enum FaultyEstimators {
  /// Works group by group; `relative` maps the rewards of a group, given all rewards of its role, to
  /// advantages.
  struct Grouped: CreditEstimator {
    var executorGrouping = ExecutorGrouping.design
    var relative: @Sendable (_ group: [Double], _ everyReward: [Double]) -> [Double]

    func advantages(of tree: RewardTree) -> Advantages {
      let designs = tree.tasks.flatMap { $0.designs.map(\.reward) }
      let executions = tree.tasks.flatMap(\.designs).flatMap(\.executions)
      return Advantages(
        tree.tasks.map { task in
          zip(relative(task.designs.map(\.reward), designs), task.designs).map { designer, design in
            Advantages.Design(
              designer: designer, executions: relative(design.executions, executions))
          }
        })
    }
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

  /// Compares with the median.
  static let median = Grouped { group, _ in
    group.isEmpty ? [] : group.map { $0 - group.sorted()[group.count / 2] }
  }

  /// Divides by the size of the mean reward, as if it were a relative gain.
  static let relativeGain = Grouped { group, _ in
    centred(group).map { $0 / (abs(mean(group)) + 1) }
  }

  /// Weighs a trajectory by its place in the batch, then centres.
  static let positional = Grouped { group, _ in
    centred(centred(group).enumerated().map { Double($0.offset + 1) * $0.element })
  }

  /// Divides by the standard deviation of the whole batch.
  static let batchNormalized = Grouped { group, everyReward in
    centred(group).map { $0 / (deviation(everyReward) + GRPO.epsilon) }
  }

  /// Divides by the standard deviation with nothing added.
  static let unguarded = Grouped { group, _ in
    let (centred, deviation) = (centred(group), deviation(group))
    // Where the deviation is only rounding error, other laws would notice too.
    return centred.map { deviation > 1e-3 || deviation == 0 ? $0 / deviation : $0 }
  }
}
