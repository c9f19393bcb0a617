import Policy
import Synchronization

/// The speed of a decoder as figures for people, for `--verbose`.
struct DecoderRates {
  private let statistics: Decoder.Statistics
  private let configuration: ModelConfiguration
  private let seconds: Double
  /// The GFLOP a second of large products.
  private let productRate: Double

  init(_ statistics: Decoder.Statistics, _ configuration: ModelConfiguration, seconds: Double, threads: Int) {
    self.statistics = statistics
    self.configuration = configuration
    self.seconds = seconds
    productRate = Self.productRates.withLock { rates in
      if let rate = rates[threads] { return rate }
      let rate = ProductRate.measured(threads: threads)
      rates[threads] = rate
      return rate
    }
  }

  /// The rates, each measured once for its number of threads.
  private static let productRates = Mutex<[Int: Double]>([:])

  var text: String {
    let rows = statistics.promptRows + statistics.tokenRows
    let operations = Double(rows) * configuration.forwardOperations(position: 0)
    let roofline = seconds > 0 ? operations / seconds / (productRate * 1e9) : 0
    let cache =
      "\(statistics.greatestCacheBytes >> 10) of \(statistics.cacheLimit >> 10) KiB of keys and values"
    return """
      \(statistics.tokens) tokens in \(statistics.steps) steps and \((seconds * 1000).rounded() / 1000) s: \
      \(Int((Double(statistics.tokens) / max(seconds, 1e-9)).rounded())) tokens/s, \
      \((statistics.occupancy * 10).rounded() / 10) a step; \(rows) rows, \(statistics.sharedRows) shared; \(cache); \
      \((1000 * roofline).rounded() / 10) % of large products
      """
  }
}
