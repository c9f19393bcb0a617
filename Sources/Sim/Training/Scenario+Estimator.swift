extension Scenario.Credit {
  /// The estimator these settings ask for.
  public var creditEstimator: any CreditEstimator {
    switch estimator {
    case .grpo: GRPO(normalize: normalize, executorGrouping: executorGrouping)
    }
  }
}
