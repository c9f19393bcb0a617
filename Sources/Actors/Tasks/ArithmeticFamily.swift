/// Expressions of `level` operations, which are evaluated strictly from left to right, as on a pocket calculator.
///
/// `7 + 8 * 2 - 9` is ((7 + 8) x 2) - 9 = 21. Every intermediate value is within ``values``, and factors are at least
/// 2. The role `step` performs the first operation and says the shorter expression; `solve` says the value. The tools
/// `run` and `test` change nothing in this family.
package struct ArithmeticFamily: TaskFamily {
  package let name = "arithmetic"
  /// The levels that problems are drawn from; a level is a number of operations.
  package let levels: ClosedRange<Int>
  /// The range of an expression's first number.
  package let firstOperands: ClosedRange<Int>
  /// The range of an expression's other numbers.
  package let operands: ClosedRange<Int>
  /// The range of every intermediate value and of the result.
  package let values: ClosedRange<Int>

  /// Draws tried before a level and split are given up as empty.
  static let maximumDraws = 10_000

  /// Makes a family.
  /// - Throws: ``TaskError/parameters(family:_:)`` unless levels are within 1...9, numbers within 0...999, and first
  ///   operands within `values`.
  package init(
    levels: ClosedRange<Int> = 1...5, firstOperands: ClosedRange<Int> = 1...99,
    operands: ClosedRange<Int> = 1...9, values: ClosedRange<Int> = 0...99
  ) throws(TaskError) {
    let family = "arithmetic"
    guard levels.lowerBound >= 1, levels.upperBound <= 9 else {
      throw .parameters(family: family, "levels must be within 1...9")
    }
    guard firstOperands.lowerBound >= 0, operands.lowerBound >= 0, values.lowerBound >= 0 else {
      throw .parameters(family: family, "operands and values must not be negative")
    }
    guard max(firstOperands.upperBound, operands.upperBound, values.upperBound) <= 999 else {
      throw .parameters(family: family, "operands and values have at most \(Expression.maximumDigits) digits")
    }
    guard firstOperands.clamped(to: values) == firstOperands else {
      throw .parameters(family: family, "first operands must be within the allowed values")
    }
    self.levels = levels
    self.firstOperands = firstOperands
    self.operands = operands
    self.values = values
  }

  package func instance(
    level: Int, split: TaskSplit, using generator: inout some RandomNumberGenerator
  ) throws(TaskError) -> TaskInstance {
    guard levels.contains(level) else { throw .level(level, family: name, allowed: levels) }
    guard level > 1 || split == .train else { throw .noInstance(family: name, level: level, split: split) }
    for _ in 0..<Self.maximumDraws {
      guard let expression = expression(level, using: &generator) else { continue }
      let hash = hash(of: expression)
      guard TaskSplit(hash: hash) == split else { continue }
      if split == .train, leadsToHeldOut(expression) { continue }
      return TaskInstance(
        family: name, level: level, hash: hash, statement: expression.text,
        solution: "\(expression.value)")
    }
    throw .noInstance(family: name, level: level, split: split)
  }

  /// Whether a perfect chain of steps passes a held-out problem.
  private func leadsToHeldOut(_ expression: Expression) -> Bool {
    sequence(first: expression.reduced) { $0.rest.isEmpty ? nil : $0.reduced }
      .contains { TaskSplit(hash: hash(of: $0)) == .heldOut }
  }

  /// A random expression, or `nil` when it ran into a value that no operation leads out of.
  private func expression(_ level: Int, using generator: inout some RandomNumberGenerator) -> Expression? {
    var value = Int.random(in: firstOperands, using: &generator)
    var expression = Expression(first: value, rest: [])
    for _ in 0..<level {
      let wanted = Int.random(in: 0..<Expression.Operator.allCases.count, using: &generator)
      let operation = Expression.Operator.allCases[wanted]
      let choices = operands.filter {
        values.contains(operation(value, $0)) && !(operation == .times && $0 < 2)
      }
      guard !choices.isEmpty else { return nil }
      let operand = choices[Int.random(in: 0..<choices.count, using: &generator)]
      value = operation(value, operand)
      expression.rest.append((operation, operand))
    }
    return expression
  }

  package func start(_ task: TaskInstance) -> Work { Work(state: task.statement) }

  package func plays(_ role: String) -> Bool { ["step", "solve", "check", "pick"].contains(role) }

  package var joinsDigits: Bool { true }

  package func instructions(for role: String) -> String {
    let problem = """
      A problem is an expression that is worked out from left to right, without precedence: `7 + 2 - 4 * 2` is 10.
      """
    return switch role {
    case TroupeVocabulary.designer:
      "\(problem) The role `step` does the first operation of its input and says the expression that is left; "
        + "`solve` says the value of its input; `check` judges an answer; `pick` names who goes on."
    case "step":
      "\(problem) Do the first operation only, and reply with the expression that is left: for "
        + "`7 + 2 - 4 * 2` reply `9 - 4 * 2`."
    case "solve": "\(problem) Reply with the value, a number, and nothing else."
    case "check":
      "\(problem) After a comma follows an answer. Reply `ok` if it is right, and `no` if it is not."
    case "pick":
      "\(problem) Reply with one of \(TroupeVocabulary.chains.map { "`\($0)`" }.joined(separator: ", ")): the number of "
        + "operations that come before the last one."
    default: problem
    }
  }

  package func apply(_ output: String, as role: String, to work: Work) throws(WorkFault) -> Work {
    switch role {
    case "step":
      guard let old = Expression(parsing: work.state), let new = Expression(parsing: output) else {
        throw .malformed("a step says an expression")
      }
      guard new.rest.count < max(1, old.rest.count) else {
        throw .malformed("a step says a shorter expression")
      }
      return Work(state: new.text)
    case "solve":
      guard let number = Expression(parsing: output), number.rest.isEmpty else {
        throw .malformed("solve says a number")
      }
      var result = work
      result.answer = number.text
      result.verdict = nil
      return result
    case "check": return try judged(work, by: output)
    default: throw .malformed("arithmetic has no role \(role)")
    }
  }

  /// How many operations should come before the last one, and at least 1.
  package func size(of work: Work) -> Int { max(1, (Expression(parsing: work.state)?.rest.count ?? 2) - 1) }

  package func recognizes(state: String) -> Bool { Expression(parsing: state) != nil }

  package func hash(ofState state: String) -> UInt64? { Expression(parsing: state).map(hash(of:)) }

  /// Single operations are steps of everything and always on the training side.
  private func hash(of expression: Expression) -> UInt64 {
    var fingerprint = Fingerprint()
    fingerprint.add(name)
    fingerprint.add(expression.text)
    return expression.rest.count < 2 ? TaskSplit.trainingHash(fingerprint.value) : fingerprint.value
  }

  package func remainingSteps(_ state: String) -> Int? { Expression(parsing: state)?.rest.count }

  package func reference(_ prompt: ExecutorPrompt) -> String? {
    guard let expression = Expression(parsing: prompt.state) else { return nil }
    switch prompt.role {
    case "step": return expression.reduced.text
    case "solve": return "\(expression.value)"
    case "check":
      let answer = prompt.answer.flatMap(Expression.init(parsing:))
      return answer?.text == "\(expression.value)" ? "ok" : "no"
    case "pick": return TroupeVocabulary.chain(ofSteps: expression.rest.count - 1)
    default: return nil
    }
  }

  /// Changes the number that had to be computed by one to three.
  package func corrupted(
    _ output: String, for prompt: ExecutorPrompt, using generator: inout some RandomNumberGenerator
  ) -> String {
    if prompt.role == "check" { return output == "ok" ? "no" : "ok" }
    if prompt.role == "pick" { return TroupeVocabulary.chains.first { $0 != output } ?? output }
    guard var expression = Expression(parsing: output) else { return output }
    let shift = Int.random(in: 1...3, using: &generator)
    let up = Bool.random(using: &generator)
    expression.first += up || expression.first < shift ? shift : -shift
    return expression.text
  }
}
