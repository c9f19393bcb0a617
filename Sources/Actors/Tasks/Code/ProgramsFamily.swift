import Messaging

/// Small functions in Python, judged by hidden tests in a sandbox: `Write a Python function f(xs) that takes a list of integers,
/// keeps the even numbers, then adds 3 to each number, and returns their sum.`
///
/// The level is the number of steps. What the function does on fixed lists is its identity, however it is worded, and no step can be
/// left out. See ``PythonProblem`` for what roles and tools do.
package struct ProgramsFamily: TrialFamily {
  package let name = "programs"
  package let levels = 1...4
  package let isText = true

  private static let maximumDraws = 10_000
  /// How many examples a question has, and how many tests nobody sees.
  private static let (visible, hidden) = (2, 10)
  /// The lists by which functions are told apart.
  private static let probes = lists(24, seed: 0)

  package init() {}

  package func instance(
    level: Int, split: TaskSplit, using generator: inout some RandomNumberGenerator
  ) throws(TaskError) -> TaskInstance {
    guard levels.contains(level) else { throw .level(level, family: name, allowed: levels) }
    guard level > 1 || split == .train else { throw .noInstance(family: name, level: level, split: split) }
    let (steps, results) = (FunctionSpecification.Step.all, FunctionSpecification.Result.allCases)
    for _ in 0..<Self.maximumDraws {
      let drawn = FunctionSpecification(
        steps: (0..<level).map { _ in steps[Int.random(in: steps.indices, using: &generator)] },
        result: results[Int.random(in: results.indices, using: &generator)])
      let hash = hash(of: drawn)
      guard Self.needsAllSteps(drawn), TaskSplit(hash: hash) == split else { continue }
      let lists = Self.lists(Self.visible + Self.hidden, seed: hash)
      return TaskInstance(
        family: name, level: level, hash: hash,
        statement: drawn.question(examples: Array(lists.prefix(Self.visible))), solution: drawn.python,
        hidden: lists.dropFirst(Self.visible).map { "assert \(drawn.call($0))" }.joined(separator: "\n"))
    }
    throw .noInstance(family: name, level: level, split: split)
  }

  /// Lists of up to eight numbers, among them an empty one.
  private static func lists(_ count: Int, seed: UInt64) -> [[Int]] {
    var stream = SeededStream(seed: seed, name: "lists of programs")
    return (0..<count).map { place in
      (0..<(place == count - 1 ? 0 : Int.random(in: 3...8, using: &stream))).map { _ in
        Int.random(in: -9...20, using: &stream)
      }
    }
  }

  private static func values(_ function: FunctionSpecification) -> [FunctionSpecification.Value] {
    probes.map { function($0) }
  }

  private static func needsAllSteps(_ function: FunctionSpecification) -> Bool {
    let values = values(function)
    guard Set(values).count > probes.count / 2 else { return false }
    return function.steps.indices.allSatisfy { place in
      var less = function
      less.steps.remove(at: place)
      return Self.values(less) != values
    }
  }

  /// Functions of one step are steps of everything and always on the training side.
  private func hash(of function: FunctionSpecification) -> UInt64 {
    let hash = fingerprint(of: [name] + Self.values(function).map(\.description))
    return function.steps.count < 2 ? TaskSplit.trainingHash(hash) : hash
  }

  package func start(_ task: TaskInstance) -> Work { Work(state: task.statement) }

  package func plays(_ role: String) -> Bool { ["step", "solve", "check"].contains(role) }

  package func instructions(for role: String) -> String {
    switch role {
    case TroupeVocabulary.designer: "A function in Python is asked for, and hidden tests judge it."
    case "step": "Write one test of the function and nothing else, as in: assert f([1, 2]) == 3"
    case "check": "Say ok if the proposed function does what is asked, and no if it does not."
    default: "Write the function in Python and nothing else. If one was rejected, put it right."
    }
  }

  package func apply(_ output: String, as role: String, to work: Work) throws(WorkFault) -> Work {
    switch role {
    case "check": return try judged(work, by: output)
    case "step": return try Self.problem(work.state).testing(output, on: work)
    case "solve": return try Self.problem(work.state).answering(output, on: work)
    default:
      guard Script.wording(ofRole: role) != nil else { throw .malformed("\(name) has no role \(role)") }
      return ProgramText.read(output)?.contains("def ") == true
        ? try Self.problem(work.state).answering(output, on: work) : try work.noting(output)
    }
  }

  /// The problem of a state, whose examples are in its first line.
  private static func problem(_ state: String, tests: String = "") -> PythonProblem {
    let line = state.split(separator: "\n").first ?? ""
    let examples =
      line.firstRange(of: " Examples: ").map { line[$0.upperBound...].split(separator: "; ") } ?? []
    return PythonProblem(
      entry: FunctionSpecification.entry, examples: examples.map { "assert \($0)" }.joined(separator: "\n"),
      tests: tests)
  }

  // MARK: What is run

  package func trial(ofTool tool: String, on work: Work) -> Trial? {
    Self.problem(work.state).trial(ofTool: tool, on: work)
  }

  package func run(tool: String, on work: Work, after report: TrialReport) throws(WorkFault) -> Work {
    try PythonProblem.judged(work, by: report)
  }

  package func trial(of work: Work, on task: TaskInstance) -> Trial? {
    Self.problem(work.state, tests: task.hidden).trial(of: work)
  }

  package func effect(ofTool tool: String) -> WorkEffect {
    TroupeVocabulary.tools.contains(tool) ? PythonProblem.judging : WorkEffect()
  }

  // MARK: What is known

  private func function(_ state: String) -> FunctionSpecification? {
    state.split(separator: "\n").first.flatMap { FunctionSpecification(parsing: $0) }
  }

  package func recognizes(state: String) -> Bool { function(state) != nil }
  package func hash(ofState state: String) -> UInt64? { function(state).map(hash(of:)) }
  package func remainingSteps(_ state: String) -> Int? { function(state) == nil ? nil : 1 }

  /// A critic's reference takes every text but the reference solution for wrong.
  package func reference(_ prompt: ExecutorPrompt) -> String? {
    guard let function = function(prompt.state) else { return nil }
    switch prompt.role {
    case "solve": return ProgramText.said(function.python)
    case "step": return "assert \(function.call([4, 7, 7, 12, 1, 9]))"
    case "check": return prompt.answer == function.python ? "ok" : "no"
    default: return nil
    }
  }

  /// Another function: one step was changed for another one. A test has another value.
  package func corrupted(
    _ output: String, for prompt: ExecutorPrompt, using generator: inout some RandomNumberGenerator
  ) -> String {
    if prompt.role == "check" { return output == "ok" ? "no" : "ok" }
    guard var function = function(prompt.state) else { return output }
    let right = Self.values(function)
    let steps = FunctionSpecification.Step.all
    let place = Int.random(in: function.steps.indices, using: &generator)
    repeat {
      function.steps[place] = steps[Int.random(in: steps.indices, using: &generator)]
    } while Self.values(function) == right
    return prompt.role == "step"
      ? "assert \(function.call([4, 7, 7, 12, 1, 9]))" : ProgramText.said(function.python)
  }
}
