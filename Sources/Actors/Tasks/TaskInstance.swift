/// One task to solve, with what its verifier needs.
public struct TaskInstance: Hashable, Sendable, Codable {
  /// The name of the family it belongs to.
  public var family: String
  public var level: Int
  /// Identifies the problem, however it was drawn; alone decides ``split``.
  public var hash: UInt64
  /// What designers and executors are shown, in vocabulary words.
  public var statement: String
  /// A correct answer, in vocabulary words.
  public var solution: String
  /// What only the verifier sees, in the family's own notation; may be empty.
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

  public var split: TaskSplit { TaskSplit(hash: hash) }
}

/// Which side of the wall between training and evaluation a problem is on.
public enum TaskSplit: String, Hashable, Sendable, Codable, CaseIterable {
  case train, heldOut

  /// One problem in this many is held out.
  public static let heldOutOneIn: UInt64 = 5

  /// Decided by the instance hash alone, before anything else looks at the problem.
  public init(hash: UInt64) {
    self = hash % Self.heldOutOneIn == 0 ? .heldOut : .train
  }

  /// The hash for a problem too small to hold out: `hash`, or the next that is on the training side.
  static func trainingHash(_ hash: UInt64) -> UInt64 {
    TaskSplit(hash: hash) == .train ? hash : hash &+ 1
  }
}

/// Why no instance could be drawn.
public enum TaskError: Error, Hashable, Sendable, CustomStringConvertible {
  case level(Int, family: String, allowed: ClosedRange<Int>)
  /// The split has no problem of this level, or too few to find.
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
