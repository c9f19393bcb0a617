/// Reads the text of a grammar into rules. Repetitions, groups and classes of characters become rules without a name.
struct GBNFParser {
  typealias Symbol = GBNFGrammar.Symbol
  typealias Limit = GBNFGrammar.Limit

  /// The rules by their numbers, each with its alternatives.
  struct Rules {
    var bodies: [[[Symbol]]]
    var root: Int32
  }

  private let text: [Unicode.Scalar]
  private var index = 0
  private var bodies: [[[Symbol]]] = []
  private var numbers: [String: Int32] = [:]
  /// The names of the rules that have one, by their numbers.
  private var names: [Int32: String] = [:]
  /// Where each named rule is used first, or defined.
  private var places: [Int32: Int] = [:]
  private var isDefined: Set<Int32> = []
  /// The rules of repetitions, which may begin with themselves if what they repeat may be empty.
  private var repetitions: Set<Int32> = []
  private var classes: [[ClosedRange<UInt32>]: Symbol] = [:]
  private var symbolCount = 0

  init(_ text: String) { self.text = Array(text.unicodeScalars) }

  mutating func rules() throws(GBNFError) -> Rules {
    guard text.count <= Limit.text else { throw error("the grammar has more than \(Limit.text) characters") }
    skipSpace(lines: true)
    while index < text.count {
      try rule()
      skipSpace(lines: true)
    }
    for number in Int32(0)..<Int32(bodies.count) {
      if let name = names[number], !isDefined.contains(number) {
        throw error("the rule \(name) is not defined", at: places[number] ?? 0)
      }
    }
    guard let root = numbers["root"] else { throw error("there is no rule root", at: 0) }
    try refuseLeftRecursion()
    return Rules(bodies: bodies, root: root)
  }

  // MARK: Rules

  private mutating func rule() throws(GBNFError) {
    let start = index
    let name = try name()
    skipSpace(lines: false)
    guard take("::=") else { throw error("'::=' must follow the name of a rule") }
    skipSpace(lines: true)
    let number = try number(of: name, at: start)
    guard isDefined.insert(number).inserted else {
      throw error("the rule \(name) is defined twice", at: start)
    }
    places[number] = start
    bodies[Int(number)] = try alternatives(depth: 0)
    guard index == text.count || next == "\n" || next == "\r" else {
      throw error("a rule ends with its line; '\(next ?? " ")' is not expected here")
    }
  }

  private mutating func number(of name: String, at place: Int) throws(GBNFError) -> Int32 {
    if let number = numbers[name] { return number }
    let number = try newRule([])
    (numbers[name], names[number], places[number]) = (number, name, place)
    return number
  }

  private mutating func newRule(_ body: [[Symbol]]) throws(GBNFError) -> Int32 {
    symbolCount += 1 + body.reduce(0) { $0 + $1.count + 1 }
    guard symbolCount <= Limit.symbols else {
      throw error("the grammar makes more than \(Limit.symbols) symbols")
    }
    bodies.append(body)
    return Int32(bodies.count - 1)
  }

  /// Alternatives, up to the end of the line or, within a group, of the group.
  private mutating func alternatives(depth: Int) throws(GBNFError) -> [[Symbol]] {
    var result = [try sequence(depth)]
    while next == "|" {
      index += 1
      skipSpace(lines: true)
      result.append(try sequence(depth))
    }
    return result
  }

  private mutating func sequence(_ depth: Int) throws(GBNFError) -> [Symbol] {
    var result: [Symbol] = []
    while let item = try item(depth) {
      skipSpace(lines: depth > 0)
      result += try repeated(item, depth)
      symbolCount += 1
      guard result.count + symbolCount <= Limit.symbols else {
        throw error("the grammar makes more than \(Limit.symbols) symbols")
      }
    }
    return result
  }

  /// What a repetition can follow; `nil` where the sequence ends.
  private mutating func item(_ depth: Int) throws(GBNFError) -> [Symbol]? {
    switch next {
    case "\"":
      index += 1
      var bytes: [Symbol] = []
      while next != "\"" {
        bytes += Array(String(try character("a text lacks its closing quotation mark")).utf8).map {
          .bytes($0...$0)
        }
      }
      index += 1
      return bytes
    case "[": return [try symbol(of: characterClass())]
    case ".":
      index += 1
      return [try symbol(of: [0...0x10FFFF])]
    case "(":
      guard depth < Limit.nesting else { throw error("groups are nested more than \(Limit.nesting) deep") }
      let start = index
      index += 1
      skipSpace(lines: true)
      let body = try alternatives(depth: depth + 1)
      guard next == ")" else {
        throw next == nil ? error("this group is not closed", at: start) : error("')' is expected here")
      }
      index += 1
      return body.count == 1 ? body[0] : [.rule(try newRule(body))]
    case let scalar? where Self.isNamePart(scalar):
      let start = index
      return [.rule(try number(of: name(), at: start))]
    default: return nil
    }
  }

