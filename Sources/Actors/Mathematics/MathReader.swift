/// Reads a mathematical answer: numbers, fractions, roots, powers and letters, lists, sets, intervals and matrices of them, and
/// equations, in LaTeX or as people type them.
///
/// Units behind a number are left out, and so are degree signs and signs of money.
struct MathReader {
  private var tokens: [MathToken]
  private var place = 0
  private var depth = 0

  private static let mostDepth = 32

  /// Reads the whole of a text.
  /// - Throws: ``MathReadingError`` if it is none of these.
  static func read(_ text: String) throws(MathReadingError) -> MathValue {
    var reader = MathReader(tokens: try MathLexer(text).tokens)
    while reader.tokens.count > 0, reader.isAtStop { reader.place += 1 }
    let value = try reader.list()
    // A full stop or a comma may follow.
    while reader.isAtStop { reader.place += 1 }
    guard reader.next == nil else { throw .unexpected("\(reader.tokens[reader.place])") }
    return value
  }

  private init(tokens: [MathToken]) { self.tokens = tokens }

  private var next: MathToken? { place < tokens.count ? tokens[place] : nil }
  private var isAtStop: Bool { [.symbol("."), .symbol(","), .symbol(";"), .command("\\")].contains(next) }

  private mutating func take(_ token: MathToken) -> Bool {
    guard next == token else { return false }
    place += 1
    return true
  }

  private mutating func demand(_ token: MathToken) throws(MathReadingError) {
    guard take(token) else { throw .unexpected(next.map { "\($0)" } ?? "the end") }
  }

  // MARK: Several values

  private mutating func relation() throws(MathReadingError) -> MathValue {
    depth += 1
    defer { depth -= 1 }
    guard depth <= Self.mostDepth else { throw .tooLarge }
    var sides = [try union()]
    var signs: [(MathValue.Relation, isTurned: Bool)] = []
    while let sign = self.sign() {
      signs.append(sign)
      sides.append(try union())
    }
    if signs.isEmpty { return sides[0] }
    // All signs are turned to point the same way.
    let isTurned = signs.contains(where: \.isTurned)
    let isEither = isTurned && signs.contains { !$0.isTurned && $0.0 != .equal && $0.0 != .other }
    guard !isEither else { throw .unexpected("signs that point both ways") }
    return isTurned
      ? .relation(sides.reversed(), signs.reversed().map(\.0)) : .relation(sides, signs.map(\.0))
  }

  private mutating func sign() -> (MathValue.Relation, isTurned: Bool)? {
    let known: [(MathToken, MathValue.Relation, Bool)] = [
      (.symbol("="), .equal, false), (.symbol("<"), .less, false), (.symbol(">"), .less, true),
      (.command("le"), .lessOrEqual, false), (.command("ge"), .lessOrEqual, true),
      (.command("ne"), .other, false),
      (.command("approx"), .equal, false), (.command("in"), .equal, false), (.symbol("≈"), .equal, false),
      (.symbol("∈"), .equal, false),
    ]
    guard let found = known.first(where: { $0.0 == next }) else { return nil }
    place += 1
    return (found.1, found.2)
  }

  /// Values with commas or semicolons between them.
  private mutating func list() throws(MathReadingError) -> MathValue {
    var values = [try relation()]
    while next == .symbol(",") || next == .symbol(";") {
      let before = place
      while take(.symbol(",")) || take(.symbol(";")) {}
      guard let token = next, !Self.ends.contains(token) else {
        place = before
        break
      }
      values.append(try relation())
    }
    return values.count == 1
      ? values[0] : .list(values.flatMap { if case .list(let inner) = $0 { inner } else { [$0] } })
  }

  /// What may follow a comma that separates nothing.
  private static let ends: Set<MathToken> = [.symbol("."), .command("\\"), .symbol("}"), .symbol(")")]

  private mutating func union() throws(MathReadingError) -> MathValue {
    var parts = [try sum()]
    while take(.command("cup")) { parts.append(try sum()) }
    return parts.count == 1 ? parts[0] : .union(parts)
  }

  // MARK: Expressions

