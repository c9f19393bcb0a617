/// A piece of a mathematical text in LaTeX or as people type it.
enum MathToken: Hashable {
  /// Digits, with at most one point, without what separates thousands.
  case number(String)
  case letter(String)
  /// A word of plain text, or what stands in `\text{...}`.
  case word(String)
  /// A command of LaTeX without its backslash, such as `frac`.
  case command(String)
  /// Any other character; `{` and `}` are LaTeX's, and `\{` and `\}` are the commands `{` and `}`.
  case symbol(Character)

  /// Whether it can be what a unit is divided by.
  var isUnit: Bool {
    switch self {
    case .word, .letter: true
    default: false
    }
  }
}

/// Cuts a mathematical text into tokens.
struct MathLexer {
  private let text: [Character]
  private var place = 0
  /// How many brackets of lists are open, within which a comma separates elements and not thousands.
  private var depth = 0
  private(set) var tokens: [MathToken] = []

  /// The most characters that are read.
  static let longest = 4096

  private static let spacing: Set<String> = [
    "left", "right", "big", "Big", "bigg", "Bigg", "bigl", "bigr", "Bigl", "Bigr", "displaystyle",
    "textstyle", "quad", "qquad", ",",
    "!", ";", ":", " ", "limits", "middle", "mathopen", "mathclose", "hfill", "newline",
  ]
  private static let texts: Set<String> = [
    "text", "textbf", "textit", "textrm", "mbox", "textnormal", "mathrm", "mathbf", "operatorname", "hbox",
  ]
  private static let other: [String: String] = [
    "dfrac": "frac", "tfrac": "frac", "cfrac": "frac", "leq": "le", "leqslant": "le", "geq": "ge",
    "geqslant": "ge",
    "lt": "<", "gt": ">", "neq": "ne", "cdot": "*", "times": "*", "div": "/", "lbrace": "{", "rbrace": "}",
    "lbrack": "[",
    "rbrack": "]", "Pi": "pi", "arcsin": "asin", "arccos": "acos", "arctan": "atan", "varnothing": "emptyset",
  ]
  /// Words that people write for symbols.
  private static let words: [String: MathToken] = [
    "pi": .command("pi"), "sqrt": .command("sqrt"), "infinity": .command("infty"), "inf": .command("infty"),
    "oo": .command("infty"),
    "sin": .command("sin"), "cos": .command("cos"), "tan": .command("tan"), "log": .command("log"),
    "ln": .command("ln"),
    "percent": .symbol("%"), "pct": .symbol("%"), "percentage": .symbol("%"), "and": .symbol(","),
    "or": .symbol(","),
  ]
  /// Units of two letters, which otherwise would be two factors.
  private static let units: Set<String> = [
    "cm", "mm", "km", "ft", "in", "kg", "mg", "ml", "mL", "oz", "lb", "hr", "Hz", "Pa", "kJ", "kW", "mi",
    "yd", "mm²", "cm²",
  ]

  init(_ text: String) throws(MathReadingError) {
    guard text.utf8.count <= Self.longest else { throw .tooLarge }
    self.text = Array(text)
    while place < self.text.count { try next() }
  }

  private func peek(_ distance: Int = 0) -> Character? {
    place + distance < text.count ? text[place + distance] : nil
  }

  private static func isDigit(_ character: Character?) -> Bool {
    character.map { ("0"..."9").contains($0) } ?? false
  }

  private mutating func next() throws(MathReadingError) {
    let character = text[place]
    switch character {
    case _ where Self.isDigit(character), "." where Self.isDigit(peek(1)): number()
    case "\\": try command()
    case _ where character.isLetter && character.isASCII: letters()
    default:
      place += 1
      symbol(character)
    }
  }

  private mutating func symbol(_ character: Character) {
    switch character {
    case _ where character.isWhitespace, "$", "€", "£", "°", "`", "\u{200b}": break
    case "−", "–": tokens.append(.symbol("-"))
    case "×", "·", "∙", "⋅": tokens.append(.symbol("*"))
    case "÷", ":": tokens.append(.symbol("/"))
    case "<" where peek() == "=", ">" where peek() == "=", "!" where peek() == "=":
      place += 1
      tokens.append(.command(character == "<" ? "le" : character == ">" ? "ge" : "ne"))
    case "π": tokens.append(.command("pi"))
    case "∞": tokens.append(.command("infty"))
    case "√": tokens.append(.command("sqrt"))
    case "≤": tokens.append(.command("le"))
    case "≥": tokens.append(.command("ge"))
    case "≠": tokens.append(.command("ne"))
    case "∪": tokens.append(.command("cup"))
    case "±": tokens.append(.command("pm"))
    case "²": tokens += [.symbol("^"), .number("2")]
    case "³": tokens += [.symbol("^"), .number("3")]
    default:
      if "([".contains(character) { depth += 1 }
      if ")]".contains(character) { depth -= 1 }
      tokens.append(.symbol(character))
    }
  }

