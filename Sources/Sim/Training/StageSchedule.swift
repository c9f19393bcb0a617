/// Who writes designs, and who carries them out.
public enum Role: String, Sendable, Hashable, CaseIterable, Codable {
  case executor, designer

  public var other: Role { self == .executor ? .designer : .executor }
}

/// One stage of co-evolution: a range of optimizer steps in which one role learns and the other is frozen.
public struct Stage: Sendable, Hashable {
  public var index: Int
  public var learner: Role
  public var steps: Range<Int>
}

/// Stagewise co-evolution: stages of equal length, the roles in turn.
///
/// Source: MetaAgent-X (arXiv 2605.14212), "Stagewise Co-evolution": 30 steps a stage, executor first.
public struct StageSchedule: Sendable, Hashable {
  public let first: Role
  public let stepsPerStage: Int
  public let stepCount: Int

  /// - Precondition: both counts are positive.
  public init(first: Role, stepsPerStage: Int, stepCount: Int) {
    precondition(stepsPerStage > 0 && stepCount > 0)
    self.first = first
    self.stepsPerStage = stepsPerStage
    self.stepCount = stepCount
  }

  /// The stage that `step` belongs to; the last one may be short. O(1).
  public func stage(at step: Int) -> Stage {
    precondition((0..<stepCount).contains(step))
    let index = step / stepsPerStage
    let start = index * stepsPerStage
    return Stage(
      index: index, learner: index.isMultiple(of: 2) ? first : first.other,
      steps: start..<min(start + stepsPerStage, stepCount))
  }

  public var stages: [Stage] {
    stride(from: 0, to: stepCount, by: stepsPerStage).map { stage(at: $0) }
  }
}
