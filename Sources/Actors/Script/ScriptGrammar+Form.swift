import Foundation
import Messaging

/// Scripts as JSON, for servers that hold an answer to a JSON schema and to no grammar.
///
/// ```json
/// {"statements": [{"node": "agent", "role": "step", "inputs": ["task"]}], "answer": "a"}
/// ```
/// Statements are named a, b, and so on, in order. A schema cannot say that a statement reads earlier ones only, nor what calls
/// cost; the parser refuses such a script, as it refuses one that was written without a grammar. Parts of a script's own have no form.
extension ScriptGrammar {
  /// The JSON schema of a script, within what OpenAI calls strict: every property is required, and there are no others.
  package var schema: JSONValue {
    let statement: JSONValue = ["anyOf": .array(extent.nodes.compactMap(schema(of:)))]
    return Self.object([
      .init(
        "statements",
        [
          "type": "array", "items": statement, "minItems": 1, "maxItems": .integer(maximumStatements),
        ]),
      .init("answer", Self.choice((0..<maximumStatements).map(Script.name(of:)))),
    ])
  }

  /// The sentences that tell a designer to answer with a script in JSON.
  package var instructionsOfForm: String {
    "Reply in JSON. `statements` are the NODEs in order, named a, b and so on; `node` is the first word of each. `answer` is the name "
      + "of the last result."
  }

  /// The text of the script that `form` is; `nil` if it is no script in JSON. The text may break the rules of the grammar.
  /// - Complexity: O(length of `form`).
  package func text(ofForm form: String) -> String? {
    guard let form = try? JSONDecoder().decode(ScriptForm.self, from: Data(form.utf8)) else { return nil }
    var words: [String] = []
    for (index, statement) in form.statements.enumerated() {
      guard index < Script.maximumStatements, let said = self.words(of: statement) else { return nil }
      words += [Script.name(of: index), "="] + said + [";"]
    }
    return Script.text(of: words + ["answer", form.answer])
  }

  /// The schema of a kind of node; `nil` if one of its slots has nothing to choose from.
  private func schema(of kind: Script.Kind) -> JSONValue? {
    var members: [JSONValue.Member] = [.init("node", Self.choice([kind.rawValue]))]
    for slot in ScriptPlace.slots(of: kind) {
      guard let name = slot.property else { continue }
      guard let schema = schema(of: slot, kind) else { return nil }
      members.append(.init(name, schema))
    }
    return Self.object(members)
  }

  private func schema(of slot: ScriptPlace.Slot, _ kind: Script.Kind) -> JSONValue? {
    let performers = performers(defined: []).map(\.name)
    switch slot {
    case .count: return ["type": "integer", "enum": .array(kind.counts.map { .integer($0) })]
    case .rounds: return ["type": "integer", "enum": .array(kind.rounds.map { .integer($0) })]
    case .performers:
      guard performers.count > 1 else { return nil }
      let range = Script.alternatives
      return [
        "type": "array", "items": Self.choice(performers), "minItems": .integer(range.lowerBound),
        "maxItems": .integer(min(range.upperBound, performers.count)),
      ]
    case .inputs:
      let names = ["task"] + (0..<(maximumStatements - 1)).map(Script.name(of:))
      let most = kind == .tool || kind == .split ? 1 : extent.maximumInputs
      return ["type": "array", "items": Self.choice(names), "minItems": 1, "maxItems": .integer(most)]
    case .role, .performer:
      // A role that the designer words itself can be any text.
      let names = slot == .role ? roles.workers : performers
      return extent.maximumWording > 0 ? ["type": "string"] : Self.choice(names)
    case .critic: return Self.optionalChoice(roles.critics)
    case .splitter: return Self.optionalChoice(roles.splitters)
    case .joiner: return Self.optionalChoice(roles.joiners)
    case .tool: return Self.optionalChoice(tools)
    case .part: return Self.optionalChoice(library.map(\.name))
    case .decision: return Self.optionalChoice(decisions.map(\.word))
    case .judge: return Self.optionalChoice(judges.map(\.word))
    case .router: return Self.optionalChoice(routers.map(\.word))
    case .word: return nil
    }
  }

  private static func choice(_ words: [String]) -> JSONValue {
    ["type": "string", "enum": .array(words.map { .text($0) })]
  }

  /// A choice; nothing, which is not JSON's `null`, where there is nothing to choose from.
  private static func optionalChoice(_ words: [String]) -> JSONValue? {
    words.isEmpty ? Optional.none : choice(words)
  }

  private static func object(_ members: [JSONValue.Member]) -> JSONValue {
    [
      "type": "object", "properties": .object(members),
      "required": .array(members.map { .text($0.name) }), "additionalProperties": .bool(false),
    ]
  }

  /// The words of a statement; `nil` if a property is missing, or is of another type.
  private func words(of statement: [String: ScriptForm.Value]) -> [String]? {
    guard case .text(let node)? = statement["node"], let kind = Script.Kind(rawValue: node) else {
      return nil
    }
    var words = [node]
    for slot in ScriptPlace.slots(of: kind) {
      if case .word(let word) = slot {
        words.append(word)
        continue
      }
      guard let name = slot.property, let value = statement[name] else { return nil }
      switch (slot, value) {
      case (.count, .number(let number)), (.rounds, .number(let number)): words.append("\(number)")
      case (.performers, .list(let names)): words += Array(names.map { [said($0)] }.joined(separator: [","]))
      case (.inputs, .list(let names)): words += ["("] + names.map { [$0] }.joined(separator: [","]) + [")"]
      case (.performers, _), (.inputs, _), (.count, _), (.rounds, _): return nil
      case (.role, .text(let name)), (.performer, .text(let name)): words.append(said(name))
      case (_, .text(let name)): words.append(name)
      default: return nil
      }
    }
    return words
  }

  /// A role or a part as a script has it: in quotation marks, if it is none of the grammar's.
  private func said(_ name: String) -> String {
    extent.maximumWording > 0 && !performers(defined: []).contains { $0.name == name } ? "\"\(name)\"" : name
  }
}

/// A script in JSON, as far as its types say what it is.
private struct ScriptForm: Decodable {
  var statements: [[String: Value]]
  var answer: String

  enum Value: Decodable {
    case text(String)
    case number(Int)
    case list([String])

    init(from decoder: any Decoder) throws {
      let value = try decoder.singleValueContainer()
      if let number = try? value.decode(Int.self) {
        self = .number(number)
      } else if let text = try? value.decode(String.self) {
        self = .text(text)
      } else {
        self = .list(try value.decode([String].self))
      }
    }
  }
}

extension ScriptPlace.Slot {
  /// The name of the slot in JSON; `nil` for a word that is always there.
  var property: String? {
    switch self {
    case .count: "count"
    case .rounds: "rounds"
    case .role: "role"
    case .critic: "critic"
    case .part: "part"
    case .performer: "performer"
    case .performers: "performers"
    case .judge: "judge"
    case .tool: "tool"
    case .router: "router"
    case .splitter: "splitter"
    case .joiner: "joiner"
    case .decision: "decision"
    case .inputs: "inputs"
    case .word: nil
    }
  }
}