  // MARK: Repetitions

  private mutating func repeated(_ item: [Symbol], _ depth: Int) throws(GBNFError) -> [Symbol] {
    let start = index
    let (least, most): (Int, Int?)
    switch next {
    case "*": (least, most) = (0, nil)
    case "+": (least, most) = (1, nil)
    case "?": (least, most) = (0, 1)
    case "{":
      (least, most) = try braces()
      guard max(least, most ?? 0) <= Limit.repetitions else {
        throw error("more than \(Limit.repetitions) repetitions", at: start)
      }
      guard most.map({ $0 >= least }) ?? true else { throw error("the most is below the least", at: start) }
    default: return item
    }
    index += 1
    skipSpace(lines: depth > 0)
    if let sign = next, "*+?{".unicodeScalars.contains(sign) {
      throw error("'\(sign)' follows a repetition; put that in parentheses")
    }
    let unit: [Symbol] = item.count == 1 ? item : [.rule(try newRule([item]))]
    var result = Array(repeating: unit, count: least).flatMap { $0 }
    symbolCount += result.count
    guard let most else {
      let number = try newRule([[], []])
      bodies[Int(number)] = [unit + [.rule(number)], []]
      repetitions.insert(number)
      return result + [.rule(number)]
    }
    // Each of the repetitions that may be left out holds those after it.
    var rest: [Symbol] = []
    for _ in least..<most { rest = [.rule(try newRule([unit + rest, []]))] }
    result += rest
    return result
  }

  /// The numbers between braces. Leaves the closing brace.
  private mutating func braces() throws(GBNFError) -> (Int, Int?) {
    index += 1
    skipSpace(lines: false)
    let least = try wholeNumber()
    skipSpace(lines: false)
    var most: Int? = least
    if next == "," {
      index += 1
      skipSpace(lines: false)
      most = next == "}" ? nil : try wholeNumber()
      skipSpace(lines: false)
    }
    guard next == "}" else { throw error("'}' is expected here") }
    return (least, most)
  }

  private mutating func wholeNumber() throws(GBNFError) -> Int {
    let start = index
    while let digit = next, ("0"..."9").contains(digit) { index += 1 }
    guard start < index, index - start <= 6,
      let number = Int(String(String.UnicodeScalarView(text[start..<index])))
    else { throw error("a number of at most six digits is expected here", at: start) }
    return number
  }

  // MARK: Characters

  private mutating func characterClass() throws(GBNFError) -> [ClosedRange<UInt32>] {
    index += 1
    let isNegated = next == "^"
    if isNegated { index += 1 }
    var ranges: [ClosedRange<UInt32>] = []
    while next != "]" {
      let start = index
      let first = try character("a class lacks its closing bracket").value
      guard next == "-", index + 1 < text.count, text[index + 1] != "]" else {
        ranges.append(first...first)
        continue
      }
      index += 1
      let last = try character("a class lacks its closing bracket").value
      guard first <= last else { throw error("the range of characters goes backwards", at: start) }
      ranges.append(first...last)
    }
    index += 1
    return isNegated ? ScalarRanges.complement(of: ranges) : ScalarRanges.merged(ranges)
  }

  /// One character of a text or a class, which may be written as an escape.
  private mutating func character(_ unclosed: String) throws(GBNFError) -> Unicode.Scalar {
    guard let scalar = next, scalar != "\n" else { throw error(unclosed) }
    index += 1
    guard scalar == "\\" else { return scalar }
    let start = index - 1
    guard let escape = next else { throw error(unclosed) }
    index += 1
    switch escape {
    case "n": return "\n"
    case "r": return "\r"
    case "t": return "\t"
    case "\\", "\"", "[", "]", "-", "^": return escape
    case "x": return try hexadecimal(2, from: start)
    case "u": return try hexadecimal(4, from: start)
    case "U": return try hexadecimal(8, from: start)
    default: throw error("'\\\(escape)' is no escape", at: start)
    }
  }

  private mutating func hexadecimal(_ count: Int, from start: Int) throws(GBNFError) -> Unicode.Scalar {
    let digits = text[index..<min(index + count, text.count)]
    guard digits.count == count, digits.allSatisfy({ $0.properties.isASCIIHexDigit }),
      let value = UInt32(String(String.UnicodeScalarView(digits)), radix: 16),
      let scalar = Unicode.Scalar(value)
    else { throw error("an escape needs \(count) hexadecimal digits of a character", at: start) }
    index += count
    return scalar
  }

