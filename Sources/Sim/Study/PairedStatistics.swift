import Foundation
import Messaging

/// Statistics over the seeds of a study. The unit is the seed: tasks of one seed are solved by the same policy, so they
/// are not independent of each other.
package enum PairedStatistics {
  /// A mean with its 95 % interval.
  package struct Estimate: Sendable, Hashable {
    package var mean: Double
    /// `nil` for a single value, which says nothing about others.
    package var interval: ClosedRange<Double>?
  }

  /// Returns the mean of `values` with Student's interval for it (Student 1908, doi:10.1093/biomet/6.1.1), which takes
  /// them to be drawn from a normal distribution.
  /// - Precondition: there is a value.
  package static func estimate(_ values: [Double]) -> Estimate {
    precondition(!values.isEmpty, "a mean of nothing")
    let (n, mean) = (Double(values.count), values.reduce(0, +) / Double(values.count))
    guard values.count > 1 else { return Estimate(mean: mean) }
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / (n - 1)
    let reach = studentQuantile(values.count - 1) * (variance / n).squareRoot()
    return Estimate(mean: mean, interval: (mean - reach)...(mean + reach))
  }

  /// Returns the t for which |T| <= t has the probability 0.95, with `degrees` degrees of freedom.
  ///
  /// It bisects the probability, which is a finite sum (Abramowitz and Stegun 1964, 26.7.3 and 26.7.4).
  static func studentQuantile(_ degrees: Int) -> Double {
    var (low, high) = (0.0, 16.0)
    for _ in 0..<100 {
      let middle = (low + high) / 2
      if centralProbability(middle, degrees) < 0.95 { low = middle } else { high = middle }
    }
    return (low + high) / 2
  }

  private static func centralProbability(_ t: Double, _ degrees: Int) -> Double {
    let angle = atan(t / Double(degrees).squareRoot())
    let (sine, cosine) = (sin(angle), cos(angle))
    let isOdd = !degrees.isMultiple(of: 2)
    // The sum's terms are cos^k with k = 1, 3, ... or 0, 2, ..., up to degrees - 2.
    var (term, sum, power) = (isOdd ? cosine : 1, 0.0, isOdd ? 1 : 0)
    while power <= degrees - 2 {
      sum += term
      term *= cosine * cosine * Double(power + 1) / Double(power + 2)
      power += 2
    }
    return isOdd ? 2 / .pi * (angle + sine * sum) : sine * sum
  }

  /// The most differences whose signs are all tried.
  static let mostExact = 16
  /// The number of random signs that are tried for more differences.
  static let draws = 99_999

  /// Returns the two-sided p of the sign-flip test: how probable a sum as far from 0 as that of `differences` would be
  /// if each difference had either sign with probability 1/2 (Fisher 1935, The Design of Experiments, section 21).
  ///
  /// The test takes nothing for granted but that: if two arms are the same, exchanging their results on one seed
  /// changes nothing. All signs are tried for up to 16 differences, so p is exact, and never below 2 / 2^n. For more,
  /// a fixed stream draws signs, and p counts the given ones too (Phipson and Smyth 2010, doi:10.2202/1544-6115.1585).
  /// - Complexity: O(n 2^n), for more than 16 differences O(n draws).
  package static func signFlipProbability(_ differences: [Int]) -> Double {
    func sum(negating isNegative: (Int) -> Bool) -> Int {
      differences.indices.reduce(0) { isNegative($1) ? $0 - differences[$1] : $0 + differences[$1] }
    }
    let observed = abs(sum { _ in false })
    guard differences.count > mostExact else {
      let all = 1 << differences.count
      let found = (0..<all).count { signs in abs(sum { signs >> $0 & 1 == 1 }) >= observed }
      return Double(found) / Double(all)
    }
    var stream = SeededStream(seed: 1, name: "sign flips")
    let found = (0..<draws).count { _ in
      let signs = stride(from: 0, to: differences.count, by: 64).map { _ in stream.next() }
      return abs(sum { signs[$0 / 64] >> UInt64($0 % 64) & 1 == 1 }) >= observed
    }
    return Double(found + 1) / Double(draws + 1)
  }

  /// Returns the probabilities corrected for being as many as they are, by Holm's method (Holm 1979,
  /// https://www.jstor.org/stable/4615733): rejecting those below 0.05 rejects any true hypothesis with probability
  /// 0.05 at most, however they depend on each other.
  package static func holm(_ probabilities: [Double]) -> [Double] {
    let order = probabilities.indices.sorted { (probabilities[$0], $0) < (probabilities[$1], $1) }
    var (corrected, greatest) = (probabilities, 0.0)
    for (rank, index) in order.enumerated() {
      greatest = max(greatest, min(1, probabilities[index] * Double(probabilities.count - rank)))
      corrected[index] = greatest
    }
    return corrected
  }
}
