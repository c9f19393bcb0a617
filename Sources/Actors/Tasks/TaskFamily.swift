/// A kind of problem: it draws problems, writes prompts, applies answers to the work, and verifies the result.
///
/// All members must be pure functions, because a replay calls them again. Roles, tools and work are texts in
/// vocabulary words, and the family decides what they mean. The built-in roles are `step` (does a part of the work),
/// `solve` (does the rest), `check` (judges an answer), `pick` (names who goes on), `cut` (names subtasks) and `join` (makes
/// one result of several); ``plays(_:)`` says which of them a family knows.
public protocol TaskFamily: Sendable {
  /// The family's name, which tasks and scenarios use.
  var name: String { get }
  /// The levels that the family has problems of; a higher level is harder.
  var levels: ClosedRange<Int> { get }
  /// The tools that must run after each `step` for the step to take effect.
  var stepTools: [String] { get }
  /// Whether problems have visible tests, so that an ensemble can vote by tests.
  var hasTests: Bool { get }
  /// Whether digits that follow one another are one number. Then a published chat model reads and writes it without spaces.
  var joinsDigits: Bool { get }

  /// Whether problems and answers are free text, so that agents hold conversations, which a policy with a vocabulary of words
  /// cannot. The first line of a state is the problem, and what agents have worked out follows, a line each.
  var isText: Bool { get }

  /// Draws a problem of `level` from one side of the split.
  /// - Throws: ``TaskError`` if there is no such problem. An error of a family of your own ends the command.
  func instance(
    level: Int, split: TaskSplit, using generator: inout some RandomNumberGenerator
  ) throws -> TaskInstance

  /// The work before any call.
  func start(_ task: TaskInstance) -> Work
  /// The question to a designer about `task`.
  func designPrompt(_ task: TaskInstance) -> String
  /// The question to an executor in `role` about `work`, who sees `others` beside it: what is to be joined, or what others
  /// said in a debate.
  func prompt(for role: String, on work: Work, beside others: [Work]) -> ExecutorPrompt
  /// What a published chat model is told before a question in `role`, which may be the designer's: what a problem
  /// looks like and what to answer. It should be a few sentences of plain English, and ask for vocabulary words.
  func instructions(for role: String) -> String
  /// The work after an executor in `role` said `output`.
  /// - Throws: ``WorkFault/malformed(_:)`` if `output` does not have the form that the role requires.
  func apply(_ output: String, as role: String, to work: Work) throws(WorkFault) -> Work
  /// The work after a tool ran. A tool that the family does not know must return `work` unchanged.
  /// - Throws: ``WorkFault/toolFailed(_:)`` if the tool cannot do it. Any other error fails the tool's actor, and ends the
  ///   episode.
  func run(tool: String, on work: Work) throws -> Work
  /// Whether the family knows the role: whether it has prompts for it and says what they should be answered.
  func plays(_ role: String) -> Bool
  /// Whether a cold start may show this prompt. A family that says no where the work is too much for one call leaves
  /// something to the design.
  func isShown(_ prompt: ExecutorPrompt) -> Bool
  /// The parts of the work that `role` reads and changes.
  func effect(ofRole role: String) -> WorkEffect
  /// The parts of the work that `tool` reads and changes.
  func effect(ofTool tool: String) -> WorkEffect
  /// The subtasks that a splitter has named, at most `count`: its words are the proposal of `work`, whose state it was asked
  /// about. If there are none, the whole work is the only subtask.
  func subtasks(of work: Work, atMost count: Int) -> [Work]
  /// How large the work is that is left, from 1 on, as far as anybody can see who only looks at it. `route size` goes by it.
  func size(of work: Work) -> Int
  /// How many visible tests the work passes; `nil` in a family without tests.
  func testsPassed(_ work: Work) -> Int?
  /// Whether the work answers the task. The result must be exact.
  func verify(_ work: Work, on task: TaskInstance) -> Bool

