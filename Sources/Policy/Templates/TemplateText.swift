/// What Python's texts do, on the scalars of a text.
enum TemplateText {
  enum Side { case both, left, right }

  /// The text without the scalars at its ends that are in `characters`; white space if that is `nil`.
  static func strip(_ text: String, _ side: Side, _ characters: String?) -> String {
    let set = characters.map { Set($0.unicodeScalars) }
    func isStripped(_ scalar: Unicode.Scalar) -> Bool { set?.contains(scalar) ?? scalar.isPythonSpace }
    var rest = text.unicodeScalars[...]
    if side != .right { rest = rest.drop(while: isStripped) }
    if side != .left { while let last = rest.last, isStripped(last) { rest.removeLast() } }
    return String(rest)
  }

  /// Where `part` begins in `text`, in bytes; places do not overlap. Knuth, Morris and Pratt's search: linear in both.
  static func places(of part: String, in text: String, atMost most: Int = .max) -> [Int] {
    let part = Array(part.utf8)
    guard !part.isEmpty else { return [] }
    // The longest end of each beginning of `part` that is a beginning of it, too.
    var borders = [Int](repeating: 0, count: part.count)
    var length = 0
    for index in 1..<max(1, part.count) {
      while length > 0, part[index] != part[length] { length = borders[length - 1] }
      if part[index] == part[length] { length += 1 }
      borders[index] = length
    }
    var result: [Int] = []
    var matched = 0
    for (index, byte) in text.utf8.enumerated() where result.count < most {
      while matched > 0, byte != part[matched] { matched = borders[matched - 1] }
      if byte == part[matched] { matched += 1 }
      if matched == part.count {
        result.append(index + 1 - matched)
        matched = 0
      }
    }
    return result
  }

  /// The parts of `text` between the places where `separator` stands; at most `most` splits if that is not negative.
  static func split(_ text: String, by separator: String, atMost most: Int) -> [String] {
    let bytes = Array(text.utf8)
    let width = separator.utf8.count
    var parts: [String] = []
    var start = 0
    for place in places(of: separator, in: text, atMost: most < 0 ? .max : most) {
      parts.append(String(decoding: bytes[start..<place], as: UTF8.self))
      start = place + width
    }
    return parts + [String(decoding: bytes[start...], as: UTF8.self)]
  }

  /// The words of `text`; at most `most` splits if that is not negative, and the rest of the text as it is.
  static func words(_ text: String, atMost most: Int) -> [String] {
    var words: [String] = []
    var rest = text.unicodeScalars.drop(while: \.isPythonSpace)
    while !rest.isEmpty {
      if words.count == most {
        words.append(String(rest))
        break
      }
      let word = rest.prefix { !$0.isPythonSpace }
      words.append(String(word))
      rest = rest[word.endIndex...].drop(while: \.isPythonSpace)
    }
    return words
  }

  static func isEqual(_ first: String, _ second: String) -> Bool {
    first.utf8.elementsEqual(second.utf8)
  }
}

extension Unicode.Scalar {
  /// Whether Python's `str.isspace` is true.
  var isPythonSpace: Bool {
    switch value {
    case 0x09...0x0D, 0x1C...0x20, 0x85, 0xA0, 0x1680, 0x2000...0x200A, 0x2028, 0x2029, 0x202F, 0x205F,
      0x3000:
      true
    default: false
    }
  }

  /// Whether the scalar may stand in a name, which are ASCII here.
  var isWordCharacter: Bool {
    switch self {
    case "a"..."z", "A"..."Z", "0"..."9", "_": true
    default: false
    }
  }
}
