/// Digits and a target: `24 ; 3 5 9` asks for a calculation that has 3, 5 and 9 once each and leads to 24.
///
/// A problem of level L has L + 1 digits. An answer such as `5 * 3 : 15 + 9` says each operation from left to right, and
/// the value before each but the first; no value may be negative. Most problems have several right answers, so votes do
/// not agree on one; and to judge an answer takes an operation or two, where to find one takes a search. The role `solve`
/// says an answer, `check` judges it, and `join` says the one of several that is right. The role `step` says the first
/// operation, `5 * 3`, and the tool `run` carries it out, which leaves `24 ; 15 : 9`: the value so far and the other digits.
package struct CountdownFamily: TaskFamily {
  package let name = "countdown"
  package let stepTools = ["run"]
  package let levels = 1...3
  /// The largest target, and the largest value on the way to it.
  package let largest: Int

  /// A target with the digits to reach it from, and the value so far if some operations are done.
  struct Problem: Hashable {
    var target: Int
    var value: Int?
    var digits: [Int]

    var text: String {
      let words = (value.map { ["\($0)", ":"] } ?? []) + digits.map(String.init)
      return "\(target) ; \(words.joined(separator: " "))"
    }

    init(target: Int, value: Int? = nil, digits: [Int]) {
      (self.target, self.value, self.digits) = (target, value, digits)
    }

    init?(parsing text: String) {
      let parts = text.filter { $0 != " " }.split(separator: ";", omittingEmptySubsequences: false)
      guard parts.count == 2, let target = Self.number(parts[0]) else { return nil }
      var rest = parts[1].split(separator: ":", omittingEmptySubsequences: false)
      guard let digits = rest.popLast(), digits.allSatisfy({ ("1"..."9").contains($0) }) else { return nil }
      self.init(
        target: target, value: rest.first.flatMap(Self.number), digits: digits.compactMap(\.wholeNumberValue))
      let isWhole = rest.isEmpty && (2...4).contains(digits.count)
      guard isWhole || (rest.count == 1 && value != nil && digits.count <= 3) else { return nil }
    }

    private static func number(_ text: Substring) -> Int? {
      Expression(parsing: String(text)).flatMap { $0.rest.isEmpty ? $0.first : nil }
    }

    /// How many operations are left.
    var operations: Int { digits.count - (value == nil ? 1 : 0) }

    /// Whether the answer starts at the value so far, has the digits, each once, states right values, and leads to the
    /// target. Without an answer, whether the value is the target and no digit is left.
    func isReached(by answer: Calculation?) -> Bool {
      guard let answer else { return value == target && digits.isEmpty }
      let expression = answer.expression
      let operands = expression.rest.map(\.1) + (value == nil ? [expression.first] : [])
      return operands.sorted() == digits.sorted() && (value == nil || value == expression.first)
        && expression.value == target && expression.values == answer.stated && expression.isNeverNegative
    }

    /// What is left after an operation; `nil` if it does not start at the value so far, if its digits are not there, or if
    /// its value is negative or has more than three digits.
    func reduced(by operation: Calculation) -> Problem? {
      let expression = operation.expression
      var rest = self
      guard value == nil || value == expression.first else { return nil }
      for digit in expression.rest.map(\.1) + (value == nil ? [expression.first] : []) {
        guard let place = rest.digits.firstIndex(of: digit) else { return nil }
        rest.digits.remove(at: place)
      }
      guard (0...999).contains(expression.value) else { return nil }
      rest.value = expression.value
      return rest
    }

    /// All expressions over the value so far and the digits without negative values, in a fixed order.
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
      if let value {
        extend(Expression(first: value, rest: []), value, sorted)
        return found
      }
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

    /// The calculation up to its first operation.
    var start: Calculation {
      Calculation(Expression(first: expression.first, rest: Array(expression.rest.prefix(1))))
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

  package func plays(_ role: String) -> Bool { ["step", "solve", "check", "join"].contains(role) }

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
      "\(problem) The role `step` says the first operation, and the tool `run` carries it out; `solve` says the rest of "
        + "the calculation; `check` judges one; `join` says the right one of several."
    case "step": "\(problem) Reply with the first operation only, such as `5 * 3`."
    case "solve": "\(problem) Reply with a calculation and nothing else."
    case "check":
      "\(problem) After a comma follows an answer. Reply `ok` if it is right, and `no` if it is not."
    case "join":
      "\(problem) After commas follow answers. Reply with the first that is right, or the first of all."
    default: problem
    }
  }

  package func apply(_ output: String, as role: String, to work: Work) throws(WorkFault) -> Work {
    switch role {
    case "step":
      let operation = try calculation(output, role, work)
      guard operation?.expression.rest.count ?? 0 <= 1 else { throw .malformed("a step says one operation") }
      return work.proposing(operation?.text ?? "")
    case "solve", "join": return work.answering(try calculation(output, role, work)?.text ?? "")
    case "check": return try judged(work, by: output)
    default: throw .malformed("countdown has no role \(role)")
    }
  }

  /// Reads what a role says: a calculation, or nothing where nothing is left to do.
  private func calculation(_ output: String, _ role: String, _ work: Work) throws(WorkFault) -> Calculation? {
    if output.isEmpty, Problem(parsing: work.state)?.operations == 0 { return nil }
    guard let calculation = Calculation(parsing: output) else {
      throw .malformed("\(role) says a calculation")
    }
    return calculation
  }

  package func run(tool: String, on work: Work) throws(WorkFault) -> Work {
    guard tool == "run", let proposal = work.proposal, let problem = Problem(parsing: work.state) else {
      return work
    }
    guard let operation = Calculation(parsing: proposal) else { return work.advanced(to: work.state) }
    guard let rest = problem.reduced(by: operation) else {
      throw .toolFailed("\(proposal) cannot be carried out on \(work.state)")
    }
    return work.advanced(to: rest.text, separator: " : ")
  }

  package func effect(ofRole role: String) -> WorkEffect {
    switch role {
    case "step": .proposing
    case "check": .judging
    default: .answering
    }
  }

  package func effect(ofTool tool: String) -> WorkEffect {
    tool == "run" ? .advancing : WorkEffect()
  }

  package func verify(_ work: Work, on task: TaskInstance) -> Bool {
    guard let problem = Problem(parsing: task.statement), let answer = work.answer else { return false }
    // The operations that the tool carried out and the answer after them make one calculation.
    let whole = [work.program, answer].filter { !$0.isEmpty }.joined(separator: " : ")
    return Calculation(parsing: whole).map(problem.isReached) ?? false
  }

  package func recognizes(state: String) -> Bool { Problem(parsing: state) != nil }
  package func hash(ofState state: String) -> UInt64? { Problem(parsing: state).map(hash(of:)) }
  package func remainingSteps(_ state: String) -> Int? { Problem(parsing: state)?.operations }

  /// The order of the digits does not matter. Problems of two digits, and what steps leave of others, are always on the
  /// training side.
  private func hash(of problem: Problem) -> UInt64 {
    var sorted = problem
    sorted.digits.sort()
    let hash = fingerprint(of: [name, sorted.text])
    return problem.digits.count < 3 || problem.value != nil
      ? TaskSplit.trainingHash(hash) : hash
  }

  /// `solve` says one of all right answers, which depends on the problem's text as by chance, and `step` its first operation.
  package func reference(_ prompt: ExecutorPrompt) -> String? {
    guard let problem = Problem(parsing: prompt.state) else { return nil }
    switch prompt.role {
    case "step", "solve":
      let right = problem.expressions.filter { $0.value == problem.target }
      guard !right.isEmpty else { return nil }
      guard problem.operations > 0 else { return "" }
      let answer = Calculation(right[Int(fingerprint(of: [problem.text]) % UInt64(right.count))])
      return prompt.role == "step" ? answer.start.text : answer.text
    case "check": return prompt.answer.map { isRight($0, for: problem) } == true ? "ok" : "no"
    case "join":
      return prompt.answers.first { isRight($0, for: problem) } ?? prompt.answers.first
    default: return nil
    }
  }

  /// Whether the text is a right answer; the empty one is right if nothing is left to do.
  private func isRight(_ text: String, for problem: Problem) -> Bool {
    let answer = Calculation(parsing: text)
    return (answer != nil || text.isEmpty) && problem.isReached(by: answer)
  }

  /// Another calculation with the same digits that misses the target: any, or one that comes as close as any; or, once in
  /// five, a calculation that states a wrong value. For `step` it is another operation.
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
    if prompt.role == "step" {
      let others = problem.expressions.map { Calculation($0).start.text }.filter {
        $0 != output && problem.operations > 0
      }
      return others.isEmpty ? output : others[Int.random(in: 0..<others.count, using: &generator)]
    }
    guard problem.operations > 0, !wrong.isEmpty else {
      let number = problem.value ?? problem.digits[0]
      return "\(number) + \(number)"
    }
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
