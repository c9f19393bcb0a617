import Foundation
import Testing

@testable import Policy

/// The conversations of `record_template_fixtures.py`, and what `transformers` made of them.
enum TemplateFixture {
  static let specialTokens = ["bos_token": "<|begin_of_text|>", "eos_token": "<|eot_id|>"]
  static let date = TemplateDate(year: 2026, month: 3, day: 9, hour: 7, minute: 5, second: 4)

  /// The templates that are kept here, or those of the directory that `make published-templates` fills.
  static let directory: URL = {
    let other = ProcessInfo.processInfo.environment["TROUPE_TEMPLATES"].map { URL(filePath: $0) }
    return other ?? Bundle.module.resourceURL!.appending(path: "Fixtures/templates")
  }()

  static let names: [String] = {
    let files = (try? FileManager.default.contentsOfDirectory(atPath: directory.path)) ?? []
    return files.filter { $0.hasSuffix(".jinja") }.map { String($0.dropLast(6)) }.sorted()
  }()

  static func text(_ file: String, in directory: URL = directory) throws -> String {
    String(decoding: try Data(contentsOf: directory.appending(path: file)), as: UTF8.self)
  }

  static func list(_ file: String, in directory: URL = directory) throws -> [TemplateValue] {
    try #require(try TemplateValue(json: try text(file, in: directory)).elements)
  }

  struct Conversation {
    var messages: [ChatTemplate.Message]
    var tools: [TemplateValue]?
    var addsGenerationPrompt: Bool
    var variables: [String: TemplateValue]

    init(_ value: TemplateValue) throws {
      messages = try #require(value["messages"]?.elements).map { message in
        let calls = try (message["tool_calls"]?.elements ?? []).map { call in
          let function = try #require(call["function"])
          return ChatTemplate.Message.ToolCall(
            name: try #require(function["name"]?.asText), arguments: try #require(function["arguments"]))
        }
        let role = try #require(message["role"]?.asText.flatMap(ChatTemplate.Message.Role.init))
        return ChatTemplate.Message(
          role, message["content"]?.asText, reasoning: message["reasoning_content"]?.asText, toolCalls: calls)
      }
      tools = value["tools"]?.elements
      addsGenerationPrompt = try #require(value["add_generation_prompt"]).isTrue
      variables = try #require(value["variables"]).members
    }

    func text(_ template: ChatTemplate) throws(ChatTemplateError) -> String {
      try template.render(
        messages, tools: tools, addsGenerationPrompt: addsGenerationPrompt, variables: variables,
        date: TemplateFixture.date)
    }
  }
}

extension TemplateValue {
  var elements: [TemplateValue]? {
    if case .list(let elements, _) = storage { elements } else { nil }
  }

  var members: [String: TemplateValue] {
    guard case .object(let members) = storage else { return [:] }
    return Dictionary(uniqueKeysWithValues: members.map { ($0.name, $0.value) })
  }

  subscript(name: String) -> TemplateValue? { members[name] }
}
