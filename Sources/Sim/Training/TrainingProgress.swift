/// Where a training run stands: what a progress bar shows.
public struct TrainingProgress: Sendable {
  public struct Figure: Sendable {
    public var name: String
    public var value: Double
  }
  /// "cold start", "executor", "designer" or "evaluation".
  public var stage: String
  /// Steps done of this phase, and how many it has.
  public var step: Int
  public var stepCount: Int
  /// Of the whole run's expected work, 0...1.
  public var fraction: Double
  /// The latest figures, in the order to show them.
  public var figures: [Figure]
}
