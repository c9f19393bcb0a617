/// A kind of problem: how to draw, state, work on and verify its instances.
///
/// Everything is a pure function, so that tools run again on replay. Roles, tools and work are texts in
/// vocabulary words; a family gives them their meaning. The built-in roles are `step` (a part of the work),
/// `solve` (the rest of it) and `check` (judges an answer).
public protocol TaskFamily: Sendable {
  var name: String { get }
  var levels: ClosedRange<Int> { get }
  /// The tools to call after each `step` for it to take effect.
  var stepTools: [String] { get }
  /// Whether there are visible tests, so that an ensemble can vote by them.
  var hasTests: Bool { get }

  /// Draws a problem of a level from one side of the split.
  func instance(
    level: Int, split: TaskSplit, using generator: inout some RandomNumberGenerator
  ) throws(TaskError) -> TaskInstance

  /// The work before anything was done.
  func start(_ task: TaskInstance) -> Work
  /// What an executor in `role` is asked about `work`.
  func prompt(for role: String, on work: Work) -> ExecutorPrompt
  /// What a published chat model is told before it is asked in `role`, the designer's included: what a problem looks
  /// like, and what to say. Plain English, of a few sentences; the words it asks for are the vocabulary's.
  func instructions(for role: String) -> String
  /// The work after an executor said `output`.
  func apply(_ output: String, as role: String, to work: Work) throws(WorkFault) -> Work
  /// The work after a tool; a tool without a meaning here hands it on unchanged.
  func run(tool: String, on work: Work) throws(WorkFault) -> Work
  func effect(ofRole role: String) -> WorkEffect
  func effect(ofTool tool: String) -> WorkEffect
  /// How many visible tests the work passes; `nil` in a family without tests.
  func testsPassed(_ work: Work) -> Int?
  /// Whether the work answers the task; exact.
  func verify(_ work: Work, on task: TaskInstance) -> Bool

  /// Whether `state` is written the way this family writes it.
  func recognizes(state: String) -> Bool
  /// The instance hash of the problem that `state` is, as far as the state shows; a state on the way of one
  /// problem is a problem itself, and may be a held-out one.
  func hash(ofState state: String) -> UInt64?
  /// The fewest steps that finish `state`: its level, as far as the state shows.
  func remainingSteps(_ state: String) -> Int?
  /// What a perfect executor answers; `nil` when it cannot tell.
  func reference(_ prompt: ExecutorPrompt) -> String?
  /// A well-formed output that differs from `output` the way an executor errs.
  func corrupted(
    _ output: String, for prompt: ExecutorPrompt, using generator: inout some RandomNumberGenerator
  ) -> String
}

extension TaskFamily {
  /// The roles that the built-in families know, critics last.
  public var roles: [String] { TroupeVocabulary.roles }

  /// The prompt of a designer.
  public func designPrompt(_ task: TaskInstance) -> String {
    "\(TroupeVocabulary.designer) : \(task.statement) ="
  }

  /// The usual question: the state, and the answer if the role judges it or it was rejected.
  public func prompt(for role: String, on work: Work) -> ExecutorPrompt {
    let showsAnswer = role == "check" || (role == "solve" && work.verdict == false)
    return ExecutorPrompt(
      role: role, state: work.state, answer: showsAnswer ? work.answer : nil,
      verdict: showsAnswer && work.answer != nil ? work.verdict : nil)
  }

  /// Nothing; a family that published models should play says more.
  public func instructions(for role: String) -> String { "" }

  /// What the built-in roles read and write, when a step changes the state itself.
  public func effect(ofRole role: String) -> WorkEffect {
    switch role {
    case "step": WorkEffect(reads: .state, sets: .state, clears: [.answer, .verdict])
    case "solve": WorkEffect(reads: [.state, .verdict], sets: .answer, clears: .verdict)
    case "check": WorkEffect(reads: .state, sets: .verdict)
    default: WorkEffect(reads: [.state, .answer], sets: [.state, .proposal, .answer, .verdict])
    }
  }

  /// What a critic's output means.
  func verdict(_ output: String) throws(WorkFault) -> Bool {
    switch output {
    case "ok": return true
    case "no": return false
    default: throw .malformed("a critic says `ok` or `no`")
    }
  }

  /// The chain that solves a level with one operation a call, if every executor is right: the level less one
  /// steps, each with its tools, then `solve`.
  public func optimalScript(level: Int) -> Script {
    Design(steps: level - 1, finish: .solve).script(for: self)
  }
}
