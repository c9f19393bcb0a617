/// An arithmetic expression that is evaluated strictly from left to right, like on a pocket calculator:
/// `2 + 3 * 4` is 20.
struct Expression: Hashable {
  enum Operator: UInt8, CaseIterable {
    case plus = 0x2B
    case minus = 0x2D
    case times = 0x2A

    /// `+`, `-` or `*`.
    var sign: Character { Character(Unicode.Scalar(rawValue)) }

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

  var text: String { rest.reduce("\(first)") { "\($0) \($1.0.sign) \($1.1)" } }
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
    var (value, digits) = (0, 0)
    /// Ends the number that is being read; false if it is none.
    func endNumber() -> Bool {
      guard digits > 0, digits == 1 || value >= (digits == 2 ? 10 : 100) else { return false }
      numbers.append(value)
      (value, digits) = (0, 0)
      return true
    }
    for character in text.utf8 where character != UInt8(ascii: " ") {
      if let operation = Operator(rawValue: character) {
        guard endNumber() else { return nil }
        operators.append(operation)
      } else {
        guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(character), digits < Self.maximumDigits else {
          return nil
        }
        value = 10 * value + Int(character - UInt8(ascii: "0"))
        digits += 1
      }
    }
    guard endNumber() else { return nil }
    self.init(first: numbers[0], rest: Array(zip(operators, numbers.dropFirst())))
  }

  static func == (a: Expression, b: Expression) -> Bool {
    a.first == b.first && a.rest.elementsEqual(b.rest, by: ==)
  }

  func hash(into hasher: inout Hasher) { hasher.combine(text) }
}
