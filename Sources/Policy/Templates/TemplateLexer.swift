/// A piece of a template's text.
enum TemplateToken: Hashable, Sendable {
  /// Text between the tags.
  case data(String)
  case variableBegin, variableEnd, blockBegin, blockEnd
  case name(String)
  case text(String)
  case integer(Int)
  case number(Double)
  case symbol(String)
  case end
}

/// Cuts the text of a template into tokens, with the white space that Jinja leaves out left out.
///
/// The settings are those of `transformers`: `trim_blocks`, `lstrip_blocks`, and no newline at the end is kept.
struct TemplateLexer {
  typealias Placed = (token: TemplateToken, position: TemplatePosition)

  private let source: [Unicode.Scalar]
  private var index = 0
  private var tokens: [Placed] = []
  /// Whether what was read last ends in a newline.
  private var isLineStart = true
  private var line = 1
  private var lineStart = 0
  private var counted = 0

  static func tokens(_ text: String) throws(ChatTemplateError) -> [Placed] {
    var lexer = TemplateLexer(text)
    try lexer.read()
    return lexer.tokens
  }

  private init(_ text: String) {
    var scalars: [Unicode.Scalar] = []
    for scalar in text.unicodeScalars {
      if scalar == "\n", scalars.last == "\r" { scalars.removeLast() }
      scalars.append(scalar)
    }
    // A carriage return that no newline follows ends a line, too.
    scalars = scalars.map { $0 == "\r" ? "\n" : $0 }
    if scalars.last == "\n" { scalars.removeLast() }
    source = scalars
  }

  private mutating func read() throws(ChatTemplateError) {
    while index < source.count {
      guard let start = nextTag() else {
        add(.data(string(index..<source.count)), at: index)
        break
      }
      let kind = source[start + 1]
      let sign = peek(start + 2)
      addData(index..<start, sign: sign, isVariable: kind == "{")
      index = start + (sign == "-" || sign == "+" ? 3 : 2)
      isLineStart = false
      if kind == "#" {
        try skipComment(start)
      } else {
        add(kind == "{" ? .variableBegin : .blockBegin, at: start)
        try readTag(start, isVariable: kind == "{")
      }
    }
    add(.end, at: source.count)
  }

  private func nextTag() -> Int? {
    var place = index
    while place + 1 < source.count {
      if source[place] == "{", ["{", "%", "#"].contains(source[place + 1]) { return place }
      place += 1
    }
    return nil
  }

  private mutating func addData(_ range: Range<Int>, sign: Unicode.Scalar?, isVariable: Bool) {
    var text = source[range]
    if sign == "-" {
      text = text[..<(text.lastIndex { !$0.isPythonSpace } ?? text.startIndex - 1).advanced(by: 1)]
    } else if sign != "+", !isVariable {
      let newline = text.lastIndex(of: "\n")
      let start = newline.map { $0 + 1 } ?? text.startIndex
      if newline != nil || isLineStart, text[start...].allSatisfy(\.isPythonSpace) { text = text[..<start] }
    }
    if !text.isEmpty { add(.data(string(text.indices)), at: range.lowerBound) }
  }

  private mutating func skipComment(_ start: Int) throws(ChatTemplateError) {
    while index < source.count {
      if let end = matchEnd("#", trims: true) {
        leave(end)
        return
      }
      index += 1
    }
    throw error("the comment has no end", at: start)
  }

  /// Where the text goes on if a tag ends at `index`.
  private func matchEnd(_ character: Unicode.Scalar, trims: Bool) -> Int? {
    let sign = source[index]
    let isSigned = sign == "-" || (sign == "+" && trims)
    let place = isSigned ? index + 1 : index
    guard peek(place) == character, peek(place + 1) == "}" else { return nil }
    var end = place + 2
    if sign == "-", isSigned {
      while let next = peek(end), next.isPythonSpace { end += 1 }
    } else if trims, !isSigned, peek(end) == "\n" {
      end += 1
    }
    return end
  }

  private mutating func leave(_ end: Int) {
    index = end
    isLineStart = source[end - 1] == "\n"
  }

  private mutating func readTag(_ start: Int, isVariable: Bool) throws(ChatTemplateError) {
    var open: [Unicode.Scalar] = []
    while index < source.count {
      if open.isEmpty, let end = matchEnd(isVariable ? "}" : "%", trims: !isVariable) {
        add(isVariable ? .variableEnd : .blockEnd, at: index)
        leave(end)
        return
      }
      let scalar = source[index]
      switch scalar {
      case _ where scalar.isPythonSpace: index += 1
      case "0"..."9": try readNumber()
      case "a"..."z", "A"..."Z", "_": readName()
      case "'", "\"": try readText(scalar)
      default:
        guard let symbol = symbol() else { throw error("the character \(scalar) is unexpected", at: index) }
        switch scalar {
        case "(", "[", "{": open.append(scalar == "(" ? ")" : scalar == "[" ? "]" : "}")
        case ")", "]", "}":
          guard open.popLast() == scalar else { throw error("the \(scalar) closes nothing", at: index) }
        default: break
        }
        add(.symbol(symbol), at: index)
        index += symbol.utf8.count
      }
    }
    throw error("the tag has no end", at: start)
  }

