/// Arithmetic on the rewards of one group.
///
/// Sums run over sorted values, so that the order of the members does not change a bit of the result.
enum RewardGroup {
  /// The mean of at least one reward.
  static func mean(of rewards: [Double]) -> Double {
    rewards.sorted().reduce(0, +) / Double(rewards.count)
  }

  /// Each reward less the group's mean; exactly 0 where all are equal, as in a group of one.
  static func deviations(of rewards: [Double]) -> [Double] {
    guard let first = rewards.first, rewards.contains(where: { $0 != first }) else {
      return Array(repeating: 0, count: rewards.count)
    }
    let mean = mean(of: rewards)
    return rewards.map { $0 - mean }
  }

  /// The root of the mean square (the population's standard deviation, given deviations); 0 for none.
  static func rootMeanSquare(of deviations: [Double]) -> Double {
    deviations.isEmpty ? 0 : mean(of: deviations.map { $0 * $0 }).squareRoot()
  }
}
