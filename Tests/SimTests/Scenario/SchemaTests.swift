import Foundation
import Messaging
import Testing

@testable import Sim

/// What the JSON Schema of scenarios says, held against what a scenario reads. `python3 -m jsonschema` checks the files that ship.
@Suite("The schema of scenarios")
struct SchemaTests {
  private func schema() throws -> [String: Any] {
    try #require(
      try JSONSerialization.jsonObject(with: Data("\(Scenario.jsonSchema())".utf8)) as? [String: Any])
  }

  private func property(_ path: String...) throws -> [String: Any] {
    var found = try schema()
    for key in path {
      if let items = found["items"] as? [String: Any] { found = items }
      let properties = try #require(found["properties"] as? [String: Any], "\(key)")
      found = try #require(properties[key] as? [String: Any], "\(key)")
    }
    return found
  }

  @Test("types, ranges, defaults, names and required keys are those of the tables that read")
  func says() throws {
    let designs = try property("rollout", "designs")
    #expect(designs["type"] as? String == "integer" && designs["minimum"] as? Int == 1)
    #expect(designs["maximum"] as? Int == 256 && designs["default"] as? Int == Scenario().rollout.designs)
    let name = try property("tasks", "families", "name")
    #expect((name["enum"] as? [String])?.contains("synthesis") == true && name["default"] == nil)
    let families = try property("tasks", "families")
    #expect(
      (families["items"] as? [String: Any])?["required"] as? [String] == ["name"]
        && families["minItems"] as? Int == 1)
    #expect(try property("strategy")["enum"] as? [String] == ["fifo", "random", "pct"])
    #expect(try property("latency", "perToken")["type"] as? [String] == ["number", "string"])
    // A section with kinds has the keys of all of them, and requires what all require.
    let timeline = try #require(try property("timeline")["items"] as? [String: Any])
    let keys = try #require(timeline["properties"] as? [String: Any]).keys.sorted()
    #expect(
      keys == [
        "agent", "at", "by", "do", "factor", "from", "groups", "nth", "operation", "restart", "reward",
        "text", "to",
        "until",
      ])
    #expect(timeline["required"] as? [String] == ["at", "do"])
    #expect(try property("expect", "that")["$ref"] as? String == "#/$defs/condition")
    #expect(try property("exploration", "finalPrior")["type"] as? [String] == ["number", "null"])
  }

  @Test("it says the same in every process, and names each type")
  func isTheSame() {
    let text = "\(Scenario.jsonSchema())"
    #expect(text == "\(Scenario.jsonSchema())" && !text.contains("unknown context"))
  }

  @Test("every key that a scenario writes is in the schema, and no other")
  func keys() throws {
    let written = try JSONSerialization.jsonObject(with: Data(Scenario().canonicalText.utf8))
    func compare(_ value: Any, _ schema: [String: Any], _ path: String) throws {
      if let object = value as? [String: Any],
        let properties = schema["properties"] as? [String: [String: Any]]
      {
        for (key, member) in object {
          let known = try #require(properties[key], "\(path).\(key)")
          try compare(member, known, "\(path).\(key)")
        }
        // Sections of several kinds write only the keys of theirs.
        let others = Set(properties.keys).subtracting(object.keys).subtracting(["preset"])
        #expect(others.isEmpty || path.hasSuffix("]"), "\(path): \(others)")
      }
      for (index, item) in (value as? [Any] ?? []).enumerated() {
        try compare(item, schema["items"] as? [String: Any] ?? [:], "\(path)[\(index)]")
      }
    }
    try compare(written, schema(), "")
  }
}
