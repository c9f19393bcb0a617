/// A rate that rises linearly, then falls by a cosine to a part of its peak.
///
/// Source: Loshchilov and Hutter, "SGDR" (arXiv 1608.03983), eq. 5, without restarts.
public struct LearningRateSchedule: Sendable, Hashable {
  public var peak: Double
  /// Steps over which the rate rises from 0; 0 or 1 begin at the peak.
  public var warmup: Int
  /// Steps after which the rate stays at its end.
  public var steps: Int
  /// The part of the peak that is left at the end; 1 keeps the peak.
  public var finalRate: Double

  public init(peak: Double, warmup: Int = 0, steps: Int, finalRate: Double = 1) {
    (self.peak, self.warmup, self.steps, self.finalRate) = (peak, warmup, steps, finalRate)
  }

  /// The rate of step `step`, from 0.
  public func rate(step: Int) -> Float {
    let rise = min(1, Double(step + 1) / Double(max(1, warmup)))
    let fall = 0.5 * (1 + Elementary.cosAndSin(.pi * min(1, Double(step) / Double(max(1, steps)))).cos)
    return Float(peak * rise * (finalRate + (1 - finalRate) * fall))
  }
}
