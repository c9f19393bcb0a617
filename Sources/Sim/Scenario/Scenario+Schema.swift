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
}
