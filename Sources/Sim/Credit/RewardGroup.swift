/// Arithmetic on the rewards of one group.
///
/// Sums run over sorted values, so that the order of the members does not change a bit of the result.
enum RewardGroup {
  /// The mean of at least one reward.
  static func mean(of rewards: [Double]) -> Double {
    rewards.sorted().reduce(0, +) / Double(rewards.count)
  }

  /// The mean; 0 of no rewards.
  static func meanOrZero(of rewards: [Double]) -> Double { rewards.isEmpty ? 0 : mean(of: rewards) }

  /// Whether any two rewards differ.
  static func differ(_ rewards: [Double]) -> Bool { rewards.contains { $0 != rewards[0] } }

  /// Each reward less the group's mean; exactly 0 where all are equal, as in a group of one.
  static func deviations(of rewards: [Double]) -> [Double] {
    guard differ(rewards) else { return Array(repeating: 0, count: rewards.count) }
    let mean = mean(of: rewards)
    return rewards.map { $0 - mean }
  }

  /// Each reward less the mean of the others; exactly 0 where all are equal, as in a group of one.
  static func leaveOneOut(_ rewards: [Double]) -> [Double] {
    guard differ(rewards) else { return Array(repeating: 0, count: rewards.count) }
    let (sum, others) = (rewards.sorted().reduce(0, +), Double(rewards.count - 1))
    return rewards.map { $0 - (sum - $0) / others }
  }

  /// Each reward less the group's mean, divided by its standard deviation plus ``GRPO/epsilon``.
  static func standardized(_ rewards: [Double]) -> [Double] {
    let deviations = deviations(of: rewards)
    let scale = rootMeanSquare(of: deviations) + GRPO.epsilon
    return deviations.map { $0 / scale }
  }

  /// The root of the mean square (the population's standard deviation, given deviations); 0 for none.
  static func rootMeanSquare(of deviations: [Double]) -> Double {
    deviations.isEmpty ? 0 : mean(of: deviations.map { $0 * $0 }).squareRoot()
  }
}
