/// Word problems of one calculation with larger numbers: what two things cost together, or how much more one costs than
/// the other.
///
/// `A book costs 57 cents and a lamp costs 38 cents. How many cents do both cost?` The level is the number of digits. One call
/// can do it, so that more steps are of no use; a vote of several is. `solve` ends what it says with a line such as `Answer: 95`.
package struct PricesFamily: TaskFamily {
  package let name = "prices"
  package let levels = 1...3
  package let isText = true

  private static let maximumDraws = 10_000
  private static let things = ["bag", "book", "cup", "hat", "kite", "lamp", "map", "pen"]
  private static let (sum, difference) = ("do both cost", "more does the dearer one cost")

  private struct Problem {
    var first: (thing: Int, price: Int)
    var second: (thing: Int, price: Int)
    var isSum: Bool

    var text: String {
      "A \(things[first.thing]) costs \(first.price) cents and a \(things[second.thing]) costs \(second.price) "
        + "cents. How many cents \(isSum ? sum : difference)?"
    }

    init(first: (thing: Int, price: Int), second: (thing: Int, price: Int), isSum: Bool) {
      (self.first, self.second, self.isSum) = (first, second, isSum)
    }

    /// Reads a problem back from its text; `nil` if it is none.
    init?(parsing text: some StringProtocol) {
      let words = text.split(separator: " ")
      guard words.count > 14, let a = Int(words[3]), let b = Int(words[9]),
        let one = things.firstIndex(of: String(words[1])), let other = things.firstIndex(of: String(words[7]))
      else { return nil }
      self.init(first: (one, a), second: (other, b), isSum: words[14] == "do")
      guard self.text == text else { return nil }
    }

    /// The calculation that answers it.
    var calculation: Calculation? {
      isSum
        ? Calculation(first.price, .plus, second.price)
        : Calculation(max(first.price, second.price), .minus, min(first.price, second.price))
    }
  }

  package init() {}

  package func instance(
    level: Int, split: TaskSplit, using generator: inout some RandomNumberGenerator
  ) throws(TaskError) -> TaskInstance {
    guard levels.contains(level) else { throw .level(level, family: name, allowed: levels) }
    guard level > 1 || split == .train else { throw .noInstance(family: name, level: level, split: split) }
    let prices = [1...9, 10...99, 100...999][level - 1]
    for _ in 0..<Self.maximumDraws {
      let first = Int.random(in: Self.things.indices, using: &generator)
      let second = Int.random(in: Self.things.indices, using: &generator)
      let problem = Problem(
        first: (first, Int.random(in: prices, using: &generator)),
        second: (second, Int.random(in: prices, using: &generator)), isSum: Bool.random(using: &generator))
      guard first != second, problem.first.price != problem.second.price,
        let calculation = problem.calculation
      else { continue }
      let hash = hash(of: problem)
      guard TaskSplit(hash: hash) == split else { continue }
      return TaskInstance(
        family: name, level: level, hash: hash, statement: problem.text, solution: "\(calculation.result)")
    }
    throw .noInstance(family: name, level: level, split: split)
  }

  /// The prices and what is asked decide, whatever the things are and in which order they stand.
  private func hash(of problem: Problem) -> UInt64 {
    let prices = [problem.first.price, problem.second.price].sorted()
    let hash = fingerprint(of: [name, "\(prices[0])", problem.isSum ? "+" : "-", "\(prices[1])"])
    return prices[1] < 10 ? TaskSplit.trainingHash(hash) : hash
  }

  package func start(_ task: TaskInstance) -> Work { Work(state: task.statement) }

  package func plays(_ role: String) -> Bool { ["solve", "check"].contains(role) }

  package func instructions(for role: String) -> String {
    switch role {
    case TroupeVocabulary.designer: "Two prices are given, and their sum or their difference is asked for."
    case "check": "Say ok if the proposed answer is right, and no if it is not."
    default: "Calculate, and end with a line as in: Answer: 12"
    }
  }

  package func apply(_ output: String, as role: String, to work: Work) throws(WorkFault) -> Work {
    switch role {
    case "check": return try judged(work, by: output)
    case "solve": return try work.answering(spoken: output) { Int($0).map(String.init) }
    default:
      guard Script.wording(ofRole: role) != nil else { throw .malformed("\(name) has no role \(role)") }
      return try work.answeringOrNoting(output)
    }
  }

  private func problem(_ state: String) -> Problem? {
    state.split(separator: "\n").first.flatMap { Problem(parsing: $0) }
  }

  package func recognizes(state: String) -> Bool { problem(state) != nil }
  package func hash(ofState state: String) -> UInt64? { problem(state).map(hash(of:)) }
  package func remainingSteps(_ state: String) -> Int? { problem(state) == nil ? nil : 1 }

  package func reference(_ prompt: ExecutorPrompt) -> String? {
    guard let calculation = problem(prompt.state)?.calculation else { return nil }
    switch prompt.role {
    case "solve": return "\(calculation)\n\(SpokenAnswer.line("\(calculation.result)"))"
    case "check": return prompt.answer == "\(calculation.result)" ? "ok" : "no"
    default: return nil
    }
  }

  /// Changes one digit's place by one: what carrying wrongly does.
  package func corrupted(
    _ output: String, for prompt: ExecutorPrompt, using generator: inout some RandomNumberGenerator
  ) -> String {
    if prompt.role == "check" { return output == "ok" ? "no" : "ok" }
    guard let answer = SpokenAnswer.read(output).flatMap({ Int($0) }) else { return output }
    let place = [1, 10, 100][Int.random(in: 0..<(answer < 10 ? 1 : answer < 100 ? 2 : 3), using: &generator)]
    return SpokenAnswer.line(
      "\(answer + (Bool.random(using: &generator) || answer <= place ? place : -place))")
  }
}