  /// Whether `state` has the form of this family's states.
  func recognizes(state: String) -> Bool
  /// The hash of the problem that `state` represents; `nil` if it is not a state of this family. A state on the way
  /// to a solution is a problem too, and may be a held-out one.
  func hash(ofState state: String) -> UInt64?
  /// The fewest steps that solve `state`, as far as the state shows; `nil` if it is not a state of this family.
  func remainingSteps(_ state: String) -> Int?
  /// The answer of a perfect executor; `nil` if it cannot be known.
  func reference(_ prompt: ExecutorPrompt) -> String?
  /// A well-formed output that differs from `output` by a typical mistake of an executor.
  func corrupted(
    _ output: String, for prompt: ExecutorPrompt, using generator: inout some RandomNumberGenerator
  ) -> String
}

extension TaskFamily {
  /// Always false.
  public var joinsDigits: Bool { false }

  /// Always false.
  public var isText: Bool { false }

  /// None.
  public var stepTools: [String] { [] }

  /// Always false.
  public var hasTests: Bool { false }

  /// The work as it was.
  public func run(tool: String, on work: Work) throws -> Work { work }

  /// No part of the work.
  public func effect(ofTool tool: String) -> WorkEffect { WorkEffect() }

  /// Always `nil`.
  public func testsPassed(_ work: Work) -> Int? { nil }

  /// Whether the answer is the task's solution, letter by letter.
  public func verify(_ work: Work, on task: TaskInstance) -> Bool { work.answer == task.solution }

  /// Always true.
  public func plays(_ role: String) -> Bool { true }

  /// Always true.
  public func isShown(_ prompt: ExecutorPrompt) -> Bool { true }

  /// The usual question: the designer's word and the statement, or the statement alone if it is text.
  public func designPrompt(_ task: TaskInstance) -> String {
    isText ? task.statement : "\(TroupeVocabulary.designer) : \(task.statement) ="
  }

  /// The usual question: the state, the answer if the role judges it, a critic rejected it or others have one, and the
  /// others' answers.
  public func prompt(for role: String, on work: Work, beside others: [Work]) -> ExecutorPrompt {
    let showsAnswer = role == "check" || (role == "solve" && work.verdict == false) || !others.isEmpty
    let answer = showsAnswer ? work.answer : nil
    return ExecutorPrompt(
      role: role, state: work.state, answer: answer, verdict: answer != nil ? work.verdict : nil,
      others: others.map { $0.answer ?? $0.state })
  }

  /// The question to an executor who sees nothing but the work.
  public func prompt(for role: String, on work: Work) -> ExecutorPrompt {
    prompt(for: role, on: work, beside: [])
  }

  /// The states that semicolons divide, each a work of its own.
  public func subtasks(of work: Work, atMost count: Int) -> [Work] {
    (work.proposal ?? "").split(separator: ";").map {
      Work(state: $0.split(separator: " ").joined(separator: " "))
    }
    .filter { recognizes(state: $0.state) }
  }

  /// Always 1.
  public func size(of work: Work) -> Int { 1 }

  /// The empty text. Families that published models should play must say more.
  public func instructions(for role: String) -> String { "" }

  /// The effects of the built-in roles in a family whose `step` changes the state itself.
  public func effect(ofRole role: String) -> WorkEffect {
    switch role {
    case "step": WorkEffect(reads: .state, sets: .state, clears: [.answer, .verdict])
    case "solve": WorkEffect(reads: [.state, .verdict], sets: .answer, clears: .verdict)
    case "check": .judging
    case "join": .answering
    default: WorkEffect(reads: [.state, .answer], sets: [.state, .proposal, .answer, .verdict])
    }
  }

  /// The work with a critic's verdict on its answer.
  func judged(_ work: Work, by output: String) throws(WorkFault) -> Work {
    var result = work
    result.verdict = try verdict(output)
    return result
  }

  /// Whether a critic's output accepts the answer.
  func verdict(_ output: String) throws(WorkFault) -> Bool {
    switch output {
    case "ok": return true
    case "no": return false
    default: throw .malformed("a critic says `ok` or `no`")
    }
  }

  /// The chain that solves a problem of `level` if no executor errs: `level` - 1 steps, each with its tools, then
  /// `solve`. There are no more steps than a script has room for, and none in a family without the role `step`.
  public func optimalScript(level: Int) -> Script {
    let room = (Script.maximumStatements - 1) / (1 + stepTools.count)
    return Design(steps: plays("step") ? min(level - 1, room) : 0, finish: .solve).script(for: self)
  }
}