  /// A sum. Each `±` in it makes two of every value so far.
  private mutating func sum() throws(MathReadingError) -> MathValue {
    let isEither = take(.command("pm"))
    let first = try term()
    guard case .expression(var value, var isPercent) = first else { return first }
    var values = isEither ? [value, try value.negated] : [value]
    while true {
      let isMinus = next == .symbol("-")
      let isEither = next == .command("pm")
      guard isMinus || isEither || next == .symbol("+") else { break }
      place += 1
      guard case .expression(let other, let isOthersPercent) = try term() else {
        throw .unexpected("no number")
      }
      isPercent = isPercent && isOthersPercent
      let negated = try other.negated
      var sums: [MathExpression] = []
      for one in values {
        if isMinus == false { sums.append(try one.plus(other)) }
        if isMinus || isEither { sums.append(try one.plus(negated)) }
      }
      guard sums.count <= 8 else { throw .tooLarge }
      values = sums
    }
    value = values[0]
    return values.count == 1
      ? .expression(value, isPercent: isPercent) : .list(values.map { .expression($0, isPercent: isPercent) })
  }

  private mutating func term() throws(MathReadingError) -> MathValue {
    if take(.symbol("-")) {
      guard case .expression(let value, let isPercent) = try term() else {
        throw .unexpected("no number behind -")
      }
      return .expression(try value.negated, isPercent: isPercent)
    }
    if take(.symbol("+")) { return try term() }
    let isPlain = if case .number? = next { true } else { false }
    let first = try power()
    guard case .expression(var value, var isPercent) = first else { return first }
    if isPlain, let fraction = try mixedFraction(), value.number?.denominator == 1 {
      value = try value.plus(fraction)
    }
    while true {
      if take(.symbol("*")) {
        value = try value.times(factor())
      } else if take(.symbol("/")) {
        value = try value.divided(by: factor())
      } else if take(.symbol("%")) {
        isPercent = true
      } else if case .word? = next {
        skipUnit()
      } else if beginsFactor {
        value = try value.times(factor())
      } else {
        return .expression(value, isPercent: isPercent)
      }
    }
  }

  /// `\frac{1}{2}` right behind a whole number, which is added to it.
  private mutating func mixedFraction() throws(MathReadingError) -> MathExpression? {
    let before = place
    if next == .command("frac"), case .expression(let value, false) = try power(), let number = value.number,
      number < .one
    {
      return value
    }
    place = before
    // Typed: `1 1/2`.
    if place + 2 < tokens.count, case .number(let above) = tokens[place], tokens[place + 1] == .symbol("/"),
      case .number(let below) = tokens[place + 2]
    {
      place += 3
      return try MathExpression(Rational(decimal: above)).divided(
        by: MathExpression(Rational(decimal: below)))
    }
    return nil
  }

  /// Leaves out a unit, its power, and units that it is divided by: `m^2`, `km / h`.
  private mutating func skipUnit() {
    while true {
      if case .word? = next {
        place += 1
      } else if next == .symbol("^"), place + 1 < tokens.count, case .number = tokens[place + 1] {
        place += 2
      } else if next == .symbol("^"), place + 3 < tokens.count, tokens[place + 1] == .symbol("{"),
        tokens[place + 3] == .symbol("}")
      {
        place += 4
      } else if next == .symbol("/"), place + 1 < tokens.count, tokens[place + 1].isUnit {
        place += 2
      } else {
        return
      }
    }
  }

  private var beginsFactor: Bool {
    switch next {
    case .number?, .letter?: return true
    case .symbol(let character)?: return "({".contains(character)
    case .command(let name)?:
      return ["frac", "sqrt", "pi", "infty"].contains(name) || Self.functions.contains(name)
        || Self.greek.contains(name)
    default: return false
    }
  }

  private mutating func factor() throws(MathReadingError) -> MathExpression {
    if take(.symbol("-")) { return try factor().negated }
    guard case .expression(let value, let isPercent) = try power() else { throw .unexpected("no number") }
    return isPercent ? try value.divided(by: MathExpression(Rational(100))) : value
  }

