/// One task to solve, with what its verifier needs.
public struct TaskInstance: Hashable, Sendable, Codable {
  /// The name of the task's family.
  public var family: String
  public var level: Int
  /// Identifies the problem, independent of how it was drawn. The hash alone decides the split.
  public var hash: UInt64
  /// The problem as designers and executors see it, in vocabulary words.
  public var statement: String
  /// A correct answer, in vocabulary words.
  public var solution: String
  /// What only the verifier sees, in the family's own notation; it may be empty.
  public var hidden: String

  public init(
    family: String, level: Int, hash: UInt64, statement: String, solution: String, hidden: String = ""
  ) {
    self.family = family
    self.level = level
    self.hash = hash
    self.statement = statement
    self.solution = solution
    self.hidden = hidden
  }

  /// The side of the split that the problem belongs to.
  package var split: TaskSplit { TaskSplit(hash: hash) }
}

/// The two sides of the split of problems: training and evaluation.
public enum TaskSplit: String, Hashable, Sendable, Codable, CaseIterable {
  case train, heldOut

  /// One problem in this many is held out.
  package static let heldOutOneIn: UInt64 = 5

  /// The side that a problem's hash puts it on.
  public init(hash: UInt64) {
    self = hash % Self.heldOutOneIn == 0 ? .heldOut : .train
  }

  /// The hash for a problem too small to hold out: `hash`, or the next that is on the training side.
  static func trainingHash(_ hash: UInt64) -> UInt64 {
    TaskSplit(hash: hash) == .train ? hash : hash &+ 1
  }
}

/// Why no task could be drawn, or no family made.
public enum TaskError: Error, Hashable, Sendable, CustomStringConvertible {
  case level(Int, family: String, allowed: ClosedRange<Int>)
  /// This side of the split has no problem of this level, or too few to find one.
  case noInstance(family: String, level: Int, split: TaskSplit)
  case parameters(family: String, String)

  public var description: String {
    switch self {
    case .level(let level, let family, let allowed):
      "\(family) has levels \(allowed.lowerBound) to \(allowed.upperBound), not \(level)"
    case .noInstance(let family, let level, let split):
      "\(family) has no \(split == .heldOut ? "held-out" : "training") problem of level \(level)"
    case .parameters(let family, let problem): "\(family): \(problem)"
    }
  }
}
