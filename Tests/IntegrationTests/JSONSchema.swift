import Foundation

/// `docs/json-schema.json`, with the part of JSON Schema (draft 2020-12) that it uses: `type`, `const`, `enum`, `properties`, `required`,
/// `additionalProperties`, `items`, `oneOf` and references to `$defs`.
struct JSONSchema {
  private let root: [String: Any]

  init(_ url: URL) throws {
    root = try JSONSerialization.jsonObject(with: Data(contentsOf: url)) as? [String: Any] ?? [:]
  }

  /// The words of the schema that this reader would ignore.
  var unknownWords: Set<String> {
    let known: Set = [
      "$schema", "$id", "$ref", "$defs", "title", "description", "type", "const", "enum", "properties",
      "required",
      "additionalProperties", "items", "oneOf",
    ]
    func words(_ schema: Any) -> Set<String> {
      guard let schema = schema as? [String: Any] else { return [] }
      var found = Set(schema.keys).subtracting(known)
      for name in ["properties", "$defs"] {
        for part in (schema[name] as? [String: Any] ?? [:]).values { found.formUnion(words(part)) }
      }
      for part in (schema["oneOf"] as? [Any] ?? []) + [schema["items"] as Any] {
        found.formUnion(words(part))
      }
      return found
    }
    return words(root)
  }

  /// Says what is wrong with a line of JSON; `nil` if nothing is.
  func fault(of line: some StringProtocol) throws -> String? {
    try fault(of: JSONSerialization.jsonObject(with: Data(line.utf8)), root, at: "line")
  }

  private func fault(of value: Any, _ schema: [String: Any], at path: String) -> String? {
    if let name = schema["$ref"] as? String {
      let parts = name.split(separator: "/").dropFirst().map(String.init)
      let found = parts.reduce(root as Any?) { ($0 as? [String: Any])?[$1] } as? [String: Any]
      return found.map { fault(of: value, $0, at: path) } ?? "\(path): no \(name)"
    }
    if let choices = schema["oneOf"] as? [[String: Any]] {
      let faults = choices.map { fault(of: value, $0, at: path) }
      // Of several that do not fit, the one that came furthest says best what is wrong.
      return faults.count { $0 == nil } == 1
        ? nil : faults.compactMap(\.self).max { $0.count < $1.count } ?? "\(path): fits several"
    }
    if let constant = schema["const"], !Self.isSame(value, constant) { return "\(path): is not \(constant)" }
    if let choices = schema["enum"] as? [Any], !choices.contains(where: { Self.isSame(value, $0) }) {
      return "\(path): \(value) is none of \(choices)"
    }
    let types = (schema["type"] as? [String]) ?? (schema["type"] as? String).map { [$0] } ?? []
    if !types.isEmpty, !types.contains(where: { Self.isType(value, $0) }) {
      return "\(path): \(value) is no \(types.joined(separator: " or "))"
    }
    if let members = value as? [String: Any] {
      let properties = schema["properties"] as? [String: [String: Any]] ?? [:]
      for name in schema["required"] as? [String] ?? [] where members[name] == nil {
        return "\(path): has no \(name)"
      }
      for (name, member) in members {
        guard let part = properties[name] else {
          if schema["additionalProperties"] as? Bool == false { return "\(path): knows no \(name)" }
          continue
        }
        if let found = fault(of: member, part, at: "\(path).\(name)") { return found }
      }
    }
    if let list = value as? [Any], let part = schema["items"] as? [String: Any] {
      for (index, item) in list.enumerated() {
        if let found = fault(of: item, part, at: "\(path)[\(index)]") { return found }
      }
    }
    return nil
  }

  /// Whether two texts or two numbers are the same.
  private static func isSame(_ one: Any, _ other: Any) -> Bool {
    if let one = one as? String { return one == other as? String }
    return (one as? NSNumber).map { $0 == other as? NSNumber } ?? false
  }

  private static func isType(_ value: Any, _ type: String) -> Bool {
    switch type {
    case "null": value is NSNull
    case "boolean": isBoolean(value)
    case "string": value is String
    case "array": value is [Any]
    case "object": value is [String: Any]
    case "number": value is NSNumber && !isBoolean(value)
    case "integer":
      (value as? NSNumber).map { !isBoolean(value) && $0.doubleValue == $0.doubleValue.rounded() } ?? false
    default: false
    }
  }

  private static func isBoolean(_ value: Any) -> Bool {
    guard let number = value as? NSNumber else { return false }
    return String(cString: number.objCType) == "c"
  }
}