  private mutating func power() throws(MathReadingError) -> MathValue {
    let base = try atom()
    guard case .expression(var value, let isPercent) = base else { return base }
    while true {
      if take(.symbol("^")) {
        value = try value.raised(to: argument())
      } else if take(.symbol("!")) {
        value = try Self.factorial(value)
      } else {
        return .expression(value, isPercent: isPercent)
      }
    }
  }

  private static func factorial(_ value: MathExpression) throws(MathReadingError) -> MathExpression {
    guard let number = value.number, number.denominator == 1, (0...30).contains(number.numerator) else {
      return MathExpression(atom: "(\(value.text))!")
    }
    var result = Rational.one
    for factor in stride(from: Int128(2), through: number.numerator, by: 1) {
      result = try result.times(Rational(factor))
    }
    return MathExpression(result)
  }

  static let functions: Set<String> = [
    "sin", "cos", "tan", "cot", "sec", "csc", "asin", "acos", "atan", "log", "ln", "exp", "sinh", "cosh",
    "tanh", "gcd", "max", "min", "det",
  ]
  static let greek: Set<String> = [
    "alpha", "beta", "gamma", "delta", "epsilon", "theta", "lambda", "mu", "rho", "sigma", "tau", "phi",
    "varphi", "omega", "Delta",
    "Gamma", "Omega", "Sigma", "Phi", "ell", "zeta", "eta", "psi", "chi", "kappa", "nu", "xi",
  ]

  private mutating func atom() throws(MathReadingError) -> MathValue {
    guard let token = next else { throw .unexpected("the end") }
    place += 1
    switch token {
    case .number(let digits):
      let number = try Rational(decimal: digits)
      return .expression(try subscripted("\(digits)") ?? MathExpression(number), isPercent: false)
    case .letter(let letter):
      if next == .symbol("("), ["f", "g", "h", "P", "p", "q", "F", "G", "Q"].contains(letter) {
        let argument = try group()
        return .expression(MathExpression(atom: "\(letter)(\(Self.text(of: argument)))"), isPercent: false)
      }
      return .expression(try subscripted(letter) ?? MathExpression(atom: letter), isPercent: false)
    case .word(var text):
      while case .word(let more)? = next {
        text += " " + more
        place += 1
      }
      return .words(text)
    case .symbol("("), .symbol("["), .symbol("|"), .symbol("{"):
      place -= 1
      return try group()
    case .command(let name): return try command(name)
    default: throw .unexpected("\(token)")
    }
  }

  /// What has a subscript is an atom of its own, such as `a_1`, and so are digits in another base.
  private mutating func subscripted(_ name: String) throws(MathReadingError) -> MathExpression? {
    guard take(.symbol("_")) else { return nil }
    if place + 2 < tokens.count, next == .symbol("{"), case .word(let word) = tokens[place + 1],
      tokens[place + 2] == .symbol("}")
    {
      place += 3
      return MathExpression(atom: "\(name)_\(word)")
    }
    return MathExpression(atom: "\(name)_\(try argument().text)")
  }

  private static func text(of value: MathValue) -> String {
    if case .expression(let expression, _) = value { expression.text } else { "\(value)" }
  }

  private mutating func command(_ name: String) throws(MathReadingError) -> MathValue {
    switch name {
    case "frac": return .expression(try part().divided(by: part()), isPercent: false)
    case "sqrt":
      var degree: Int128 = 2
      if take(.symbol("[")) {
        guard case .number(let digits)? = next, let number = Int128(digits) else {
          throw .unexpected("no degree of a root")
        }
        place += 1
        try demand(.symbol("]"))
        degree = number
      }
      return .expression(try argument().root(degree), isPercent: false)
    case "pi": return .expression(MathExpression(atom: "π"), isPercent: false)
    case "infty": return .expression(MathExpression(atom: "∞"), isPercent: false)
    case "emptyset": return .set([])
    case "{":
      place -= 1
      return try group()
    case "boxed":
      try demand(.symbol("{"))
      let value = try list()
      try demand(.symbol("}"))
      return value
    case "begin": return try matrix()
    case _ where Self.functions.contains(name):
      var title = name
      if take(.symbol("_")) { title += "_\(try argument().text)" }
      var power: MathExpression?
      if take(.symbol("^")) { power = try argument() }
      let inner: MathExpression
      if next == .symbol("(") {
        inner = try factor()
      } else {
        guard case .expression(let value, _) = try functionArgument() else { throw .unexpected("no number") }
        inner = value
      }
      let value = MathExpression(atom: "\(title)(\(inner.text))")
      return .expression(
        try power.map { exponent throws(MathReadingError) in try value.raised(to: exponent) } ?? value,
        isPercent: false)
    case _ where Self.greek.contains(name):
      return .expression(try subscripted(name) ?? MathExpression(atom: name), isPercent: false)
    default: throw .unexpected("\\\(name)")
    }
  }

