/// An arithmetic expression that is evaluated strictly from left to right, like on a pocket calculator:
/// `2 + 3 * 4` is 20.
struct Expression: Hashable {
  enum Operator: Character, CaseIterable {
    case plus = "+"
    case minus = "-"
    case times = "*"

    func callAsFunction(_ a: Int, _ b: Int) -> Int {
      switch self {
      case .plus: a + b
      case .minus: a - b
      case .times: a * b
      }
    }
  }
  var first: Int
  var rest: [(Operator, Int)]

  /// The most digits a number may have.
  static let maximumDigits = 3

  var text: String { rest.reduce("\(first)") { "\($0) \($1.0.rawValue) \($1.1)" } }
  var value: Int { rest.reduce(first) { $1.0($0, $1.1) } }

  /// The expression after its first operation; a number stays as it is.
  var reduced: Expression {
    guard let (operation, operand) = rest.first else { return self }
    return Expression(first: operation(first, operand), rest: Array(rest.dropFirst()))
  }

  init(first: Int, rest: [(Operator, Int)]) {
    self.first = first
    self.rest = rest
  }

  /// Reads non-negative numbers without leading zeros, whatever white space stands between the digits.
  init?(parsing text: String) {
    var numbers: [Int] = []
    var operators: [Operator] = []
    var digits = ""
    func number() -> Int? {
      guard (1...Self.maximumDigits).contains(digits.count), digits == "0" || digits.first != "0" else {
        return nil
      }
      return Int(digits)
    }
    for character in text where character != " " {
      if let operation = Operator(rawValue: character) {
        guard let value = number() else { return nil }
        numbers.append(value)
        operators.append(operation)
        digits = ""
      } else if "0"..."9" ~= character {
        digits.append(character)
      } else {
        return nil
      }
    }
    guard let last = number() else { return nil }
    numbers.append(last)
    self.init(first: numbers[0], rest: Array(zip(operators, numbers.dropFirst())))
  }

  static func == (a: Expression, b: Expression) -> Bool { a.text == b.text }
  func hash(into hasher: inout Hasher) { hasher.combine(text) }
}
