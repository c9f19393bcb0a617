import Actors

/// Reads JSON5 (https://spec.json5.org) into a tree that keeps positions.
///
/// A scenario needs the positions of values and an error for unknown keys, and Foundation's decoder gives neither.
/// - Complexity: linear in the text, which is at most `maximumBytes` long and `maximumDepth` deep.
package struct JSON5Parser {
  package static let maximumBytes = 1 << 20
  package static let maximumDepth = 32

  /// The error for a text that is not JSON5, with its position.
  package struct SyntaxError: Error, Sendable, Hashable {
    package var position: SourcePosition
    package var what: String
  }

  private let scalars: [Unicode.Scalar]
  private var index = 0
  private var position = SourcePosition(line: 1, column: 1)
  private var depth = 0

  private init(_ text: String) {
    scalars = Array(text.unicodeScalars)
  }

  /// Parses a text, which holds one value.
  package static func parse(_ text: String) throws(SyntaxError) -> JSON5Node {
    guard text.utf8.count <= maximumBytes else {
      throw SyntaxError(
        position: SourcePosition(line: 1, column: 1), what: "the text is larger than \(maximumBytes) bytes")
    }
    var parser = JSON5Parser(text)
    try parser.skipBlanks()
    let node = try parser.value()
    try parser.skipBlanks()
    guard parser.next == nil else {
      throw parser.failure("expected the end of the file, found \(parser.found)")
    }
    return node
  }

  // MARK: Values

  private mutating func value() throws(SyntaxError) -> JSON5Node {
    let start = position
    guard let scalar = next else { throw failure("expected a value, found the end of the file") }
    switch scalar {
    case "{": return JSON5Node(.object(try members()), at: start)
    case "[": return JSON5Node(.array(try elements()), at: start)
    case "\"", "'": return JSON5Node(.string(try string()), at: start)
    case "0"..."9", "+", "-", ".": return JSON5Node(.number(try number()), at: start)
    default: break
    }
    guard isIdentifierStart(scalar) else { throw failure("expected a value, found \(found)") }
    switch identifier() {
    case "null": return JSON5Node(.null, at: start)
    case "true": return JSON5Node(.bool(true), at: start)
    case "false": return JSON5Node(.bool(false), at: start)
    case "Infinity": return JSON5Node(.number("inf"), at: start)
    case "NaN": return JSON5Node(.number("nan"), at: start)
    case let word: throw SyntaxError(position: start, what: "expected a value, found \(word); quote a string")
    }
  }

  private mutating func members() throws(SyntaxError) -> [JSON5Member] {
    var seen: Set<String> = []
    return try list(until: "}") { (parser: inout JSON5Parser) throws(SyntaxError) in
      let start = parser.position
      let key = try parser.key()
      guard seen.insert(key).inserted else {
        throw SyntaxError(position: start, what: "the key \(key) is given twice")
      }
      try parser.skipBlanks()
      guard parser.take(":") else {
        throw parser.failure("expected \":\" after the key \(key), found \(parser.found)")
      }
      try parser.skipBlanks()
      return JSON5Member(key, try parser.value(), at: start)
    }
  }

  private mutating func elements() throws(SyntaxError) -> [JSON5Node] {
    try list(until: "]") { (parser: inout JSON5Parser) throws(SyntaxError) in try parser.value() }
  }

  /// Parses parts between commas, from the opening bracket through the closing one. A trailing comma is allowed.
  private mutating func list<Part>(
    until close: Unicode.Scalar, part: (inout JSON5Parser) throws(SyntaxError) -> Part
  ) throws(SyntaxError) -> [Part] {
    guard depth < JSON5Parser.maximumDepth else {
      throw failure("nested deeper than \(JSON5Parser.maximumDepth) levels")
    }
    depth += 1
    defer { depth -= 1 }
    advance()
    try skipBlanks()
    var parts: [Part] = []
    while !take(close) {
      guard next != nil else { throw failure("expected \"\(close)\", found the end of the file") }
      parts.append(try part(&self))
      try skipBlanks()
      if take(",") {
        try skipBlanks()
      } else if next != close {
        throw failure("expected \",\" or \"\(close)\", found \(found)")
      }
    }
    return parts
  }

  private mutating func key() throws(SyntaxError) -> String {
    guard let scalar = next else { throw failure("expected a key, found the end of the file") }
    if scalar == "\"" || scalar == "'" { return try string() }
    guard isIdentifierStart(scalar) else { throw failure("expected a key, found \(found)") }
    return identifier()
  }

  // MARK: Tokens

  private mutating func identifier() -> String {
    var word = String.UnicodeScalarView()
    while let scalar = next, isIdentifierStart(scalar) || scalar.properties.numericType != nil {
      word.append(scalar)
      advance()
    }
    return String(word)
  }

  private func isIdentifierStart(_ scalar: Unicode.Scalar) -> Bool {
    scalar == "_" || scalar == "$" || scalar.properties.isAlphabetic
  }

  /// Parses a number in the form that Swift's own parsers read: without a leading plus, and with the zero of `.5` and
  /// `5.`.
  private mutating func number() throws(SyntaxError) -> String {
    let start = position
    var digits = ""
    if take("-") { digits = "-" } else { _ = take("+") }
    var body = ""
    while let scalar = next {
      let signAllowed = (body.last == "e" || body.last == "E") && !body.hasPrefix("0x")
      guard isNumeric(scalar) || (signAllowed && (scalar == "+" || scalar == "-")) else { break }
      body.unicodeScalars.append(scalar)
      advance()
    }
    let written = digits + body
    if body == "Infinity" { return digits + "inf" }
    if body == "NaN" { return "nan" }
    if let hexadecimal = hexadecimalDigits(body) { return digits + hexadecimal }
    let hasDigit = body.unicodeScalars.contains { ("0"..."9").contains($0) }
    if body.hasPrefix(".") { body = "0" + body }
    if let point = body.firstIndex(of: "."), !(body[point...].dropFirst().first?.isNumber ?? false) {
      body.insert("0", at: body.index(after: point))
    }
    let isPadded = body.count > 1 && body.hasPrefix("0") && body.dropFirst().first?.isNumber == true
    let isDecimal = body.unicodeScalars.allSatisfy { "0123456789.eE+-".unicodeScalars.contains($0) }
    guard isDecimal, !isPadded, hasDigit, Double(body) != nil else {
      throw SyntaxError(position: start, what: "this is not a number: \(written)")
    }
    return digits + body
  }

  private func isNumeric(_ scalar: Unicode.Scalar) -> Bool {
    scalar == "." || (scalar.isASCII && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar)))
  }

  private func hexadecimalDigits(_ body: String) -> String? {
    guard body.hasPrefix("0x") || body.hasPrefix("0X"), let value = UInt64(body.dropFirst(2), radix: 16)
    else { return nil }
    return String(value)
  }

  private mutating func string() throws(SyntaxError) -> String {
    let start = position
    let quote = next
    advance()
    var text = String.UnicodeScalarView()
    while let scalar = next, scalar != quote {
      if scalar == "\n" || scalar == "\r" { break }
      advance()
      if scalar == "\\" { try escape(into: &text) } else { text.append(scalar) }
    }
    guard next == quote else { throw SyntaxError(position: start, what: "this string is not closed") }
    advance()
    return String(text)
  }

  private mutating func escape(into text: inout String.UnicodeScalarView) throws(SyntaxError) {
    guard let scalar = next else { return }
    let start = position
    advance()
    switch scalar {
    case "n": text.append("\n")
    case "t": text.append("\t")
    case "r": text.append("\r")
    case "b": text.append("\u{8}")
    case "f": text.append("\u{C}")
    case "v": text.append("\u{B}")
    case "0": text.append("\0")
    case "\r": _ = take("\n")
    case "\n", "\u{2028}", "\u{2029}": break
    case "x": text.append(try scalarValue(try hexadecimal(2), at: start))
    case "u":
      var value = try hexadecimal(4)
      if (0xD800..<0xDC00).contains(value), take("\\"), take("u") {
        let low = try hexadecimal(4)
        guard (0xDC00..<0xE000).contains(low) else {
          throw SyntaxError(position: start, what: "this escape is half of a surrogate pair")
        }
        value = 0x10000 + (value - 0xD800) << 10 + (low - 0xDC00)
      }
      text.append(try scalarValue(value, at: start))
    case "1"..."9": throw SyntaxError(position: start, what: "\"\\\(scalar)\" is not an escape")
    default: text.append(scalar)
    }
  }

  private func scalarValue(_ value: UInt32, at start: SourcePosition) throws(SyntaxError) -> Unicode.Scalar {
    guard let scalar = Unicode.Scalar(value) else {
      throw SyntaxError(position: start, what: "this escape is half of a surrogate pair")
    }
    return scalar
  }

  private mutating func hexadecimal(_ count: Int) throws(SyntaxError) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<count {
      guard let scalar = next, scalar.isASCII, let digit = Character(scalar).hexDigitValue else {
        throw failure("expected \(count) hexadecimal digits, found \(found)")
      }
      value = value << 4 + UInt32(digit)
      advance()
    }
    return value
  }

  // MARK: Scanning

  private var next: Unicode.Scalar? { index < scalars.count ? scalars[index] : nil }

  private var found: String {
    guard let next else { return "the end of the file" }
    return next.value < 0x20 ? "a control character" : "\"\(next)\""
  }

  private func failure(_ what: String) -> SyntaxError { SyntaxError(position: position, what: what) }

  private mutating func advance() {
    if scalars[index] == "\n" {
      position = SourcePosition(line: position.line + 1, column: 1)
    } else {
      position.column += 1
    }
    index += 1
  }

  private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
    guard next == scalar else { return false }
    advance()
    return true
  }

  private mutating func skipBlanks() throws(SyntaxError) {
    while let scalar = next {
      if scalar.properties.isWhitespace || scalar == "\u{FEFF}" {
        advance()
      } else if scalar == "/" {
        try skipComment()
      } else {
        return
      }
    }
  }

  private mutating func skipComment() throws(SyntaxError) {
    let start = position
    advance()
    if take("/") {
      while next != nil, next != "\n" { advance() }
    } else if take("*") {
      while next != nil {
        if take("*") {
          if take("/") { return }
        } else {
          advance()
        }
      }
      throw SyntaxError(position: start, what: "this comment is not closed")
    } else {
      throw SyntaxError(position: start, what: "expected a value or a comment, found \"/\"")
    }
  }
}
