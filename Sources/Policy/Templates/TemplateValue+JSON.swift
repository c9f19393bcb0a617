extension TemplateValue {
  /// The most lists and objects in each other that a text of JSON may have.
  private static let deepest = 64

  /// The value that a text of JSON describes, with the members of objects in their order.
  ///
  /// Whole numbers must be of 64 bits. If an object has a name twice, the last value counts. Cost: linear in the text.
  /// - Throws: ``ChatTemplateError`` of kind `input`, which says at which byte the text is not JSON.
  public init(json: String) throws(ChatTemplateError) {
    var reader = Reader(bytes: Array(json.utf8))
    reader.skipSpace()
    let value = try reader.value(depth: 0)
    reader.skipSpace()
    guard reader.index == reader.bytes.count else { throw reader.error("something follows the value") }
    self = value
  }

  private struct Reader {
    let bytes: [UInt8]
    var index = 0

    func error(_ what: String) -> ChatTemplateError {
      ChatTemplateError(.input("JSON, byte \(index): \(what)"))
    }

    var next: UInt8? { index < bytes.count ? bytes[index] : nil }

    mutating func skipSpace() {
      while let byte = next, [0x20, 0x09, 0x0A, 0x0D].contains(byte) { index += 1 }
    }

    mutating func skip(_ byte: Character) -> Bool {
      guard next == byte.asciiValue else { return false }
      index += 1
      return true
    }

    mutating func value(depth: Int) throws(ChatTemplateError) -> TemplateValue {
      guard depth <= TemplateValue.deepest else { throw error("the value is nested too deeply") }
      switch next.map({ Character(Unicode.Scalar($0)) }) {
      case "{": return try object(depth)
      case "[": return try list(depth)
      case "\"": return .text(try text())
      case "t": return try word("true", .bool(true))
      case "f": return try word("false", .bool(false))
      case "n": return try word("null", .none)
      case "-", "0", "1", "2", "3", "4", "5", "6", "7", "8", "9": return try number()
      default: throw error("a value is missing")
      }
    }

    private mutating func word(_ word: String, _ value: TemplateValue) throws(ChatTemplateError)
      -> TemplateValue
    {
      guard bytes[index...].starts(with: word.utf8) else { throw error("a value is missing") }
      index += word.utf8.count
      return value
    }

    private mutating func list(_ depth: Int) throws(ChatTemplateError) -> TemplateValue {
      index += 1
      skipSpace()
      var elements: [TemplateValue] = []
      if skip("]") { return .list([]) }
      while true {
        skipSpace()
        elements.append(try value(depth: depth + 1))
        skipSpace()
        if skip("]") { return .list(elements) }
        guard skip(",") else { throw error("a comma or ] is missing") }
      }
    }

    private mutating func object(_ depth: Int) throws(ChatTemplateError) -> TemplateValue {
      index += 1
      skipSpace()
      var members: [(String, TemplateValue)] = []
      if skip("}") { return .object([]) }
      while true {
        skipSpace()
        guard next == UInt8(ascii: "\"") else { throw error("a name is missing") }
        let name = try text()
        skipSpace()
        guard skip(":") else { throw error("a colon is missing") }
        skipSpace()
        members.append((name, try value(depth: depth + 1)))
        skipSpace()
        if skip("}") { return .object(members) }
        guard skip(",") else { throw error("a comma or } is missing") }
      }
    }

    private mutating func digits() throws(ChatTemplateError) {
      let start = index
      while let byte = next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { index += 1 }
      if index == start { throw error("a digit is missing") }
    }

    private mutating func number() throws(ChatTemplateError) -> TemplateValue {
      let start = index
      _ = skip("-")
      if !skip("0") { try digits() }
      var isWhole = true
      if skip(".") {
        isWhole = false
        try digits()
      }
      if skip("e") || skip("E") {
        isWhole = false
        if !skip("+") { _ = skip("-") }
        try digits()
      }
      let written = String(decoding: bytes[start..<index], as: UTF8.self)
      if isWhole {
        guard let value = Int(written) else { throw error("the whole number is out of range") }
        return .integer(value)
      }
      guard let value = Double(written), value.isFinite else { throw error("the number is out of range") }
      return TemplateValue(.number(value))
    }

    private mutating func text() throws(ChatTemplateError) -> String {
      index += 1
      var result: [UInt8] = []
      while let byte = next {
        index += 1
        switch byte {
        case UInt8(ascii: "\""): return String(decoding: result, as: UTF8.self)
        case 0..<0x20:
          index -= 1
          throw error("a control character stands in a text")
        case UInt8(ascii: "\\"): result += Array(String(try escape()).utf8)
        default: result.append(byte)
        }
      }
      throw error("the text has no end")
    }

    private mutating func escape() throws(ChatTemplateError) -> Unicode.Scalar {
      guard let byte = next else { throw error("the text has no end") }
      index += 1
      switch Unicode.Scalar(byte) {
      case "\"", "\\", "/": return Unicode.Scalar(byte)
      case "n": return "\n"
      case "r": return "\r"
      case "t": return "\t"
      case "b": return "\u{8}"
      case "f": return "\u{C}"
      case "u":
        let first = try unit()
        if let scalar = Unicode.Scalar(first) { return scalar }
        guard skip("\\"), skip("u") else { throw error("half of a character is missing") }
        let second = try unit()
        guard UTF16.isLeadSurrogate(first), UTF16.isTrailSurrogate(second) else {
          throw error("half of a character is missing")
        }
        return UTF16.decode(UTF16.EncodedScalar([first, second]))
      default:
        index -= 1
        throw error("there is no such escape")
      }
    }

    private mutating func unit() throws(ChatTemplateError) -> UInt16 {
      let end = index + 4
      guard end <= bytes.count, bytes[index..<end].allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
        let value = UInt16(String(decoding: bytes[index..<end], as: UTF8.self), radix: 16)
      else { throw error("four hexadecimal digits are missing") }
      index = end
      return value
    }
  }
}
