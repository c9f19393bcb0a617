/// Long sums of two-digit numbers without carrying: each place is added by itself, modulo ``base``. In base 6,
/// `[ 45 + 31 + 12 ]` is 22: 4 + 3 + 1 is 8, which is 2, and so is 5 + 1 + 2.
///
/// A problem of level L has L times ``part`` numbers. The role `cut` divides them into groups of ``part``, `solve` says
/// the sum of a group, and `join` adds the sums of groups. The role `step` adds the first two numbers, so a chain of
/// steps needs nearly as many calls as there are numbers. A cold start shows no sums to `solve` that are longer than a
/// group.
package struct SumsFamily: TaskFamily {
  package let name = "sums"
  package let levels = 1...4
  /// How many numbers a group has, from 2 to 4.
  package let part: Int
  /// How many digits there are, from 5 to 10.
  package let base: Int

  /// The most sums that `join` is shown to add.
  static let mostJoined = 4

  /// A list of two-digit numbers to be added.
  struct Numbers: Hashable {
    var values: [Int]

    /// The numbers without brackets.
    var list: String { values.map(Self.digits).joined(separator: " + ") }
    var text: String { "[ \(list) ]" }

    /// The sum of all, in which each place is added by itself, modulo `base`.
    func sum(_ base: Int) -> Int {
      values.reduce(0) { ($0 / 10 + $1 / 10) % base * 10 + ($0 % 10 + $1 % 10) % base }
    }

    /// The list after its first two numbers are added; a single number stays as it is.
    func reduced(_ base: Int) -> Numbers {
      guard values.count > 1 else { return self }
      return Numbers([Numbers(Array(values[..<2])).sum(base)] + values[2...])
    }

    init(_ values: [Int]) { self.values = values }

    /// Reads numbers of two digits with `+` between them.
    init?(list text: some StringProtocol, base: Int) {
      values = []
      for number in String(text).filter({ $0 != " " }).split(separator: "+", omittingEmptySubsequences: false)
      {
        let digits = number.compactMap { ("0"..."9").contains($0) ? $0.wholeNumberValue : nil }
        guard number.count == 2, digits.count == 2, digits.allSatisfy({ $0 < base }) else { return nil }
        values.append(10 * digits[0] + digits[1])
      }
    }

    /// Reads a list in brackets.
    init?(parsing text: String, base: Int) {
      let words = text.filter { $0 != " " }
      guard words.first == "[", words.last == "]" else { return nil }
      self.init(list: words.dropFirst().dropLast(), base: base)
    }

    static func digits(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
  }

  /// Makes a family.
  /// - Throws: ``TaskError/parameters(family:_:)`` unless `part` is within 2...4 and `base` within 5...10.
  package init(part: Int = 3, base: Int = 6) throws(TaskError) {
    guard (2...4).contains(part) else { throw .parameters(family: "sums", "a part must have 2 to 4 numbers") }
    guard (5...10).contains(base) else { throw .parameters(family: "sums", "there must be 5 to 10 digits") }
    self.part = part
    self.base = base
  }

  private func numbers(_ state: String) -> Numbers? { Numbers(parsing: state, base: base) }

  package func instance(
    level: Int, split: TaskSplit, using generator: inout some RandomNumberGenerator
  ) throws(TaskError) -> TaskInstance {
    guard levels.contains(level) else { throw .level(level, family: name, allowed: levels) }
    guard level > 1 || split == .train else { throw .noInstance(family: name, level: level, split: split) }
    for _ in 0..<ArithmeticFamily.maximumDraws {
      let numbers = Numbers(
        (0..<level * part).map { _ in
          10 * Int.random(in: 0..<base, using: &generator) + Int.random(in: 0..<base, using: &generator)
        })
      let hash = hash(of: numbers)
      guard TaskSplit(hash: hash) == split else { continue }
      if split == .train, leadsToHeldOut(numbers) { continue }
      return TaskInstance(
        family: name, level: level, hash: hash, statement: numbers.text,
        solution: Numbers.digits(numbers.sum(base)))
    }
    throw .noInstance(family: name, level: level, split: split)
  }

  /// Whether a perfect chain of steps passes a held-out problem.
  private func leadsToHeldOut(_ numbers: Numbers) -> Bool {
    sequence(first: numbers.reduced(base)) { $0.values.count == 1 ? nil : $0.reduced(base) }
      .contains { TaskSplit(hash: hash(of: $0)) == .heldOut }
  }

  package func start(_ task: TaskInstance) -> Work { Work(state: task.statement) }

  package func plays(_ role: String) -> Bool { ["step", "solve", "check", "cut", "join"].contains(role) }

  package func isShown(_ prompt: ExecutorPrompt) -> Bool {
    let count = numbers(prompt.state)?.values.count ?? 0
    return switch prompt.role {
    case "solve", "check": count <= part
    case "join": count <= Self.mostJoined
    default: true
    }
  }

  /// Who joins sees the sums of the groups as one list, and who solves nothing but the numbers.
  package func prompt(for role: String, on work: Work, beside others: [Work]) -> ExecutorPrompt {
    guard role == "join", !others.isEmpty else {
      return ExecutorPrompt(role: role, state: work.state, answer: role == "check" ? work.answer : nil)
    }
    let sums = others.flatMap { other in
      (other.answer.flatMap { Numbers(list: $0, base: base) } ?? numbers(other.state))?.values ?? []
    }
    return ExecutorPrompt(role: role, state: Numbers(sums).text)
  }

  package var joinsDigits: Bool { true }

  package func instructions(for role: String) -> String {
    let problem = """
      A problem is a sum of two-digit numbers without carrying, in which each place is added by itself, modulo \(base): \
      `[ 11 + 20 + 12 ]` is \(Numbers.digits(Numbers([11, 20, 12]).sum(base))).
      """
    return switch role {
    case TroupeVocabulary.designer:
      "\(problem) The role `step` adds the first two numbers; `cut` divides the numbers into groups of \(part); `solve` "
        + "says the sum of a few numbers; `join` adds the sums of the groups; `check` judges an answer."
    case "step":
      "\(problem) Add the first two numbers only, and reply with the list that is left, such as `[ 31 + 12 ]`."
    case "solve", "join": "\(problem) Reply with the sum, two digits, and nothing else."
    case "cut":
      "\(problem) Reply with the numbers in groups of \(part), divided by `;`, such as `11 + 20 + 12 ; 04 + 13`."
    case "check":
      "\(problem) After a comma follows an answer. Reply `ok` if it is right, and `no` if it is not."
    default: problem
    }
  }

  package func apply(_ output: String, as role: String, to work: Work) throws(WorkFault) -> Work {
    switch role {
    case "step":
      guard let old = numbers(work.state), let new = numbers(output),
        new.values.count < max(2, old.values.count)
      else { throw .malformed("a step says a shorter list") }
      return Work(state: new.text)
    case "solve", "join":
      guard let numbers = Numbers(list: output, base: base), numbers.values.count == 1 else {
        throw .malformed("\(role) says two digits")
      }
      var result = work
      result.answer = numbers.list
      result.verdict = nil
      return result
    case "check": return try judged(work, by: output)
    default: throw .malformed("sums has no role \(role)")
    }
  }

  /// The groups that semicolons divide.
  package func subtasks(of work: Work, atMost count: Int) -> [Work] {
    (work.proposal ?? "").split(separator: ";").compactMap { Numbers(list: $0, base: base) }.map {
      Work(state: $0.text)
    }
  }

  /// How many groups the numbers make.
  package func size(of work: Work) -> Int {
    numbers(work.state).map { max(1, ($0.values.count + part - 1) / part) } ?? 1
  }

  package func recognizes(state: String) -> Bool { self.numbers(state) != nil }
  package func hash(ofState state: String) -> UInt64? { numbers(state).map(hash(of:)) }

  /// Sums that are shorter than those of level 2 are always on the training side.
  private func hash(of numbers: Numbers) -> UInt64 {
    var fingerprint = Fingerprint()
    fingerprint.add(name)
    fingerprint.add(numbers.text)
    return numbers.values.count < 2 * part ? TaskSplit.trainingHash(fingerprint.value) : fingerprint.value
  }

  package func remainingSteps(_ state: String) -> Int? { numbers(state).map { $0.values.count - 1 } }

  package func reference(_ prompt: ExecutorPrompt) -> String? {
    guard let numbers = self.numbers(prompt.state) else { return nil }
    switch prompt.role {
    case "step": return numbers.reduced(base).text
    case "solve", "join": return Numbers.digits(numbers.sum(base))
    case "cut":
      let values = numbers.values
      return stride(from: 0, to: values.count, by: part)
        .map { Numbers(Array(values[$0..<min($0 + part, values.count)])).list }.joined(separator: " ; ")
    case "check":
      let answer = prompt.answer.flatMap { Numbers(list: $0, base: base) }
      return answer?.values == [numbers.sum(base)] ? "ok" : "no"
    default: return nil
    }
  }

  /// Changes one digit of one number.
  package func corrupted(
    _ output: String, for prompt: ExecutorPrompt, using generator: inout some RandomNumberGenerator
  ) -> String {
    if prompt.role == "check" { return output == "ok" ? "no" : "ok" }
    var words = Array(output)
    let places = words.indices.filter { words[$0].isNumber }
    guard !places.isEmpty else { return output }
    let place = places[Int.random(in: 0..<places.count, using: &generator)]
    let digit = (words[place].wholeNumberValue ?? 0) + Int.random(in: 1..<base, using: &generator)
    words[place] = Character("\(digit % base)")
    return String(words)
  }
}