  /// Digits, and what separates their thousands: a comma, a comma in braces, or a space, if exactly three digits follow.
  private mutating func number() {
    var digits = ""
    while Self.isDigit(peek()) { take(&digits) }
    // Nobody writes thousands of nothing.
    var groups = digits.first == "0" ? 0 : digits.count
    while (1...3).contains(groups), let separator = separator() {
      place += separator
      for _ in 0..<3 { take(&digits) }
      groups = 3
    }
    if peek() == ".", Self.isDigit(peek(1)) {
      take(&digits)
      while Self.isDigit(peek()) { take(&digits) }
    }
    tokens.append(.number(digits))
  }

  private mutating func take(_ digits: inout String) {
    digits.append(text[place])
    place += 1
  }

  /// How many characters separate thousands here; `nil` if none do.
  private func separator() -> Int? {
    let rest = text[place...]
    let spellings =
      depth == 0
      ? [",", " ", "{,}", "{ , }", " {, }", " {,}", ",\\! ", ",\\!", "\\,", ",~"] : ["{,}", "\\,"]
    for spelling in spellings where rest.starts(with: spelling) {
      let count = spelling.count
      guard (0..<3).allSatisfy({ Self.isDigit(peek(count + $0)) }), !Self.isDigit(peek(count + 3)) else {
        continue
      }
      return count
    }
    return nil
  }

  private mutating func letters() {
    var word = ""
    let begin = place
    while let letter = peek(), letter.isLetter, letter.isASCII {
      word.append(letter)
      place += 1
    }
    let isAttached = begin > 0 && (Self.isDigit(text[begin - 1]) || text[begin - 1] == ")")
    if let known = Self.words[word.lowercased()], word.count > 1 {
      tokens.append(known)
    } else if Self.units.contains(word) {
      tokens.append(.word(word))
    } else if word.count > 3 || (word.count == 3 && !isAttached && !word.contains { "xyz".contains($0) }) {
      tokens.append(.word(word.lowercased()))
    } else {
      tokens += word.map { .letter(String($0)) }
    }
  }

  private mutating func command() throws(MathReadingError) {
    place += 1
    var name = ""
    while let letter = peek(), letter.isLetter, letter.isASCII {
      name.append(letter)
      place += 1
    }
    if name.isEmpty, let character = peek() {
      name = String(character)
      place += 1
    }
    if Self.spacing.contains(name) { return }
    if Self.texts.contains(name), peek() == "{" { return text(of: name) }
    switch name {
    case "%": tokens.append(.symbol("%"))
    case "$", "circ", "degree": dropPower()
    case "{": tokens.append(.command("{"))
    default:
      let known = Self.other[name] ?? name
      tokens.append(
        ["*", "/", "<", ">", "[", "]"].contains(known) ? .symbol(Character(known)) : .command(known))
    }
  }

  /// A degree sign is a unit, and the `^` before it is none of a power.
  private mutating func dropPower() {
    guard tokens.last == .symbol("^") || tokens.suffix(2) == [.symbol("^"), .symbol("{")] else { return }
    if tokens.last == .symbol("{") {
      tokens.removeLast()
      if peek() == "}" { place += 1 }
    }
    tokens.removeLast()
  }

  /// What stands in the braces of `\text`: one word, or what it says if that is a number or a choice.
  private mutating func text(of name: String) {
    place += 1
    var (content, inner) = ("", 1)
    while let character = peek() {
      place += 1
      inner += character == "{" ? 1 : character == "}" ? -1 : 0
      if inner == 0 { break }
      content.append(character)
    }
    let plain = content.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    switch plain {
    case "": break
    case "and", "or", ",": tokens.append(.symbol(","))
    case "%": tokens.append(.symbol("%"))
    default:
      let bare = plain.filter { !"()".contains($0) }
      if bare.count == 1, bare.first?.isLetter == true {
        tokens.append(.letter(bare))
      } else if bare.allSatisfy({ Self.isDigit($0) || ".-".contains($0) }) {
        tokens += (try? MathLexer(bare).tokens) ?? []
      } else {
        tokens.append(.word(plain.lowercased()))
      }
    }
  }
}
