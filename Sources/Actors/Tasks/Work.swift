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

// What the roles and the tool of a family with `step` and `run` make of the work.
extension Work {
  /// The work with a proposal for `run`, and without an answer.
  func proposing(_ proposal: String) -> Work {
    Work(state: state, program: program, proposal: proposal)
  }

  /// The work with an answer that nobody has judged.
  func answering(_ answer: String) -> Work {
    Work(state: state, program: program, proposal: proposal, answer: answer)
  }

  /// The work after `run` carried the proposal out, which left `state`. The proposal becomes a part of the program, unless it
  /// is empty.
  func advanced(to state: String, separator: String = " ") -> Work {
    let parts = [program, proposal ?? ""].filter { !$0.isEmpty }
    return Work(state: state, program: parts.joined(separator: separator))
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
  /// The question left no room in the context of the model that was asked.
  case overflow
  /// What the call had to run in a sandbox did not run to its end, so that nobody knows what would have come of it.
  case unknown(String)
  /// What the call had to run in a sandbox was ended at one of its limits, so that nobody knows what would have come of it.
  case exhausted(String)

  /// Whether the form of the executor's output is to blame. A format penalty counts these faults.
  package var isFormatError: Bool {
    switch self {
    case .malformed, .truncated: true
    case .timedOut, .toolFailed, .overflow, .unknown, .exhausted: false
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

extension WorkEffect {
  /// The effect of a `step` whose proposal a tool carries out, and that of this tool.
  static let proposing = WorkEffect(reads: .state, sets: .proposal, clears: [.answer, .verdict])
  static let advancing = WorkEffect(
    reads: [.state, .proposal], sets: .state, clears: [.proposal, .answer, .verdict])
  /// The effect of who answers and sees nothing but the state, and of who judges the answer.
  static let answering = WorkEffect(reads: .state, sets: .answer, clears: .verdict)
  static let judging = WorkEffect(reads: .state, sets: .verdict)
}
