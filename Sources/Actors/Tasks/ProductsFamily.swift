/// Products of a number and a digit, such as `( 47 * 6 )`, which is 282.
///
/// A problem of level L has a first factor of L digits. A product is said at once or not at all: no step makes it
/// easier, and to judge an answer is to multiply again. So executors that are often right, and wrong in many ways, gain
/// most by a vote. The role `solve` says the product, `check` judges it.
package struct ProductsFamily: TaskFamily {
  package let name = "products"
  package let levels = 1...3
  /// The largest first factor, from 100 to 999.
  package let largest: Int

  /// A problem: two factors, of which the second has one digit.
  struct Factors: Hashable {
    var first: Int
    var second: Int

    var text: String { "( \(first) * \(second) )" }
    var product: Int { first * second }

    init(first: Int, second: Int) {
      self.first = first
      self.second = second
    }

    init?(parsing text: String) {
      let words = text.filter { $0 != " " }
      guard words.first == "(", words.last == ")",
        let factors = Expression(parsing: String(words.dropFirst().dropLast())),
        factors.rest.count == 1, factors.rest[0].0 == .times, factors.first >= 2,
        (2...9).contains(factors.rest[0].1)
      else { return nil }
      (first, second) = (factors.first, factors.rest[0].1)
    }
  }

  /// Makes a family.
  /// - Throws: ``TaskError/parameters(family:_:)`` unless `largest` is within 100...999.
  package init(largest: Int = 999) throws(TaskError) {
    guard (100...999).contains(largest) else {
      throw .parameters(family: "products", "the largest factor must be within 100...999")
    }
    self.largest = largest
  }

  package func instance(
    level: Int, split: TaskSplit, using generator: inout some RandomNumberGenerator
  ) throws(TaskError) -> TaskInstance {
    guard levels.contains(level) else { throw .level(level, family: name, allowed: levels) }
    guard level > 1 || split == .train else { throw .noInstance(family: name, level: level, split: split) }
    let range = [2...9, 10...99, 100...largest][level - 1]
    for _ in 0..<ArithmeticFamily.maximumDraws {
      let first = Int.random(in: range, using: &generator)
      let factors = Factors(first: first, second: Int.random(in: 2...9, using: &generator))
      let hash = hash(of: factors)
      guard TaskSplit(hash: hash) == split else { continue }
      return TaskInstance(
        family: name, level: level, hash: hash, statement: factors.text, solution: "\(factors.product)")
    }
    throw .noInstance(family: name, level: level, split: split)
  }

  package func start(_ task: TaskInstance) -> Work { Work(state: task.statement) }

  package func plays(_ role: String) -> Bool { ["solve", "check"].contains(role) }

  /// Whoever solves sees nothing but the problem, so that every attempt is a fresh one.
  package func prompt(for role: String, on work: Work, beside others: [Work]) -> ExecutorPrompt {
    ExecutorPrompt(role: role, state: work.state, answer: role == "check" ? work.answer : nil)
  }

  package var joinsDigits: Bool { true }

  package func instructions(for role: String) -> String {
    let problem = "A problem is a product, such as `( 47 * 6 )`, which is 282."
    return switch role {
    case TroupeVocabulary.designer: "\(problem) The role `solve` says the product; `check` judges an answer."
    case "solve": "\(problem) Reply with the product, a number, and nothing else."
    case "check":
      "\(problem) After a comma follows an answer. Reply `ok` if it is right, and `no` if it is not."
    default: problem
    }
  }

  package func apply(_ output: String, as role: String, to work: Work) throws(WorkFault) -> Work {
    var result = work
    switch role {
    case "solve":
      guard let number = Self.number(output) else { throw .malformed("solve says a number") }
      result.answer = "\(number)"
      result.verdict = nil
    case "check": result.verdict = try verdict(output)
    default: throw .malformed("products has no role \(role)")
    }
    return result
  }

  /// A number of one to four digits without leading zeros.
  private static func number(_ text: String) -> Int? {
    let digits = text.filter { $0 != " " }
    guard (1...4).contains(digits.count), let number = Int(digits), "\(number)" == digits, number >= 0 else {
      return nil
    }
    return number
  }

  package func recognizes(state: String) -> Bool { Factors(parsing: state) != nil }
  package func hash(ofState state: String) -> UInt64? { Factors(parsing: state).map(hash(of:)) }
  package func remainingSteps(_ state: String) -> Int? { Factors(parsing: state) == nil ? nil : 1 }

  /// The multiplication table is always on the training side.
  private func hash(of factors: Factors) -> UInt64 {
    var fingerprint = Fingerprint()
    fingerprint.add(name)
    fingerprint.add(factors.text)
    return factors.first < 10 ? TaskSplit.trainingHash(fingerprint.value) : fingerprint.value
  }

  package func reference(_ prompt: ExecutorPrompt) -> String? {
    guard let factors = Factors(parsing: prompt.state) else { return nil }
    switch prompt.role {
    case "solve": return "\(factors.product)"
    case "check": return prompt.answer.flatMap(Self.number) == factors.product ? "ok" : "no"
    default: return nil
    }
  }

  /// Changes one of the product's digits by one or two.
  package func corrupted(
    _ output: String, for prompt: ExecutorPrompt, using generator: inout some RandomNumberGenerator
  ) -> String {
    if prompt.role == "check" { return output == "ok" ? "no" : "ok" }
    guard let number = Self.number(output) else { return output }
    let places = number < 10 ? [1] : number < 100 ? [1, 10] : [1, 10, 100]
    let shift =
      places[Int.random(in: 0..<places.count, using: &generator)] * Int.random(in: 1...2, using: &generator)
    let up = Bool.random(using: &generator)
    return "\(up || number < shift ? number + shift : number - shift)"
  }
}