  /// What a function without brackets is of: factors up to the next function or sign.
  private mutating func functionArgument() throws(MathReadingError) -> MathValue {
    var value = try factor()
    while beginsFactor {
      if case .command(let name)? = next, Self.functions.contains(name) { break }
      value = try value.times(factor())
    }
    return .expression(value, isPercent: false)
  }

  /// An argument of a command: a group in braces, or one token, of a number one digit.
  private mutating func argument() throws(MathReadingError) -> MathExpression {
    if take(.symbol("{")) {
      guard case .expression(let value, _) = try list() else { throw .unexpected("no number") }
      try demand(.symbol("}"))
      return value
    }
    if next == .symbol("-") { return try factor() }
    guard case .expression(let value, _) = try atom() else { throw .unexpected("no number") }
    return value
  }

  /// A part of a fraction, of which `\frac12` gives only a digit.
  private mutating func part() throws(MathReadingError) -> MathExpression {
    guard case .number(let digits)? = next, digits.count > 1, let digit = digits.first else {
      return try argument()
    }
    tokens[place] = .number(String(digits.dropFirst()))
    return MathExpression(try Rational(decimal: String(digit)))
  }

  /// What stands in brackets.
  private mutating func group() throws(MathReadingError) -> MathValue {
    guard let open = next else { throw .unexpected("the end") }
    place += 1
    if open == .symbol("|") {
      guard case .expression(let value, _) = try sum() else { throw .unexpected("no number") }
      try demand(.symbol("|"))
      if let number = value.number {
        return .expression(MathExpression(try number.magnitude), isPercent: false)
      }
      return .expression(MathExpression(atom: "|\(value.text)|"), isPercent: false)
    }
    if open == .command("{"), take(.command("}")) { return .set([]) }
    let inside = try list()
    if case .matrix = inside, next == .symbol("]") || next == .symbol(")") {
      place += 1
      return inside
    }
    let values = if case .list(let several) = inside { several } else { [inside] }
    switch (open, next) {
    case (.symbol("{"), .symbol("}")):
      place += 1
      return inside
    case (.command("{"), .command("}")):
      place += 1
      return .set(values)
    case (.symbol("("), .symbol(")")) where values.count == 1:
      place += 1
      return inside
    case (.symbol(let one), .symbol(let other)) where "([".contains(one) && ")]".contains(other):
      place += 1
      return .group(open: one, values, close: other)
    default: throw .unexpected(next.map { "\($0)" } ?? "the end")
    }
  }

  /// `\begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix}`, with any brackets.
  private mutating func matrix() throws(MathReadingError) -> MathValue {
    try skipName()
    // The columns of an array.
    if next == .symbol("{") { try skipName() }
    var rows: [[MathValue]] = [[]]
    while next != .command("end") {
      if take(.command("\\")) {
        if !(rows.last?.isEmpty ?? true) { rows.append([]) }
        continue
      }
      if take(.symbol("&")) { continue }
      rows[rows.count - 1].append(try relation())
    }
    place += 1
    try skipName()
    if rows.last?.isEmpty == true { rows.removeLast() }
    return .matrix(rows)
  }

  private mutating func skipName() throws(MathReadingError) {
    try demand(.symbol("{"))
    while let token = next, token != .symbol("}") {
      _ = token
      place += 1
    }
    try demand(.symbol("}"))
  }
}
