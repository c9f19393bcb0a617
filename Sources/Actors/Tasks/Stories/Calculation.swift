/// A line of a calculation in words' company: `7 + 5 = 12`.
struct Calculation: Hashable {
  enum Operator: String, CaseIterable {
    case plus = "+"
    case minus = "-"
    case times = "*"

    /// `nil` if the result is no `Int`.
    func callAsFunction(_ a: Int, _ b: Int) -> Int? {
      let (value, isTooLarge) =
        switch self {
        case .plus: a.addingReportingOverflow(b)
        case .minus: a.subtractingReportingOverflow(b)
        case .times: a.multipliedReportingOverflow(by: b)
        }
      return isTooLarge ? nil : value
    }
  }

  var first: Int
  var operation: Operator
  var second: Int
  /// What the line says that comes out, right or wrong.
  var result: Int

  /// The right calculation; `nil` if its result is too large.
  init?(_ first: Int, _ operation: Operator, _ second: Int) {
    guard let result = operation(first, second) else { return nil }
    (self.first, self.operation, self.second, self.result) = (first, operation, second, result)
  }

  /// Reads a line; `nil` if it has another form. White space is free.
  init?(parsing line: some StringProtocol) {
    let sides = line.split(separator: "=", omittingEmptySubsequences: false).map { Substring($0).trimmed }
    guard sides.count == 2, let result = Int(sides[1]) else { return nil }
    // The sign of the first number is not the operation.
    let places = sides[0].indices.dropFirst().filter { Operator(rawValue: String(sides[0][$0])) != nil }
    guard let place = places.first, let operation = Operator(rawValue: String(sides[0][place])),
      let first = Int(sides[0][..<place].trimmed),
      let second = Int(sides[0][sides[0].index(after: place)...].trimmed)
    else { return nil }
    (self.first, self.operation, self.second, self.result) = (first, operation, second, result)
  }
}

extension Calculation: CustomStringConvertible {
  var description: String { "\(first) \(operation.rawValue) \(second) = \(result)" }
}
