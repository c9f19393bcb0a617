/// Expressions that are worked out from left to right until their value is above a bound: `13 ; 7 + 2 * 2 - 4 + 1 - 3` asks
/// what is left of the expression when its first number is above 13 for the first time, which is `18 - 4 + 1 - 3`.
///
/// An expression has ``operations`` operations. A problem of level L is above its bound after L of them, which nobody sees
/// without working them out; and a step too many spoils the answer. The role `step` does the first operation and says what
/// is left, whether or not the bound has been passed; what is left is the answer so far. `check` says whether the first
/// number is above the bound, so `repeat 4 step until check(task)` stops in time. `solve` says at once what is left in the
/// end.
package struct ThresholdFamily: TaskFamily {
  package let name = "threshold"
  package let levels = 1...4
  /// The largest value on the way, from 19 to 99.
  package let largest: Int

  /// How many operations a problem has: one more than the highest level, so that there is always a step too many.
  static let operations = 5

  /// An expression with the bound that its value has to pass.
  struct Problem: Hashable {
    var bound: Int
    var expression: Expression

    var text: String { "\(bound) ; \(expression.text)" }

    /// Whether the expression's first number is above the bound.
    var isPassed: Bool { expression.first > bound }

    /// How many operations lead above the bound; all, if none does.
    var remaining: Int {
      var (rest, count) = (self, 0)
      while !rest.isPassed, !rest.expression.rest.isEmpty {
        rest.expression = rest.expression.reduced
        count += 1
      }
      return count
    }

    /// What is left above the bound, or after all operations.
    var end: Expression { (0..<remaining).reduce(expression) { rest, _ in rest.reduced } }

    init(bound: Int, expression: Expression) { (self.bound, self.expression) = (bound, expression) }

    init?(parsing text: String) {
      let parts = text.split(separator: ";", omittingEmptySubsequences: false)
      guard parts.count == 2, let bound = Expression(parsing: String(parts[0])), bound.rest.isEmpty,
        let expression = Expression(parsing: String(parts[1])),
        expression.rest.count <= ThresholdFamily.operations
      else { return nil }
      self.init(bound: bound.first, expression: expression)
    }
  }

  /// Makes a family.
  /// - Throws: ``TaskError/parameters(family:_:)`` unless `largest` is within 19...99.
  package init(largest: Int = 19) throws(TaskError) {
    guard (19...99).contains(largest) else {
      throw .parameters(family: "threshold", "the largest value must be within 19...99")
    }
    self.largest = largest
  }

  package func instance(
    level: Int, split: TaskSplit, using generator: inout some RandomNumberGenerator
  ) throws(TaskError) -> TaskInstance {
    guard levels.contains(level) else { throw .level(level, family: name, allowed: levels) }
    guard level > 1 || split == .train else { throw .noInstance(family: name, level: level, split: split) }
    for _ in 0..<ArithmeticFamily.maximumDraws {
      guard let problem = problem(using: &generator), problem.remaining == level else { continue }
      let hash = hash(of: problem)
      guard TaskSplit(hash: hash) == split else { continue }
      return TaskInstance(
        family: name, level: level, hash: hash, statement: problem.text, solution: problem.end.text)
    }
    throw .noInstance(family: name, level: level, split: split)
  }

  /// A random problem, whatever its level is, or `nil` when a value is out of range or none is above the bound.
  private func problem(using generator: inout some RandomNumberGenerator) -> Problem? {
    let bound = Int.random(in: largest / 3...largest * 3 / 4, using: &generator)
    var value = Int.random(in: 1...bound, using: &generator)
    var (problem, isPassed) = (Problem(bound: bound, expression: Expression(first: value, rest: [])), false)
    for _ in 0..<Self.operations {
      let operation = Expression.Operator.allCases[Int.random(in: 0...2, using: &generator)]
      let digit = Int.random(in: (operation == .times ? 2 : 1)...9, using: &generator)
      value = operation(value, digit)
      guard (0...largest).contains(value) else { return nil }
      isPassed = isPassed || value > bound
      problem.expression.rest.append((operation, digit))
    }
    return isPassed ? problem : nil
  }

  /// The first number is an answer already, though a wrong one.
  package func start(_ task: TaskInstance) -> Work {
    Work(state: task.statement, answer: Problem(parsing: task.statement)?.expression.text)
  }

  package func plays(_ role: String) -> Bool { ["step", "solve", "check"].contains(role) }

  /// A critic sees the bound and the answer, which is what is left so far; it has to look at the first number alone.
  package func prompt(for role: String, on work: Work, beside others: [Work]) -> ExecutorPrompt {
    guard role == "check", let problem = Problem(parsing: work.state),
      let answer = work.answer.flatMap(Expression.init(parsing:))
    else { return ExecutorPrompt(role: role, state: work.state) }
    return ExecutorPrompt(role: role, state: Problem(bound: problem.bound, expression: answer).text)
  }

  package var joinsDigits: Bool { true }

  package func instructions(for role: String) -> String {
    let problem = """
      A problem is a bound and an expression that is worked out from left to right, without precedence, until its first \
      number is above the bound: of `13 ; 7 + 2 * 2 - 4 + 1 - 3` is left `18 - 4 + 1 - 3`.
      """
    return switch role {
    case TroupeVocabulary.designer:
      "\(problem) The role `step` does the first operation, whether or not the bound has been passed; `check` says whether "
        + "it has; `solve` says at once what is left in the end."
    case "step":
      "\(problem) Do the first operation only, and reply with the expression that is left: for "
        + "`13 ; 7 + 2 * 2 - 4 + 1 - 3` reply `9 * 2 - 4 + 1 - 3`."
    case "solve": "\(problem) Reply with what is left, and nothing else."
    case "check": "\(problem) Reply `ok` if the first number is above the bound, and `no` if it is not."
    default: problem
    }
  }

  package func apply(_ output: String, as role: String, to work: Work) throws(WorkFault) -> Work {
    switch role {
    case "step", "solve":
      guard let old = Problem(parsing: work.state), let new = Expression(parsing: output),
        new.rest.count <= Self.operations
      else { throw .malformed("\(role) says an expression") }
      guard role == "solve" || new.rest.count < max(1, old.expression.rest.count) else {
        throw .malformed("a step says a shorter expression")
      }
      let state = role == "step" ? Problem(bound: old.bound, expression: new).text : work.state
      return Work(state: state, answer: new.text)
    case "check": return try judged(work, by: output)
    default: throw .malformed("threshold has no role \(role)")
    }
  }

  package func effect(ofRole role: String) -> WorkEffect {
    switch role {
    case "step": WorkEffect(reads: .state, sets: [.state, .answer], clears: .verdict)
    case "check": .judging
    default: .answering
    }
  }

  package func recognizes(state: String) -> Bool { Problem(parsing: state) != nil }
  package func hash(ofState state: String) -> UInt64? { Problem(parsing: state).map(hash(of:)) }

  /// Problems of level 1 and what steps leave of others are always on the training side.
  private func hash(of problem: Problem) -> UInt64 {
    let hash = fingerprint(of: [name, problem.text])
    let isStep = problem.expression.rest.count < Self.operations
    return isStep || problem.remaining < 2 ? TaskSplit.trainingHash(hash) : hash
  }

  package func remainingSteps(_ state: String) -> Int? { Problem(parsing: state)?.remaining }

  package func reference(_ prompt: ExecutorPrompt) -> String? {
    guard let problem = Problem(parsing: prompt.state) else { return nil }
    switch prompt.role {
    case "step": return problem.expression.reduced.text
    case "solve": return problem.end.text
    case "check": return problem.isPassed ? "ok" : "no"
    default: return nil
    }
  }

  /// Changes the number that had to be computed by one to three; or, for `solve`, stops too early.
  package func corrupted(
    _ output: String, for prompt: ExecutorPrompt, using generator: inout some RandomNumberGenerator
  ) -> String {
    if prompt.role == "check" { return output == "ok" ? "no" : "ok" }
    if prompt.role == "solve", let problem = Problem(parsing: prompt.state), problem.remaining > 0 {
      let done = Int.random(in: 0..<problem.remaining, using: &generator)
      return (0..<done).reduce(problem.expression) { rest, _ in rest.reduced }.text
    }
    guard var expression = Expression(parsing: output) else { return output }
    let shift = Int.random(in: 1...3, using: &generator)
    let up = Bool.random(using: &generator)
    expression.first += up || expression.first < shift ? shift : -shift
    return expression.text
  }
}
