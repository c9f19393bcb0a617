import ActorTesting
import Messaging

extension Scenario {
  /// What JSON Schema (draft 2020-12) says of a scenario: for editors, and for `docs/scenario-keys.md`.
  ///
  /// It is made from the same tables that read a file. Rules between settings are not in it.
  package static func jsonSchema(_ catalogue: ScenarioCatalogue = .stock) -> JSONValue {
    guard case .object(let members) = schema(catalogue) else { preconditionFailure("a section is an object") }
    let head: [JSONValue.Member] = [
      .init("$schema", "https://json-schema.org/draft/2020-12/schema"),
      .init("title", "A scenario of Troupe"),
    ]
    let definitions: JSONValue = ["condition": EpisodeCondition.definition(catalogue)]
    return .object(head + members + [.init("$defs", definitions)])
  }

  /// The anchor of the section of `docs/scenario-keys.md` that has the setting at a path such as
  /// `tasks.families[1].name`; `nil` for a setting at the top.
  ///
  /// There is a section for each object with keys of its own: the innermost one in which the setting lies.
  static func section(explaining path: String) -> String? {
    var schema = jsonSchema()
    var (names, section): ([Substring], String?) = ([], nil)
    for part in path.split(separator: ".") {
      let key = part.prefix { $0 != "[" }
      guard var inner = schema["properties"]?[String(key)] else { return section }
      if inner["properties"] == nil { inner = inner["items"] ?? inner["additionalProperties"] ?? inner }
      if inner["$ref"] != nil { return "condition" }
      guard inner["properties"] != nil else { return section }
      names.append(key)
      section = names.joined().lowercased()
      schema = inner
    }
    return section
  }
}

extension JSONValue {
  /// The member of an object with this name.
  subscript(name: String) -> JSONValue? {
    guard case .object(let members) = self else { return nil }
    return members.first { $0.name == name }?.value
  }
}
