/// The state of a partly solved problem, which the nodes of a script pass on.
///
/// It is a value without identity, so a vote can compare the work of several executors.
public struct Work: Hashable, Sendable, Codable {
  /// What is left to solve, in vocabulary words: a shorter expression, or the examples in their present form.
  public var state: String
  /// The instructions that have run, in order; empty in families without programs.
  public var program: String
  /// An instruction that was proposed but has not run.
  public var proposal: String?
  /// The answer to ``state``: a value, or the rest of the program.
  public var answer: String?
  /// What a critic or the visible tests said about ``answer``; `nil` if nothing was said.
  public var verdict: Bool?

  public init(
    state: String, program: String = "", proposal: String? = nil, answer: String? = nil,
    verdict: Bool? = nil
  ) {
    self.state = state
    self.program = program
    self.proposal = proposal
    self.answer = answer
    self.verdict = verdict
  }
}

/// Why a call failed. The work is then passed on as it was before the call.
public enum WorkFault: Error, Hashable, Sendable, Codable {
  /// The output does not have the form that the role requires.
  case malformed(String)
  /// The generation reached its token limit before its end.
  case truncated
  /// No reply came before the deadline.
  case timedOut
  /// A tool could not do its work.
  case toolFailed(String)

  /// Whether the form of the executor's output is to blame. A format penalty counts these faults.
  package var isFormatError: Bool {
    switch self {
    case .malformed, .truncated: true
    case .timedOut, .toolFailed: false
    }
  }
}

/// The parts of a ``Work`` that a role or tool reads and changes. Credit uses it to find the calls that an answer
/// depends on.
public struct WorkEffect: Hashable, Sendable {
  /// A set of the parts of a ``Work``.
  public struct Parts: OptionSet, Hashable, Sendable {
    public let rawValue: UInt8
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    public static let state = Parts(rawValue: 1)
    public static let proposal = Parts(rawValue: 2)
    public static let answer = Parts(rawValue: 4)
    public static let verdict = Parts(rawValue: 8)
  }
  /// The parts that the result depends on.
  package var reads: Parts
  /// The parts that the result has anew.
  package var sets: Parts
  /// The parts that the result no longer has.
  package var clears: Parts

  public init(reads: Parts = [], sets: Parts = [], clears: Parts = []) {
    self.reads = reads
    self.sets = sets
    self.clears = clears
  }
}
