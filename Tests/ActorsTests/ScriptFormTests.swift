import Actors
import Foundation
import Messaging
import Testing

@Suite("Scripts as JSON")
struct ScriptFormTests {
  /// A grammar with every node, every role and two parts.
  private func grammar(inputs: Int, wording: Int = 0) throws -> ScriptGrammar {
    var extent = ScriptGrammar.Extent()
    extent.nodes = Script.Kind.allCases
    extent.votes = [.majority, .weighted, .tests]
    (extent.maximumInputs, extent.maximumStatements, extent.maximumCalls) = (inputs, 4, 40)
    extent.maximumWording = wording
    let roles = ScriptGrammar.Roles(
      workers: ["step", "solve"], critics: ["check"], routers: ["pick"], splitters: ["cut"], joiners: ["join"]
    )
    return try ScriptGrammar(
      roles: roles, tools: ["run", "test"], extent: extent,
      library: ["define one(x) [ a = agent step(x); answer a ];"])
  }

  /// The script in JSON, made of its nodes, without what `ScriptPlace` says of them.
  private func form(of script: Script) -> [String: Any] {
    func name(_ performer: Script.Performer) -> String {
      switch performer {
      case .role(let role): Script.wording(ofRole: role) ?? role
      case .part(let part): part.name
      }
    }
    let statements = script.statements.map { statement -> [String: Any] in
      var form: [String: Any] = [:]
      switch statement.node {
      case .agent(let role): form = ["node": "agent", "role": name(.role(role))]
      case .use(let part): form = ["node": "use", "part": part.name]
      case .ensemble(let count, let performer, let decision):
        form = [
          "node": "ensemble", "count": count, "performer": name(performer), "decision": decision.word,
        ]
      case .debate(let count, let rounds, let role, let decision):
        form = [
          "node": "debate", "count": count, "rounds": rounds, "role": role, "decision": decision.word,
        ]
      case .reflect(let rounds, let critic, let refiner):
        form = ["node": "reflect", "rounds": rounds, "critic": critic, "role": refiner]
      case .repeat(let times, let performer, let judge):
        form = ["node": "repeat", "count": times, "performer": name(performer), "judge": judge.name]
      case .route(let router, let performers):
        form = ["node": "route", "router": router.word, "performers": performers.map(name)]
      case .split(let count, let splitter, let performer, let joiner):
        form = [
          "node": "split", "count": count, "splitter": splitter, "performer": name(performer),
          "joiner": joiner,
        ]
      case .tool(let tool): form = ["node": "tool", "tool": tool]
      }
      form["inputs"] = statement.inputs.map(\.description)
      return form
    }
    return ["statements": statements, "answer": Script.name(of: script.answer)]
  }

  /// Whether `value` obeys `schema`, as far as schemas of scripts go.
  private func obeys(_ value: Any, _ schema: [String: Any]) -> Bool {
    if let choices = schema["anyOf"] as? [[String: Any]] { return choices.contains { obeys(value, $0) } }
    if let known = schema["enum"] as? [NSObject], !known.contains(value as! NSObject) { return false }
    switch schema["type"] as? String {
    case "string": return value is String
    case "integer": return value is Int
    case "array":
      guard let items = value as? [Any], let each = schema["items"] as? [String: Any] else { return false }
      let range = (schema["minItems"] as! Int)...(schema["maxItems"] as! Int)
      return range.contains(items.count) && items.allSatisfy { obeys($0, each) }
    case "object":
      let known = schema["properties"] as! [String: [String: Any]]
      guard let members = value as? [String: Any], Set(members.keys) == Set(known.keys) else { return false }
      return Set(schema["required"] as! [String]) == Set(known.keys)
        && schema["additionalProperties"] as? Bool == false
        && members.allSatisfy { obeys($1, known[$0]!) }
    default: return false
    }
  }

  private func schema(_ grammar: ScriptGrammar) throws -> [String: Any] {
    let object = try JSONSerialization.jsonObject(with: Data(grammar.schema.description.utf8))
    return try #require(object as? [String: Any])
  }

  @Test("each script that a grammar allows has a form, which obeys the schema and reads back as the script")
  func roundTrip() throws {
    var generator = SplitMix(41)
    var kinds: Set<Script.Kind> = []
    for (inputs, wording) in [(1, 0), (3, 0), (2, 40)] {
      let grammar = try grammar(inputs: inputs, wording: wording)
      let schema = try schema(grammar)
      for _ in 0..<600 {
        let script = randomScript(grammar, using: &generator)
        let form = form(of: script)
        #expect(obeys(form, schema), "\(script)")
        let text = String(decoding: try JSONSerialization.data(withJSONObject: form), as: UTF8.self)
        #expect(try grammar.parse(try #require(grammar.text(ofForm: text))) == script)
        kinds.formUnion(script.statements.map(\.node.kind))
      }
    }
    #expect(kinds == Set(Script.Kind.allCases))
  }

  @Test(
    "what is no script in JSON is none; what the schema cannot refuse, the parser does",
    arguments: [
      "", "a = agent solve(task); answer a", "[]", "{}", #"{"statements": [], "answer": 1}"#,
      #"{"statements": [{"node": "agent", "inputs": ["task"]}], "answer": "a"}"#,
      #"{"statements": [{"node": "vote", "role": "solve", "inputs": ["task"]}], "answer": "a"}"#,
      #"{"statements": [{"node": "agent", "role": 3, "inputs": ["task"]}], "answer": "a"}"#,
      #"{"statements": [{"node": "agent", "role": "solve", "inputs": "task"}], "answer": "a"}"#,
      #"{"statements": [{"node": "ensemble", "count": "2", "performer": "solve", "decision": "majority", "inputs": ["task"]}], "answer": "a"}"#,
    ])
  func malformed(_ form: String) throws { #expect(try grammar(inputs: 1).text(ofForm: form) == nil) }

  @Test("a form whose statements read what comes later, or that costs too much, reads back and is refused")
  func rules() throws {
    let grammar = try grammar(inputs: 1)
    for (node, inputs) in [
      (#""node": "agent", "role": "solve""#, "b"),
      (#""node": "debate", "count": 5, "rounds": 9, "role": "solve", "decision": "majority""#, "task"),
    ] {
      let form = "{\"statements\": [{\(node), \"inputs\": [\"\(inputs)\"]}], \"answer\": \"a\"}"
      let text = try #require(grammar.text(ofForm: form))
      #expect(throws: ScriptError.self, "\(text)") { try grammar.parse(text) }
    }
  }

  @Test("kinds for which the grammar has no roles or tools are not in the schema")
  func kinds() throws {
    var extent = ScriptGrammar.Extent()
    extent.nodes = Script.Kind.allCases
    let grammar = try ScriptGrammar(roles: .init(workers: ["solve"]), extent: extent)
    let kinds = Script.Kind.allCases.filter { grammar.schema.description.contains("[\"\($0.rawValue)\"]") }
    #expect(Set(kinds) == [.agent, .ensemble, .debate])
    #expect(!grammar.schema.description.contains("null"))
  }
}
