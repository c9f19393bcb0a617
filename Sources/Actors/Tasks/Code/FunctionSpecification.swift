/// A function of a list of whole numbers: steps that make another list of it, and what is returned of that.
///
/// It can be said in English, read back from that, computed, and written in Python.
struct FunctionSpecification: Hashable {
  enum Step: Hashable {
    case keepEven, keepOdd, reverse, sort, dropRepeated
    case keepAbove(Int), add(Int), multiply(Int), dropFirst(Int), takeFirst(Int)
  }

  enum Result: String, CaseIterable {
    case list = "the list", sum = "their sum", largest = "the largest, or 0 if there are none", count =
      "how many there are"
  }

  var steps: [Step]
  var result: Result

  static let entry = "f"

  // MARK: What it computes

  /// What the function returns.
  enum Value: Hashable, CustomStringConvertible {
    case list([Int])
    case number(Int)

    var description: String {
      switch self {
      case .list(let list): "\(list)"
      case .number(let number): "\(number)"
      }
    }
  }

  func callAsFunction(_ list: [Int]) -> Value {
    let list = steps.reduce(list) { $1($0) }
    switch result {
    case .list: return .list(list)
    case .sum: return .number(list.reduce(0, +))
    case .largest: return .number(list.max() ?? 0)
    case .count: return .number(list.count)
    }
  }

  // MARK: In English

  /// The question, with examples as assertions.
  func question(examples: [[Int]]) -> String {
    "Write a Python function \(Self.entry)(xs) that takes a list of integers, \(steps.map(\.text).joined(separator: ", then ")), and returns "
      + "\(result.rawValue)."
      + (examples.isEmpty ? "" : " Examples: \(examples.map(call).joined(separator: "; "))")
  }

  /// A call and its value: `f([1, 2]) == 3`.
  func call(_ list: [Int]) -> String { "\(Self.entry)(\(list)) == \(self(list))" }

  /// Reads a question; `nil` if it is none.
  init?(parsing question: some StringProtocol) {
    guard let begin = question.firstRange(of: "integers, "),
      let end = question.firstRange(of: ", and returns "),
      begin.upperBound < end.lowerBound,
      let result = Result.allCases.first(where: { question[end.upperBound...].hasPrefix($0.rawValue + ".") })
    else { return nil }
    let texts = String(question[begin.upperBound..<end.lowerBound]).split(separator: ", then ")
    let steps = texts.compactMap { Step(parsing: $0) }
    guard steps.count == texts.count, !steps.isEmpty else { return nil }
    (self.steps, self.result) = (steps, result)
  }

  init(steps: [Step], result: Result) { (self.steps, self.result) = (steps, result) }

  // MARK: In Python

  /// The function in Python.
  var python: String {
    (["def \(Self.entry)(xs):"] + steps.map { "    xs = \($0.python)" } + ["    return \(returned)"]).joined(
      separator: "\n")
  }

  private var returned: String {
    switch result {
    case .list: "xs"
    case .sum: "sum(xs)"
    case .largest: "max(xs, default=0)"
    case .count: "len(xs)"
    }
  }
}

extension FunctionSpecification.Step {
  func callAsFunction(_ list: [Int]) -> [Int] {
    switch self {
    case .keepEven: list.filter { $0 % 2 == 0 }
    case .keepOdd: list.filter { $0 % 2 != 0 }
    case .reverse: list.reversed()
    case .sort: list.sorted()
    case .dropRepeated: list.indices.filter { !list[..<$0].contains(list[$0]) }.map { list[$0] }
    case .keepAbove(let bound): list.filter { $0 > bound }
    case .add(let number): list.map { $0 + number }
    case .multiply(let number): list.map { $0 * number }
    case .dropFirst(let count): Array(list.dropFirst(count))
    case .takeFirst(let count): Array(list.prefix(count))
    }
  }

  var text: String {
    switch self {
    case .keepEven: "keeps the even numbers"
    case .keepOdd: "keeps the odd numbers"
    case .reverse: "reverses the list"
    case .sort: "sorts the list in ascending order"
    case .dropRepeated: "drops numbers that were there before"
    case .keepAbove(let bound): "keeps the numbers above \(bound)"
    case .add(let number): "adds \(number) to each number"
    case .multiply(let number): "multiplies each number by \(number)"
    case .dropFirst(let count): "drops the first \(count)"
    case .takeFirst(let count): "keeps the first \(count)"
    }
  }

  var python: String {
    switch self {
    case .keepEven: "[x for x in xs if x % 2 == 0]"
    case .keepOdd: "[x for x in xs if x % 2 != 0]"
    case .reverse: "xs[::-1]"
    case .sort: "sorted(xs)"
    case .dropRepeated: "list(dict.fromkeys(xs))"
    case .keepAbove(let bound): "[x for x in xs if x > \(bound)]"
    case .add(let number): "[x + \(number) for x in xs]"
    case .multiply(let number): "[x * \(number) for x in xs]"
    case .dropFirst(let count): "xs[\(count):]"
    case .takeFirst(let count): "xs[:\(count)]"
    }
  }

  /// All steps that a problem may have.
  static let all: [Self] =
    [.keepEven, .keepOdd, .reverse, .sort, .dropRepeated] + (1...9).map { .keepAbove($0) }
    + (1...9).map { .add($0) }
    + (2...9).map { .multiply($0) } + (1...3).map { .dropFirst($0) } + (2...5).map { .takeFirst($0) }

  private static let byText = Dictionary(all.map { ($0.text, $0) }) { first, _ in first }

  init?(parsing text: some StringProtocol) {
    guard let step = Self.byText[String(text)] else { return nil }
    self = step
  }
}
