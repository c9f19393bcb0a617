import Sim

extension Verb {
  /// The verb that prints the JSON Schema of scenarios.
  static let schema = Verb(
    name: "schema", operands: [], summary: "prints the JSON Schema of scenarios, for editors", options: []
  ) { arguments in
    Console.print("\(Scenario.jsonSchema(arguments.registry.catalogue))")
    return 0
  }
}
