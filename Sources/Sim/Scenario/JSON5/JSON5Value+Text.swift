import Messaging

extension JSON5Value {
  /// The value as plain JSON: no comments, all keys quoted, two spaces a level, and lists of scalars on one line.
  package var jsonText: String {
    var text = ""
    write(to: &text, indent: "")
    return text
  }

  private var isScalar: Bool {
    switch self {
    case .array, .object: false
    default: true
    }
  }

  private func write(to text: inout String, indent: String) {
    switch self {
    case .null: text += "null"
    case .bool(let flag): text += flag ? "true" : "false"
    case .number(let digits): text += digits
    case .string(let string): text += jsonQuoted(string)
    case .array(let nodes) where nodes.allSatisfy(\.value.isScalar):
      text += "[" + nodes.map(\.value.jsonText).joined(separator: ", ") + "]"
    case .array(let nodes):
      writeLines(nodes, between: "[", and: "]", to: &text, indent: indent) { node, text, indent in
        node.value.write(to: &text, indent: indent)
      }
    case .object(let members) where members.isEmpty: text += "{}"
    case .object(let members):
      writeLines(members, between: "{", and: "}", to: &text, indent: indent) { member, text, indent in
        text += jsonQuoted(member.key) + ": "
        member.node.value.write(to: &text, indent: indent)
      }
    }
  }

  private func writeLines<Line>(
    _ lines: [Line], between open: String, and close: String, to text: inout String, indent: String,
    write: (Line, inout String, String) -> Void
  ) {
    text += open
    for (index, line) in lines.enumerated() {
      text += (index == 0 ? "\n" : ",\n") + indent + "  "
      write(line, &text, indent + "  ")
    }
    text += "\n" + indent + close
  }
}
