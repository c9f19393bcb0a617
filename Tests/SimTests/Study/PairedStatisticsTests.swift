import Foundation
import Testing

@testable import Sim

/// The golden values are those of SciPy and statsmodels: `record_statistics_golden.py`.
@Suite("Statistics over seeds")
struct PairedStatisticsTests {
  private struct Golden: Decodable {
    struct Quantile: Decodable { var degrees: Int, t: Double }
    struct Interval: Decodable { var values: [Double], mean: Double, low: Double, high: Double }
    struct Flip: Decodable { var differences: [Int], p: Double }
    struct Holm: Decodable { var p: [Double], corrected: [Double] }
    var quantiles: [Quantile]
    var intervals: [Interval]
    var flips: [Flip]
    var holm: [Holm]
  }

  private let golden: Golden

  init() throws {
    let url = try #require(Bundle.module.url(forResource: "Fixtures/statistics", withExtension: "json"))
    golden = try JSONDecoder().decode(Golden.self, from: Data(contentsOf: url))
  }

  private func isNear(_ a: Double, _ b: Double) -> Bool { abs(a - b) <= 1e-9 * max(1, abs(b)) }

  @Test("Student's interval is SciPy's; a single value has none")
  func intervals() throws {
    #expect(golden.quantiles.count > 10)
    for quantile in golden.quantiles {
      #expect(isNear(PairedStatistics.studentQuantile(quantile.degrees), quantile.t), "\(quantile)")
    }
    for expected in golden.intervals {
      let found = PairedStatistics.estimate(expected.values)
      let interval = try #require(found.interval)
      #expect(isNear(found.mean, expected.mean))
      #expect(isNear(interval.lowerBound, expected.low) && isNear(interval.upperBound, expected.high))
    }
    #expect(PairedStatistics.estimate([0.25]) == .init(mean: 0.25, interval: nil))
  }

  @Test("the sign-flip test is SciPy's permutation test: exact for up to 16 differences, near it for more")
  func flips() {
    #expect(golden.flips.contains { $0.differences.count > PairedStatistics.mostExact })
    for expected in golden.flips {
      let found = PairedStatistics.signFlipProbability(expected.differences)
      let isExact = expected.differences.count <= PairedStatistics.mostExact
      #expect(isExact ? isNear(found, expected.p) : abs(found - expected.p) < 0.005, "\(expected)")
      #expect(found == PairedStatistics.signFlipProbability(expected.differences.map { -$0 }) || !isExact)
      #expect(found == PairedStatistics.signFlipProbability(expected.differences))
    }
    // Three seeds cannot show anything below a quarter, whatever they differ by.
    #expect(PairedStatistics.signFlipProbability([200, 190, 210]) == 0.25)
    #expect(PairedStatistics.signFlipProbability(Array(repeating: 5, count: 200)) == 1e-5)
  }

  @Test("Holm's correction is statsmodels'")
  func holm() {
    for expected in golden.holm {
      let found = PairedStatistics.holm(expected.p)
      #expect(zip(found, expected.corrected).allSatisfy(isNear) && found.count == expected.p.count)
    }
    #expect(PairedStatistics.holm([]).isEmpty)
  }
}