  /// The symbol of any one character of these ranges.
  private mutating func symbol(of ranges: [ClosedRange<UInt32>]) throws(GBNFError) -> Symbol {
    if let known = classes[ranges] { return known }
    let sequences = ranges.flatMap(ScalarRanges.byteSequences)
    let symbol: Symbol
    if sequences.count == 1, sequences[0].count == 1 {
      symbol = .bytes(sequences[0][0])
    } else {
      symbol = .rule(try newRule(sequences.map { $0.map(Symbol.bytes) }))
    }
    classes[ranges] = symbol
    return symbol
  }

  // MARK: Words

  private var next: Unicode.Scalar? { index < text.count ? text[index] : nil }

  private mutating func take(_ word: String) -> Bool {
    guard text[index...].starts(with: word.unicodeScalars) else { return false }
    index += word.unicodeScalars.count
    return true
  }

  private static func isNamePart(_ scalar: Unicode.Scalar) -> Bool {
    ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar) || ("0"..."9").contains(scalar)
      || scalar == "-"
      || scalar == "_"
  }

  private mutating func name() throws(GBNFError) -> String {
    let start = index
    while let scalar = next, Self.isNamePart(scalar) { index += 1 }
    guard start < index else { throw error("the name of a rule is expected here") }
    return String(String.UnicodeScalarView(text[start..<index]))
  }

  private mutating func skipSpace(lines: Bool) {
    while let scalar = next {
      if scalar == "#" {
        while let scalar = next, scalar != "\n" { index += 1 }
      } else if scalar == " " || scalar == "\t" || lines && (scalar == "\n" || scalar == "\r") {
        index += 1
      } else {
        return
      }
    }
  }

  private func error(_ what: String, at place: Int? = nil) -> GBNFError {
    let before = text[..<min(place ?? index, text.count)]
    let start = before.lastIndex(of: "\n").map { $0 + 1 } ?? 0
    return GBNFError(
      line: 1 + before.count { $0 == "\n" }, column: 1 + before.count - start, what: what)
  }
}

// MARK: - Left recursion

extension GBNFParser {
  /// - Throws: if a rule can begin with itself, other than a repetition of what may be empty.
  private func refuseLeftRecursion() throws(GBNFError) {
    let isNullable = nullableRules()
    /// The rules with which a rule can begin.
    func firsts(_ rule: Int) -> [Int] {
      var result: [Int] = []
      for sequence in bodies[rule] {
        for symbol in sequence {
          guard case .rule(let number) = symbol else { break }
          if Int(number) != rule || !repetitions.contains(number) { result.append(Int(number)) }
          if !isNullable[Int(number)] { break }
        }
      }
      return result
    }
    // Depth first, without recursion: a grammar may have half a million rules in a row.
    enum Mark { case new, open, done }
    var marks = [Mark](repeating: .new, count: bodies.count)
    for start in bodies.indices where marks[start] == .new {
      var path: [(rule: Int, rest: [Int])] = [(start, firsts(start))]
      marks[start] = .open
      while let last = path.indices.last {
        guard let rule = path[last].rest.popLast() else {
          marks[path.removeLast().rule] = .done
          continue
        }
        switch marks[rule] {
        case .done: continue
        case .new:
          marks[rule] = .open
          path.append((rule, firsts(rule)))
        case .open:
          let circle = path[(path.firstIndex { $0.rule == rule } ?? 0)...].map { Int32($0.rule) }
          let named = circle.first { names[$0] != nil }
          throw error(
            "the rule \(named.flatMap { names[$0] } ?? "of a repetition") can begin with itself (left recursion)",
            at: named.flatMap { places[$0] } ?? 0)
        }
      }
    }
  }

  /// Whether each rule can make the empty text.
  private func nullableRules() -> [Bool] {
    var isNullable = [Bool](repeating: false, count: bodies.count)
    var users = [[Int32]](repeating: [], count: bodies.count)
    for (rule, body) in bodies.enumerated() {
      for case .rule(let used) in body.joined() { users[Int(used)].append(Int32(rule)) }
    }
    var open = Array(bodies.indices)
    while let rule = open.popLast() {
      guard !isNullable[rule] else { continue }
      isNullable[rule] = bodies[rule].contains { sequence in
        sequence.allSatisfy { symbol in
          guard case .rule(let number) = symbol else { return false }
          return isNullable[Int(number)]
        }
      }
      if isNullable[rule] { open += users[rule].map(Int.init) }
    }
    return isNullable
  }
}
