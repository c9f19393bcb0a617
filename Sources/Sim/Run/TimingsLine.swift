import Policy

/// A line of `timings.csv`: the wall-clock time of one step by its parts, and figures of the policy's work.
struct TimingsLine {
  /// The kind of a step.
  enum Phase: String { case cold, train }

  /// The part of a line that is about the step's rollout.
  struct Rollout {
    var time: RolloutTime
    var generation: Decoder.Statistics
    /// The floating-point operations of one row of the policy's forward pass.
    var operationsPerRow: Double
    /// The operations a second of large products on all threads.
    var productRate: Double
  }

  /// The columns, in the order of ``allCases``. A cell is empty if the step did not have that part.
  enum Column: CaseIterable {
    case phase
    /// The number of the step, from 0 in each phase.
    case step
    /// The seconds of a part of the step.
    case part(StepPart)
    /// The seconds from the end of the step before to the end of this one.
    case seconds
    /// The number of threads over which the parts of the rollout are means.
    case rolloutThreads
    /// The tokens drawn in a second of the rollout, in which actors run too.
    case tokensPerSecond
    /// The tokens drawn in a step of the decoder.
    case batchOccupancy
    case sharedRows
    case cacheBytes
    /// The share of the rate of large products that the forward passes reached, over the whole rollout.
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
  /// The rollout of the step; `nil` in the cold start.
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
  /// The duration of the rollout in seconds, which is above 0, so that it can be a divisor.
  fileprivate var seconds: Double { max(time.wall.seconds, 1e-9) }

  fileprivate var operations: Double {
    Double(generation.promptRows + generation.tokenRows) * operationsPerRow
  }
}

extension Duration {
  fileprivate var seconds: Double { self / .seconds(1) }
}
