import Foundation
import Policy

/// A benchmark of the policy engine, which times training and decoding for three shapes.
///
/// The work is that of `Benchmarks/peers/policy_transformers.py`, so that the two can be compared in one run.
struct PolicyBenchmark {
  /// A piece of work and its speed.
  struct Result: Codable {
    var model: String
    var work: String
    /// The tokens a second: the median of five runs after one that is not counted.
    var rate: Double
    /// The speed as a share of the rate of large products on as many threads.
    var roofline: Double
  }

  /// All results, and the products and machine that they depend on.
  struct Report: Codable {
    /// The products that were used.
    var products: String
    var threads: Int
    /// The GFLOP a second of large products.
    var productRate: Double
    var results: [Result] = []
  }

  let threads: Int
  let products: Products
  /// The beginning of the names of the works to time.
  let work: String
  let print: (String) -> Void

  static let shapes: [String: ModelConfiguration] = [
    "nano": .nano(vocabularySize: 64), "micro": .micro(vocabularySize: 64),
    // This is the shape of Qwen3-0.6B.
    "published": ModelConfiguration(
      vocabularySize: 151_936, hiddenSize: 1024, layerCount: 28, headCount: 16, keyValueHeadCount: 8,
      headDimension: 128, intermediateSize: 3072, ropeTheta: 1e6),
  ]

  func run(_ names: [String]) throws -> Report {
    var report = Report(
      products: products.description ?? InstructionSet.current.rawValue, threads: threads,
      productRate: ProductRate.measured(threads: threads))
    print(
      "products: \(report.products); \(threads) threads, large products \(rounded(report.productRate)) GFLOP/s"
    )
    for name in names {
      guard let configuration = Self.shapes[name] else { continue }
      let isLarge = name == "published"
      let model = Transformer(weights: .random(configuration, seed: 1), products: products)
      for batch in isLarge ? [8, 1] : [64, 1] {
        let count = isLarge ? 8 : 64
        guard "decode \(batch)".hasPrefix(work) else { continue }
        let seconds = try medianSeconds { try decode(model, batch: batch, tokens: count) }
        add("decode \(batch)", name, batch * count, seconds, operations: 1, count / 2, configuration, &report)
      }
      let (rows, columns) = isLarge ? (4, 64) : (64, 64)
      guard "train \(rows) x \(columns)".hasPrefix(work) else { continue }
      let seconds = try train(model, rows: rows, columns: columns)
      // The backward pass has two products for each product of the forward pass.
      add(
        "train \(rows) x \(columns)", name, rows * columns, seconds, operations: 3, columns / 2,
        configuration, &report)
    }
    return report
  }

  private func add(
    _ work: String, _ name: String, _ tokens: Int, _ seconds: Double, operations passes: Double,
    _ position: Int,
    _ configuration: ModelConfiguration, _ report: inout Report
  ) {
    let rate = Double(tokens) / seconds
    let roofline =
      rate * passes * configuration.forwardOperations(position: position) / (report.productRate * 1e9)
    report.results.append(Result(model: name, work: work, rate: rate, roofline: roofline))
    print(
      "\(name): \(work): \(rounded(rate)) tokens/s, \(Int((100 * roofline).rounded())) % of large products")
  }

  private func rounded(_ value: Double) -> String {
    value >= 100 ? "\(Int(value.rounded()))" : "\((value * 10).rounded() / 10)"
  }

  private func train(_ model: Transformer, rows: Int, columns: Int) throws -> Double {
    let sequences = (0..<rows).map { row in
      TrainingSequence(tokens: (0..<columns).map { Int32((row * 31 + $0 * 7) % 64) }, promptCount: 1)
    }
    let engine = TrainingEngine(threads: threads)
    var optimizer = AdamW(model.configuration)
    // The weights do not change from step to step, which does not change the cost of a step.
    var weights = model.weights
    return try medianSeconds {
      let gradient = try engine.gradient(of: sequences, model: model).gradient
      optimizer.update(&weights, gradient: gradient, learningRate: 1e-3, clipNorm: 1, threads: threads)
    }
  }

  private func decode(_ model: Transformer, batch: Int, tokens: Int) throws {
    let decoder = Decoder(model, threads: threads)
    for index in 0..<batch {
      // No token has this id, so every generation has the same length.
      _ = try decoder.submit(
        GenerationRequest(
          prompt: [1], maximumTokens: tokens, sampling: SamplingParameters(), seed: UInt64(index),
          endToken: -1))
    }
    while decoder.activeCount > 0 { _ = try decoder.step() }
  }

  private func medianSeconds(_ body: () throws -> Void) rethrows -> Double {
    try body()
    let times = try (0..<5).map { _ in
      let start = ContinuousClock.now
      try body()
      return (ContinuousClock.now - start) / .seconds(1)
    }
    return times.sorted()[2]
  }
}
