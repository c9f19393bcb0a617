/// Digits and a target: `24 ; 3 5 9` asks for a calculation that has 3, 5 and 9 once each and leads to 24.
///
/// A problem of level L has L + 1 digits. An answer such as `5 * 3 : 15 + 9` says each operation from left to right, and
/// the value before each but the first; no value may be negative. Most problems have several right answers, so votes do
/// not agree on one; and to judge an answer takes an operation or two, where to find one takes a search. The role `solve`
/// says an answer, `check` judges it, and `join` says the one of several that is right.
package struct CountdownFamily: TaskFamily {
  package let name = "countdown"
  package let stepTools: [String] = []
  package let hasTests = false
  package let levels = 1...3
  /// The largest target, and the largest value on the way to it.
  package let largest: Int

  /// A target with the digits to reach it from.
  struct Problem: Hashable {
    var target: Int
    var digits: [Int]

    var text: String { "\(target) ; \(digits.map(String.init).joined(separator: " "))" }

    init(target: Int, digits: [Int]) {
      self.target = target
      self.digits = digits
    }

    init?(parsing text: String) {
      let parts = text.filter { $0 != " " }.split(separator: ";", omittingEmptySubsequences: false)
      guard parts.count == 2, let target = Expression(parsing: String(parts[0])), target.rest.isEmpty,
        (2...4).contains(parts[1].count), parts[1].allSatisfy({ ("1"..."9").contains($0) })
      else { return nil }
      self.init(target: target.first, digits: parts[1].compactMap(\.wholeNumberValue))
    }

    /// Whether the answer has the digits, each once, states right values, and leads to the target.
    func isReached(by answer: Calculation) -> Bool {
      let expression = answer.expression
      return ([expression.first] + expression.rest.map(\.1)).sorted() == digits.sorted()
        && expression.value == target && expression.values == answer.stated && expression.isNeverNegative
    }

    /// All expressions over the digits without negative values, in a fixed order.
    var expressions: [Expression] {
      var found: [Expression] = []
      func extend(_ expression: Expression, _ value: Int, _ rest: [Int]) {
        if rest.isEmpty { return found.append(expression) }
        for index in rest.indices where !rest[..<index].contains(rest[index]) {
          var others = rest
          let digit = others.remove(at: index)
          for operation in Expression.Operator.allCases where operation(value, digit) >= 0 {
            var longer = expression
            longer.rest.append((operation, digit))
            extend(longer, operation(value, digit), others)
          }
        }
      }
      let sorted = digits.sorted()
      for index in sorted.indices where !sorted[..<index].contains(sorted[index]) {
        var others = sorted
        let digit = others.remove(at: index)
        extend(Expression(first: digit, rest: []), digit, others)
      }
      return found
    }
  }

  /// An expression with the values that somebody states on the way: `5 * 3 : 15 + 9`.
  struct Calculation: Hashable {
    var expression: Expression
    /// The values before each operation but the first.
    var stated: [Int]

    var text: String {
      var words = "\(expression.first)"
      for (index, (operation, operand)) in expression.rest.enumerated() {
        if index > 0 { words += " : \(stated[index - 1])" }
        words += " \(operation.sign) \(operand)"
      }
      return words
    }

    /// The calculation that states the right values.
    init(_ expression: Expression) {
      self.expression = expression
      stated = expression.values
    }

    init?(parsing text: String) {
      let parts = text.filter { $0 != " " }.split(separator: ":", omittingEmptySubsequences: false)
        .map { Expression(parsing: String($0)) }
      guard (1...3).contains(parts.count), let first = parts[0] else { return nil }
      expression = Expression(first: first.first, rest: [])
      stated = []
      for (index, part) in parts.enumerated() {
        guard let part, part.rest.count == 1 else { return nil }
        if index > 0 { stated.append(part.first) }
        expression.rest += part.rest
      }
    }
  }

  /// Makes a family.
  /// - Throws: ``TaskError/parameters(family:_:)`` unless `largest` is within 10...200.
  package init(largest: Int = 60) throws(TaskError) {
    guard (10...200).contains(largest) else {
      throw .parameters(family: "countdown", "the largest target must be within 10...200")
    }
    self.largest = largest
  }

  package func instance(
    level: Int, split: TaskSplit, using generator: inout some RandomNumberGenerator
  ) throws(TaskError) -> TaskInstance {
    guard levels.contains(level) else { throw .level(level, family: name, allowed: levels) }
    guard level > 1 || split == .train else { throw .noInstance(family: name, level: level, split: split) }
    for _ in 0..<ArithmeticFamily.maximumDraws {
      guard let expression = expression(level, using: &generator) else { continue }
      let digits = ([expression.first] + expression.rest.map(\.1)).shuffled(using: &generator)
      let problem = Problem(target: expression.value, digits: digits)
      let hash = hash(of: problem)
      guard TaskSplit(hash: hash) == split else { continue }
      return TaskInstance(
        family: name, level: level, hash: hash, statement: problem.text,
        solution: Calculation(expression).text)
    }
    throw .noInstance(family: name, level: level, split: split)
  }

  /// A random expression, or `nil` when a value on the way is out of range.
  private func expression(_ level: Int, using generator: inout some RandomNumberGenerator) -> Expression? {
    var value = Int.random(in: 1...9, using: &generator)
    var expression = Expression(first: value, rest: [])
    for _ in 0..<level {
      let operation = Expression.Operator.allCases[Int.random(in: 0...2, using: &generator)]
      let digit = Int.random(in: 1...9, using: &generator)
      value = operation(value, digit)
      guard (0...largest).contains(value) else { return nil }
      expression.rest.append((operation, digit))
    }
    return value > 0 ? expression : nil
  }

  package func start(_ task: TaskInstance) -> Work { Work(state: task.statement) }

  package func plays(_ role: String) -> Bool { ["solve", "check", "join"].contains(role) }

  /// Whoever solves sees nothing but the problem, so that every attempt is a fresh one.
  package func prompt(for role: String, on work: Work, beside others: [Work]) -> ExecutorPrompt {
    ExecutorPrompt(
      role: role, state: work.state, answer: role == "check" ? work.answer : nil,
      others: role == "join" ? others.compactMap(\.answer) : [])
  }

  package func instructions(for role: String) -> String {
    let problem = """
      A problem is a target and digits: `24 ; 3 5 9` asks for a calculation that has each of the digits once and leads to \
      24 from left to right, with the value before each operation but the first, such as `5 * 3 : 15 + 9`.
      """
    return switch role {
    case TroupeVocabulary.designer:
      "\(problem) The role `solve` says a calculation; `check` judges one; `join` says the right one of several."
    case "solve": "\(problem) Reply with a calculation and nothing else."
    case "check":
      "\(problem) After a comma follows an answer. Reply `ok` if it is right, and `no` if it is not."
    case "join":
      "\(problem) After commas follow answers. Reply with the first that is right, or the first of all."
    default: problem
    }
  }

  package func apply(_ output: String, as role: String, to work: Work) throws(WorkFault) -> Work {
    var result = work
    switch role {
    case "solve", "join":
      guard let answer = Calculation(parsing: output) else { throw .malformed("\(role) says a calculation") }
      result.answer = answer.text
      result.verdict = nil
    case "check": result.verdict = try verdict(output)
    default: throw .malformed("countdown has no role \(role)")
    }
    return result
  }

  package func run(tool: String, on work: Work) throws(WorkFault) -> Work { work }
  package func effect(ofTool tool: String) -> WorkEffect { WorkEffect() }
  package func testsPassed(_ work: Work) -> Int? { nil }

  package func verify(_ work: Work, on task: TaskInstance) -> Bool {
    guard let problem = Problem(parsing: task.statement), let text = work.answer,
      let answer = Calculation(parsing: text)
    else { return false }
    return problem.isReached(by: answer)
  }

  package func recognizes(state: String) -> Bool { Problem(parsing: state) != nil }
  package func hash(ofState state: String) -> UInt64? { Problem(parsing: state).map(hash(of:)) }
  package func remainingSteps(_ state: String) -> Int? { Problem(parsing: state) == nil ? nil : 1 }

  /// The order of the digits does not matter. Problems of two digits are always on the training side.
  private func hash(of problem: Problem) -> UInt64 {
    var fingerprint = Fingerprint()
    fingerprint.add(name)
    fingerprint.add(Problem(target: problem.target, digits: problem.digits.sorted()).text)
    return problem.digits.count < 3 ? TaskSplit.trainingHash(fingerprint.value) : fingerprint.value
  }

  /// `solve` says one of all right answers, which depends on the problem's text as by chance.
  package func reference(_ prompt: ExecutorPrompt) -> String? {
    guard let problem = Problem(parsing: prompt.state) else { return nil }
    switch prompt.role {
    case "solve":
      let right = problem.expressions.filter { $0.value == problem.target }
      var fingerprint = Fingerprint()
      fingerprint.add(problem.text)
      return right.isEmpty ? nil : Calculation(right[Int(fingerprint.value % UInt64(right.count))]).text
    case "check":
      guard let answer = prompt.answer.flatMap(Calculation.init(parsing:)) else { return "no" }
      return problem.isReached(by: answer) ? "ok" : "no"
    case "join":
      let answers = prompt.answers.compactMap(Calculation.init(parsing:))
      return (answers.first(where: problem.isReached) ?? answers.first)?.text
    default: return nil
    }
  }

  /// Another calculation with the same digits that misses the target: any, or one that comes as close as any; or, once in
  /// five, a calculation that states a wrong value.
  package func corrupted(
    _ output: String, for prompt: ExecutorPrompt, using generator: inout some RandomNumberGenerator
  ) -> String {
    if prompt.role == "check" { return output == "ok" ? "no" : "ok" }
    guard let problem = Problem(parsing: prompt.state) else { return output }
    var wrong = problem.expressions.filter { $0.value != problem.target }
    let misstates = Int.random(in: 0..<5, using: &generator) == 0
    if misstates, var answer = Calculation(parsing: output), !answer.stated.isEmpty {
      let place = Int.random(in: 0..<answer.stated.count, using: &generator)
      answer.stated[place] += Int.random(in: 1...3, using: &generator)
      return answer.text
    }
    guard !wrong.isEmpty else { return "\(problem.digits[0]) + \(problem.digits[0])" }
    if Bool.random(using: &generator) {
      let distance = wrong.map { abs($0.value - problem.target) }.sorted()[wrong.count / 4]
      wrong = wrong.filter { abs($0.value - problem.target) <= distance }
    }
    return Calculation(wrong[Int.random(in: 0..<wrong.count, using: &generator)]).text
  }
}

extension Expression {
  /// The values before each operation but the first.
  var values: [Int] {
    rest.indices.dropFirst().map { Expression(first: first, rest: Array(rest[..<$0])).value }
  }

  /// Whether no value on the way from left to right is negative.
  var isNeverNegative: Bool {
    var value = first
    for (operation, operand) in rest {
      value = operation(value, operand)
      if value < 0 { return false }
    }
    return true
  }
}