  private func symbol() -> String? {
    let one = String(source[index])
    let two = one + (peek(index + 1).map(String.init) ?? "")
    if ["//", "**", "==", "!=", ">=", "<="].contains(two) { return two }
    return "+-/*%~[](){}><=.:|,".contains(one) ? one : nil
  }

  private mutating func readName() {
    let start = index
    while let next = peek(index), next.isWordCharacter { index += 1 }
    add(.name(string(start..<index)), at: start)
  }

  private mutating func readNumber() throws(ChatTemplateError) {
    let start = index
    func skipDigits(_ place: Int) -> Int {
      var place = place
      while let next = peek(place), ("0"..."9").contains(next) { place += 1 }
      return place
    }
    index = skipDigits(index)
    let whole = index
    // After a dot a number is an index, so that `x.0.1` is the element 1 of the element 0.
    if start == 0 || source[start - 1] != "." {
      if peek(index) == ".", skipDigits(index + 1) > index + 1 { index = skipDigits(index + 1) }
      if peek(index) == "e" || peek(index) == "E" {
        let sign = peek(index + 1)
        let digits = index + (sign == "+" || sign == "-" ? 2 : 1)
        if skipDigits(digits) > digits { index = skipDigits(digits) }
      }
    }
    let text = string(start..<index)
    if let next = peek(index), next.isWordCharacter {
      throw error("the number \(text) goes on with \(next)", at: start)
    }
    if whole < index {
      add(.number(Double(text) ?? 0), at: start)
    } else {
      guard !hasLeadingZero(text) else { throw error("the number \(text) begins with zero", at: start) }
      guard let value = Int(text) else { throw ChatTemplateError(.limit(.number), position(start)) }
      add(.integer(value), at: start)
    }
  }

  private func hasLeadingZero(_ text: String) -> Bool {
    text.first == "0" && text.contains { $0 != "0" }
  }

  /// Reads a text in quotes, with the escapes of Python.
  private mutating func readText(_ quote: Unicode.Scalar) throws(ChatTemplateError) {
    let start = index
    var text = String.UnicodeScalarView()
    index += 1
    while let scalar = peek(index), scalar != quote {
      index += 1
      guard scalar == "\\" else {
        text.append(scalar)
        continue
      }
      guard let escape = peek(index) else { break }
      index += 1
      switch escape {
      case "\n": break
      case "\\", "'", "\"": text.append(escape)
      case "n": text.append("\n")
      case "t": text.append("\t")
      case "r": text.append("\r")
      case "a": text.append("\u{7}")
      case "b": text.append("\u{8}")
      case "f": text.append("\u{C}")
      case "v": text.append("\u{B}")
      case "x": text.append(try readCode(digits: 2))
      case "u": text.append(try readCode(digits: 4))
      case "U": text.append(try readCode(digits: 8))
      case "0"..."7", "N",
        _ where !escape.isASCII:
        throw ChatTemplateError(.unsupported("the escape \\\(escape)"), position(index - 2))
      default:
        text.append("\\")
        text.append(escape)
      }
    }
    guard peek(index) == quote else { throw error("the text has no end", at: start) }
    index += 1
    add(.text(String(text)), at: start)
  }

  private mutating func readCode(digits: Int) throws(ChatTemplateError) -> Unicode.Scalar {
    let end = index + digits
    guard end <= source.count, source[index..<end].allSatisfy({ Character($0).isHexDigit && $0.isASCII }),
      let code = UInt32(string(index..<end), radix: 16), let scalar = Unicode.Scalar(code)
    else { throw error("the escape is no character", at: index - 2) }
    index = end
    return scalar
  }

  private func peek(_ place: Int) -> Unicode.Scalar? { place < source.count ? source[place] : nil }

  private func string(_ range: Range<Int>) -> String {
    var view = String.UnicodeScalarView()
    view.append(contentsOf: source[range])
    return String(view)
  }

  private mutating func add(_ token: TemplateToken, at place: Int) {
    tokens.append((token, position(place)))
  }

  private func error(_ what: String, at place: Int) -> ChatTemplateError {
    var copy = self
    return ChatTemplateError(.syntax(what), copy.position(place))
  }

  /// The line and column of a place. Places are asked for mostly in ascending order, so lines are counted only once.
  private mutating func position(_ place: Int) -> TemplatePosition {
    if place < counted { (line, lineStart, counted) = (1, 0, 0) }
    while counted < place {
      if source[counted] == "\n" { (line, lineStart) = (line + 1, counted + 1) }
      counted += 1
    }
    return TemplatePosition(line: line, column: place - lineStart + 1)
  }
}
