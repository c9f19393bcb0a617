/// What an estimator says of itself: who is compared with whom, with which baseline, and divided by what.
///
/// ``CreditLaw`` holds an estimator to its declaration. What is `nil` is not declared, and then the laws of the exact
/// form do not apply; every other law does.
public struct CreditDeclaration: Sendable, Hashable {
  /// What is subtracted from a reward.
  public enum Baseline: Sendable, Hashable {
    /// The mean of the group, which includes the reward itself.
    case mean
    /// The mean of the other rewards of the group; a reward that is alone has the advantage 0.
    case meanOfOthers
  }

  /// What the difference from the baseline is divided by.
  public enum Divisor: Sendable, Hashable {
    /// Nothing: advantages grow in proportion to rewards.
    case one
    /// The standard deviation of the group, from the mean square over its n members, plus a small number.
    case deviation(plus: Double)
    /// The standard deviation of the group as a sample, from the sum of squares over n - 1, plus a small number.
    case sampleDeviation(plus: Double)
  }

  /// The groups within which executors are compared. Designs are always compared with those of the same task.
  public var grouping: ExecutorGrouping
  /// Whether calls of different roles are never compared, even within a group.
  public var separatesRoles: Bool
  public var baseline: Baseline?
  public var divisor: Divisor?
  /// The forks that calls are compared with; `nil` if they are compared with other executions. An estimator that asks
  /// for forks compares nothing across executions, and its grouping, baseline and divisor are those of designs.
  public var forks: CreditForks?

  public init(
    grouping: ExecutorGrouping, separatesRoles: Bool = false, baseline: Baseline? = nil,
    divisor: Divisor? = nil, forks: CreditForks? = nil
  ) {
    self.grouping = grouping
    self.separatesRoles = separatesRoles
    self.baseline = baseline
    self.divisor = divisor
    self.forks = forks
  }

  /// Whether what is compared are calls. Otherwise executions are.
  var comparesCalls: Bool { grouping == .turn || separatesRoles || forks != nil }
}
