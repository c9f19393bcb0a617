/// Writes values as Python's `json.dumps` does.
struct TemplateJSONWriter {
  enum Failure: Error {
    case tooLong
    case noJSON(String)
  }

  var escapesNonASCII = false
  /// The spaces of a level; `nil` writes everything in one line.
  var indentation: Int?
  var itemSeparator = ", "
  var nameSeparator = ": "
  var sortsNames = false
  private let limit: Int
  private(set) var text = ""
  private var level = 0

  init(limit: Int) { self.limit = limit }

  mutating func write(_ value: TemplateValue) throws(Failure) {
    switch value.storage {
    case .none: try add("null")
    case .bool(let value): try add(value ? "true" : "false")
    case .integer(let value): try add("\(value)")
    case .number(let value):
      try add(
        value.isFinite
          ? TemplateNumber.text(value) : value.isNaN ? "NaN" : value < 0 ? "-Infinity" : "Infinity")
    case .text(let value): try add(quoted(value))
    case .list(let elements, _):
      guard !elements.isEmpty else { return try add("[]") }
      try open("[")
      for (index, element) in elements.enumerated() {
        if index > 0 { try add(itemSeparator + newline) }
        try write(element)
      }
      try close("]")
    case .object(let members):
      guard !members.isEmpty else { return try add("{}") }
      try open("{")
      let inOrder =
        sortsNames ? members.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) } : members
      for (index, member) in inOrder.enumerated() {
        if index > 0 { try add(itemSeparator + newline) }
        try add(quoted(member.name) + nameSeparator)
        try write(member.value)
      }
      try close("}")
    case .undefined, .namespace, .function: throw .noJSON(value.sort)
    }
  }

  private var newline: String {
    indentation.map { "\n" + String(repeating: " ", count: $0 * level) } ?? ""
  }

  private mutating func open(_ bracket: String) throws(Failure) {
    level += 1
    try add(bracket + newline)
  }

  private mutating func close(_ bracket: String) throws(Failure) {
    level -= 1
    try add(newline + bracket)
  }

  private mutating func add(_ more: String) throws(Failure) {
    guard text.utf8.count + more.utf8.count <= limit else { throw .tooLong }
    text += more
  }

  private func quoted(_ value: String) -> String {
    var result = "\""
    for scalar in value.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      case "\u{C}": result += "\\f"
      case "\u{8}": result += "\\b"
      case _ where scalar.value < 0x20: result += Self.escaped(scalar)
      case _ where escapesNonASCII && scalar.value > 0x7E: result += Self.escaped(scalar)
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }

  private static func escaped(_ scalar: Unicode.Scalar) -> String {
    String(scalar).utf16.map { unit in
      let digits = String(unit, radix: 16)
      return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    }.joined()
  }
}
