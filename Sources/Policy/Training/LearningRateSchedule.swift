/// A learning rate that rises linearly to its peak, and then falls along a cosine to a part of the peak.
///
/// Source: Loshchilov and Hutter, "SGDR" (arXiv 1608.03983), eq. 5, without restarts.
public struct LearningRateSchedule: Sendable, Hashable {
  /// The highest rate.
  package var peak: Double
  /// The number of steps in which the rate rises; with 0 or 1 it begins at the peak.
  package var warmup: Int
  /// The number of steps after which the rate no longer changes.
  package var steps: Int
  /// The part of the peak that is left at the end, 0 to 1; with 1 the rate stays at the peak.
  package var finalRate: Double

  public init(peak: Double, warmup: Int = 0, steps: Int, finalRate: Double = 1) {
    (self.peak, self.warmup, self.steps, self.finalRate) = (peak, warmup, steps, finalRate)
  }

  /// The rate of step `step`; steps count from 0.
  public func rate(step: Int) -> Float {
    let rise = min(1, Double(step + 1) / Double(max(1, warmup)))
    let fall = 0.5 * (1 + Elementary.cosAndSin(.pi * min(1, Double(step) / Double(max(1, steps)))).cos)
    return Float(peak * rise * (finalRate + (1 - finalRate) * fall))
  }
}
