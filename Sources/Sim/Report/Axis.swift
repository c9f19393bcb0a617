/// Maps values to positions along one side of a chart, with ticks at round numbers.
struct Axis {
  let values: ClosedRange<Double>
  /// Position of the least and of the greatest value, in that order.
  let start: Double
  let end: Double

  func position(of value: Double) -> Double {
    let span = values.upperBound - values.lowerBound
    return span > 0 ? start + (value - values.lowerBound) / span * (end - start) : (start + end) / 2
  }

  /// About `count` multiples of 1, 2 or 5 times a power of ten, and the decimals to show them with.
  func ticks(about count: Int) -> (values: [Double], decimals: Int) {
    let rough = (values.upperBound - values.lowerBound) / Double(count)
    guard rough > 0, rough.isFinite else { return ([values.lowerBound], 2) }
    var (power, decimals) = (1.0, 0)
    while power > rough { (power, decimals) = (power / 10, decimals + 1) }
    while power * 10 <= rough { (power, decimals) = (power * 10, max(0, decimals - 1)) }
    let step = [1.0, 2, 5, 10].map { $0 * power }.first { $0 >= rough * 0.99 } ?? power * 10
    if step == power * 10 { decimals = max(0, decimals - 1) }
    let first = (values.lowerBound / step).rounded(.up)
    let last = (values.upperBound / step * (1 + 1e-12)).rounded(.down)
    guard last - first < 100 else { return ([values.lowerBound], decimals) }
    return (stride(from: first, through: last, by: 1).map { $0 * step }, decimals)
  }

  /// The least range of round numbers that holds all finite values, and always `including`.
  static func range(of values: [Double], including: ClosedRange<Double>) -> ClosedRange<Double> {
    let finite = values.filter(\.isFinite)
    let low = finite.reduce(including.lowerBound, min)
    let high = finite.reduce(including.upperBound, max)
    let margin = (high - low) * 0.04
    return
      (low < including.lowerBound ? low - margin : low)...(high > including.upperBound ? high + margin : high)
  }
}
