/// What the nodes of a script hand on: a problem on its way to being solved.
///
/// A value without identity, so that a vote can compare the work of several executors.
public struct Work: Hashable, Sendable, Codable {
  /// What is left to solve, in vocabulary words: a shorter expression, or the examples as they are now.
  public var state: String
  /// The instructions that were already run, in order; empty in families without programs.
  public var program: String
  /// An instruction that was proposed and not yet run.
  public var proposal: String?
  /// The answer to ``state``: a value, or the rest of the program.
  public var answer: String?
  /// What a critic or the visible tests said of ``answer``, if anybody did.
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

/// Why a call did not do what it was asked; the work it was given is then handed on unchanged.
public enum WorkFault: Error, Hashable, Sendable, Codable {
  /// The output is not of the form that the role has to produce.
  case malformed(String)
  /// The generation ran out of tokens before it ended.
  case truncated
  /// No reply came before the deadline.
  case timedOut
  /// A tool could not do it.
  case toolFailed(String)

  /// Whether the executor is to blame for the form of its output: what a format penalty counts.
  public var isFormatError: Bool {
    switch self {
    case .malformed, .truncated: true
    case .timedOut, .toolFailed: false
    }
  }
}

/// The parts of a ``Work`` that a role or tool touches: how credit finds the calls that an answer rests on.
public struct WorkEffect: Hashable, Sendable {
  public struct Parts: OptionSet, Hashable, Sendable {
    public let rawValue: UInt8
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    public static let state = Parts(rawValue: 1)
    public static let proposal = Parts(rawValue: 2)
    public static let answer = Parts(rawValue: 4)
    public static let verdict = Parts(rawValue: 8)
  }
  /// What the result depends on.
  public var reads: Parts
  /// What the result has that is new.
  public var sets: Parts
  /// What the result no longer has.
  public var clears: Parts

  public init(reads: Parts = [], sets: Parts = [], clears: Parts = []) {
    self.reads = reads
    self.sets = sets
    self.clears = clears
  }
}
