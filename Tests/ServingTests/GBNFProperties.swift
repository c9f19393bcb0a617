import PropertyTesting

/// A small grammar over `a`, `b` and `é`, whose texts a naive recogniser can tell.
struct SmallGrammar: Sendable, CustomStringConvertible {
  indirect enum Expression: Sendable {
    case literal(String)
    case anyOf(String, isNegated: Bool)
    case rule(Int)
    case sequence([Expression])
    case choice([Expression])
    case repeated(Expression, Int, Int?)
  }

  static let alphabet: [Character] = ["a", "b", "é"]
  /// The expressions of the rules. A rule uses later ones anywhere, and any rule after a literal.
  var rules: [Expression]

  static let generator = Generator<SmallGrammar> { (source) throws(Rejection) in
    let count = 1 + Int(try source.choice(upTo: 3))
    var rules: [Expression] = []
    for rule in 0..<count { rules.append(try expression(&source, rule, count, depth: 3)) }
    return SmallGrammar(rules: rules)
  }

  private static func expression(
    _ source: inout ChoiceSource, _ rule: Int, _ count: Int, depth: Int
  ) throws(Rejection) -> Expression {
    func letters(_ source: inout ChoiceSource, _ least: Int) throws(Rejection) -> String {
      var text = ""
      for _ in 0..<least + Int(try source.choice(upTo: 2)) {
        text.append(alphabet[Int(try source.choice(upTo: 2))])
      }
      return text
    }
    switch try source.choice(upTo: depth == 0 ? 1 : 6) {
    case 0: return .literal(try letters(&source, 0))
    case 1: return .anyOf(try letters(&source, 1), isNegated: try source.choice(upTo: 1) == 1)
    case 2 where rule + 1 < count:
      return .rule(rule + 1 + Int(try source.choice(upTo: UInt64(count - rule - 2))))
    case 3:
      let any = Int(try source.choice(upTo: UInt64(count - 1)))
      return .sequence([.literal(try letters(&source, 1)), .rule(any)])
    case 4:
      let least = Int(try source.choice(upTo: 2))
      let most = try source.choice(upTo: 1) == 0 ? nil : least + Int(try source.choice(upTo: 2))
      return .repeated(try expression(&source, rule, count, depth: depth - 1), least, most)
    case 5:
      return .choice([
        try expression(&source, rule, count, depth: depth - 1),
        try expression(&source, rule, count, depth: depth - 1),
      ])
    default:
      return .sequence([
        try expression(&source, rule, count, depth: depth - 1),
        try expression(&source, rule, count, depth: depth - 1),
      ])
    }
  }

  /// The grammar as a text, every rule from the second on used or not.
  var description: String {
    rules.enumerated().map { "\($0 == 0 ? "root" : "r\($0)") ::= \(Self.text($1))\n" }.joined()
  }

  private static func text(_ expression: Expression) -> String {
    switch expression {
    case .literal(let text): "\"\(text)\""
    case .anyOf(let letters, let isNegated): "[\(isNegated ? "^" : "")\(letters)]"
    case .rule(let number): number == 0 ? "root" : "r\(number)"
    case .sequence(let parts): "(" + parts.map(text).joined(separator: " ") + ")"
    case .choice(let parts): "(" + parts.map(text).joined(separator: " | ") + ")"
    case .repeated(let part, let least, let most):
      switch (least, most) {
      case (0, nil): "(\(text(part)))*"
      case (1, nil): "(\(text(part)))+"
      case (0, 1): "(\(text(part)))?"
      case (_, nil): "(\(text(part))){\(least),}"
      case (_, let most?): most == least ? "(\(text(part))){\(least)}" : "(\(text(part))){\(least),\(most)}"
      }
    }
  }

  /// Whether the grammar makes `text`, by trying everything.
  func accepts(_ text: [Character]) -> Bool {
    var memory: [[Int]: Set<Int>] = [:]
    return ends(.rule(0), 0, text, &memory).contains(text.count)
  }

  private func ends(
    _ expression: Expression, _ start: Int, _ text: [Character], _ memory: inout [[Int]: Set<Int>]
  ) -> Set<Int> {
    switch expression {
    case .literal(let literal):
      return text[start...].starts(with: literal) ? [start + literal.count] : []
    case .anyOf(let letters, let isNegated):
      return start < text.count && letters.contains(text[start]) != isNegated ? [start + 1] : []
    case .rule(let number):
      if let known = memory[[number, start]] { return known }
      let found = ends(rules[number], start, text, &memory)
      memory[[number, start]] = found
      return found
    case .sequence(let parts):
      return parts.reduce([start]) { starts, part in
        starts.reduce(into: []) { $0.formUnion(ends(part, $1, text, &memory)) }
      }
    case .choice(let parts):
      return parts.reduce(into: []) { $0.formUnion(ends($1, start, text, &memory)) }
    case .repeated(let part, let least, let most):
      var (now, result): (Set<Int>, Set<Int>) = ([start], least == 0 ? [start] : [])
      // A text of this length is not split into more parts that are not empty.
      for count in 1...max(1, most ?? least + text.count + 1) where most != 0 {
        now = now.reduce(into: []) { $0.formUnion(ends(part, $1, text, &memory)) }
        if count >= least { result.formUnion(now) }
      }
      return result
    }
  }
}
