/// A success rate over independent tasks, with its Wilson 95 % interval.
///
/// Source: E. B. Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22
/// (1927), eq. 5. Unlike the normal interval it stays inside 0...1 and is not empty at 0 or n.
public struct Proportion: Sendable, Hashable {
  public var successes: Int
  public var trials: Int

  public init(successes: Int = 0, trials: Int = 0) {
    self.successes = successes
    self.trials = trials
  }

  public mutating func record(_ success: Bool) {
    trials += 1
    if success { successes += 1 }
  }

  /// The observed rate, 0 for no trials.
  public var rate: Double { trials == 0 ? 0 : Double(successes) / Double(trials) }

  /// The Wilson interval at 95 %; 0...1 for no trials.
  public var interval: ClosedRange<Double> {
    guard trials > 0 else { return 0...1 }
    let z = 1.959963984540054
    let n = Double(trials)
    let centre = rate + z * z / (2 * n)
    let half = z * (rate * (1 - rate) / n + z * z / (4 * n * n)).squareRoot()
    let scale = 1 + z * z / n
    return max(0, (centre - half) / scale)...min(1, (centre + half) / scale)
  }

  /// In percent, as `62.5 [56.4, 68.2]`.
  public var percentText: String {
    func one(_ x: Double) -> String {
      let tenths = (x * 1000).rounded()
      return "\(Int(tenths) / 10).\(Int(tenths) % 10)"
    }
    return "\(one(rate)) [\(one(interval.lowerBound)), \(one(interval.upperBound))]"
  }
}
