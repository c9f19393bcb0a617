import Policy
import Sim

extension Verb {
  /// Measures this machine: wall-clock figures, for comparison within one run only.
  static let bench = Verb(
    name: "bench", operands: ["[NAME]"],
    summary: "measures this machine: `policy` (default), `messages` or `asks`",
    options: [.threads, .kernel, .json]
  ) { arguments in
    switch arguments.positional.first ?? "policy" {
    case "policy": try benchPolicy(arguments)
    case "messages": try MessageBenchmark.run(asJSON: arguments.has(.json))
    case "asks": MessageBenchmark.runAsks()
    case let other:
      let near = Spelling.nearest(to: other, among: ["policy", "messages", "asks"])
      throw UsageError("bench: unknown benchmark '\(other)'" + (near.map { "; did you mean '\($0)'?" } ?? ""))
    }
    return 0
  }

  private static func benchPolicy(_ arguments: Arguments) throws {
    let threads = try arguments.integer(.threads, in: 1...64) ?? 2
    Console.print("kernel \(BLAS.kernel), \(threads) threads; median of 5")
    for (name, configuration) in [
      ("nano", ModelConfiguration.nano(vocabularySize: 64)), ("micro", .micro(vocabularySize: 64)),
    ] {
      let model = Transformer(
        weights: .random(configuration, seed: 1), plan: BlockPlan(probing: configuration))
      let sequences = (0..<64).map { row in
        TrainingSequence(tokens: (0..<64).map { Int32((row * 31 + $0 * 7) % 64) }, promptCount: 1)
      }
      let engine = TrainingEngine(threads: threads)
      var optimizer = AdamW(configuration)
      var weights = model.weights
      let step = try medianSeconds {
        let gradient = try engine.gradient(of: sequences, model: model).gradient
        optimizer.update(&weights, gradient: gradient, learningRate: 1e-3, clipNorm: 1)
      }
      Console.print("\(name): agreeing block heights \(model.plan.heights)")
      Console.print("\(name): train step, 64 x 64 tokens: \(Int(64 * 64 / step)) tokens/s")
      for batch in [64, 1] {
        let seconds = try medianSeconds { try decode(model, batch: batch, tokens: 64) }
        Console.print(
          "\(name): decode, batch \(batch), one thread: \(Int(Double(batch * 64) / seconds)) tokens/s")
      }
    }
  }

  private static func decode(_ model: Transformer, batch: Int, tokens: Int) throws {
    let decoder = Decoder(model)
    for index in 0..<batch {
      // No token is the end token, so every generation has the same length.
      _ = try decoder.submit(
        GenerationRequest(
          prompt: [1], maximumTokens: tokens, sampling: SamplingParameters(), seed: UInt64(index),
          endToken: -1))
    }
    while decoder.activeCount > 0 { _ = decoder.step() }
  }

  private static func medianSeconds(_ body: () throws -> Void) rethrows -> Double {
    try body()
    let times = try (0..<5).map { _ in
      let start = ContinuousClock.now
      try body()
      return (ContinuousClock.now - start) / .seconds(1)
    }
    return times.sorted()[2]
  }
}
