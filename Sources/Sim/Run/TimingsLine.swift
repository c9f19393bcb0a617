import Policy

/// A line of `timings.csv`: where the wall-clock time of one step went, and what the policy did meanwhile.
struct TimingsLine {
  /// What kind of step it was.
  enum Phase: String { case cold, train }

  /// What a line says of its step's rollout.
  struct Rollout {
    var time: RolloutTime
    var generation: Decoder.Statistics
    /// Operations of a row of the policy's forward pass.
    var operationsPerRow: Double
    /// Operations a second of large products on all threads.
    var productRate: Double
  }

  /// The columns, in the order of ``allCases``. A cell is empty for what a step did not have.
  enum Column: CaseIterable {
    case phase
    /// From 0 in each phase.
    case step
    /// Seconds of a part of the step.
    case part(StepPart)
    /// Seconds from the end of the step before to the end of this one.
    case seconds
    /// Threads over which the parts of the rollout are means.
    case rolloutThreads
    /// Tokens drawn in a second of the rollout, in which actors run too.
    case tokensPerSecond
    /// Tokens drawn in a step of the decoder.
    case batchOccupancy
    case sharedRows
    case cacheBytes
    /// The part of the rate of large products that the forward passes of the whole rollout reached.
    case roofline

    static let allCases: [Column] =
      [.phase, .step] + StepPart.allCases.map(Column.part) + [
        .seconds, .rolloutThreads, .tokensPerSecond, .batchOccupancy, .sharedRows, .cacheBytes, .roofline,
      ]

    var name: String {
      switch self {
      case .phase: "phase"
      case .step: "step"
      case .part(let part): part.rawValue
      case .seconds: "seconds"
      case .rolloutThreads: "rollout_threads"
      case .tokensPerSecond: "tokens_per_second"
      case .batchOccupancy: "batch_occupancy"
      case .sharedRows: "shared_rows"
      case .cacheBytes: "cache_bytes"
      case .roofline: "roofline"
      }
    }
  }

  var phase: Phase
  var step: Int
  var times: StepTimes
  /// `nil` in the cold start.
  var rollout: Rollout?

  static var header: String { Column.allCases.map(\.name).joined(separator: ",") + "\n" }

  var text: String { Column.allCases.map { cell($0) ?? "" }.joined(separator: ",") + "\n" }

  private func cell(_ column: Column) -> String? {
    switch column {
    case .phase: phase.rawValue
    case .step: "\(step)"
    case .part(let part): times.parts[part].map { "\($0.seconds)" }
    case .seconds: "\(times.total.seconds)"
    case .rolloutThreads: rollout.map { "\($0.time.threads)" }
    case .tokensPerSecond: rollout.map { "\(Double($0.generation.tokens) / $0.seconds)" }
    case .batchOccupancy: rollout.map { "\($0.generation.occupancy)" }
    case .sharedRows: rollout.map { "\($0.generation.sharedRows)" }
    case .cacheBytes: rollout.map { "\($0.generation.greatestCacheBytes)" }
    case .roofline: rollout.map { "\($0.operations / $0.seconds / $0.productRate)" }
    }
  }
}

extension TimingsLine.Rollout {
  /// Above 0, so that it can be divided by.
  fileprivate var seconds: Double { max(time.wall.seconds, 1e-9) }

  fileprivate var operations: Double {
    Double(generation.promptRows + generation.tokenRows) * operationsPerRow
  }
}

extension Duration {
  fileprivate var seconds: Double { self / .seconds(1) }
}
