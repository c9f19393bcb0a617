import Foundation
import Policy

/// A benchmark of the policy engine, which times training and decoding for several shapes.
///
/// The work is that of `Benchmarks/peers/policy_transformers.py` and `policy_llamacpp.py`, so that they can be compared in one
/// run.
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
    "smollm2": smollm2, "smollm2-bf16": smollm2, "smollm2-q8_0": smollm2,
  ]

  /// The shape of SmolLM2-135M. Its names beside this one say how the weights are stored that do not learn.
  private static let smollm2 = ModelConfiguration(
    vocabularySize: 49_152, hiddenSize: 576, layerCount: 30, headCount: 9, keyValueHeadCount: 3,
    headDimension: 64, intermediateSize: 1536, ropeTheta: 1e5, hasQueryKeyNorms: false, maximumPositions: 2048
  )

  func run(_ names: [String]) throws -> Report {
    var report = Report(
      products: products.description ?? InstructionSet.current.rawValue, threads: threads,
      productRate: ProductRate.measured(threads: threads))
    print(
      "products: \(report.products); \(threads) threads, large products \(rounded(report.productRate)) GFLOP/s"
    )
    for name in names {
      guard let configuration = Self.shapes[name] else { continue }
      if name.hasPrefix("smollm2") {
        try runAdapted(name, configuration, &report)
        continue
      }
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

  /// Times a published model under an adapter of rank 16: decoding of batches, prefill of a prompt, and a gradient with two
  /// prompts that four completions each share. Float32 weights are merged with the adapter, and others are not.
  private func runAdapted(_ name: String, _ configuration: ModelConfiguration, _ report: inout Report) throws
  {
    let format = name.split(separator: "-").last.flatMap { FrozenWeights.Format(rawValue: String($0)) }
    let weights = Weights.random(configuration, seed: 1)
    let adapter = Adapter(configuration, rank: 16, alpha: 32, seed: 1)
    let model =
      if let format {
        Transformer(frozen: FrozenWeights(weights, format, threads: threads), adapter: adapter)
      } else { Transformer(weights: adapter.merged(into: weights), products: products) }
    for (batch, count) in [(1, 64), (16, 32), (64, 16)] where "decode \(batch)".hasPrefix(work) {
      let seconds = try medianSeconds { try decode(model, batch: batch, tokens: count) }
      add("decode \(batch)", name, batch * count, seconds, operations: 1, count / 2, configuration, &report)
    }
    let length = 512
    if "prefill \(length)".hasPrefix(work) {
      let seconds = try medianSeconds {
        let decoder = Decoder(model, threads: threads)
        _ = try decoder.submit(
          GenerationRequest(
            prompt: (0..<length).map { Int32($0 * 7 % 1000) }, maximumTokens: 1,
            sampling: SamplingParameters(),
            seed: 1, endToken: -1))
        _ = try decoder.step()
      }
      // Only the last position has logits.
      let head = 2 * Double(configuration.hiddenSize * configuration.vocabularySize)
      let share = 1 - head / configuration.forwardOperations(position: length / 2)
      add("prefill \(length)", name, length, seconds, operations: share, length / 2, configuration, &report)
    }
    let (prompts, each, begin, own) = (2, 4, 192, 32)
    let work = "LoRA \(prompts) x \(each)"
    guard work.hasPrefix(self.work) else { return }
    let sequences = (0..<prompts * each).map { index in
      let prompt = (0..<begin).map { Int32((index / each * 31 + $0 * 7) % 1000) }
      return TrainingSequence(
        tokens: prompt + (0..<own).map { Int32((index * 37 + $0 * 11) % 1000) }, promptCount: begin)
    }
    let engine = TrainingEngine(threads: threads)
    let seconds = try medianSeconds { _ = try engine.gradient(of: sequences, model: model, adapter: adapter) }
    // What is counted is what a trainer without shared beginnings computes, with gradients of activations only: two
    // passes.
    add(
      work, name, prompts * each * (begin + own), seconds, operations: 2, begin, configuration, &report)
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
