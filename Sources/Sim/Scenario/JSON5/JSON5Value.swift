import Actors
import Messaging

/// A JSON5 value with the positions of its keys and values.
///
/// Equality ignores the positions, so two texts that say the same are equal.
package indirect enum JSON5Value: Sendable, Hashable {
  case null
  case bool(Bool)
  /// A number, as the digits in the text, so that 64-bit integers lose nothing.
  case number(String)
  case string(String)
  case array([JSON5Node])
  /// An object, whose members are in the order of the file and have unique keys.
  case object([JSON5Member])
}

/// A value and the position where it starts.
package struct JSON5Node: Sendable, Hashable {
  package var value: JSON5Value
  package var position: SourcePosition

  package init(_ value: JSON5Value, at position: SourcePosition = SourcePosition(line: 1, column: 1)) {
    self.value = value
    self.position = position
  }

  package static func == (a: JSON5Node, b: JSON5Node) -> Bool { a.value == b.value }
  package func hash(into hasher: inout Hasher) { hasher.combine(value) }
}

/// A member `key: value` of an object, with the position where the key starts.
package struct JSON5Member: Sendable, Hashable {
  package var key: String
  package var node: JSON5Node
  package var position: SourcePosition

  package init(
    _ key: String, _ node: JSON5Node, at position: SourcePosition = SourcePosition(line: 1, column: 1)
  ) {
    self.key = key
    self.node = node
    self.position = position
  }

  package static func == (a: JSON5Member, b: JSON5Member) -> Bool { a.key == b.key && a.node == b.node }
  package func hash(into hasher: inout Hasher) {
    hasher.combine(key)
    hasher.combine(node)
  }
}

extension JSON5Value {
  /// The name of the value's kind in messages.
  var kindName: String {
    switch self {
    case .null: "null"
    case .bool: "true or false"
    case .number: "a number"
    case .string: "a string"
    case .array: "a list"
    case .object: "an object"
    }
  }
}

extension JSON5Value {
  /// Returns the object without the members that `other` has as well. `schema` says which objects have keys of their own; a
  /// dictionary, in which keys are names, is left whole, because its members are not settings with defaults.
  func without(_ other: JSON5Value, schema: JSONValue?) -> JSON5Value {
    guard case .object(let members) = self, case .object(let others) = other,
      let properties = schema?["properties"], members.map(\.key).sorted() == others.map(\.key).sorted()
    else { return self }
    return .object(
      members.compactMap { member in
        guard let same = others.first(where: { $0.key == member.key })?.node.value else { return member }
        guard same != member.node.value else { return nil }
        return JSON5Member(
          member.key, JSON5Node(member.node.value.without(same, schema: properties[member.key])))
      })
  }
}
