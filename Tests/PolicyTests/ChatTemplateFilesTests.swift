import Foundation
import Testing

@testable import Policy

@Suite("A model's directory has its chat template")
struct ChatTemplateFilesTests {
  private func reading(_ files: [String: String]) throws -> ChatTemplate? {
    let directory = FileManager.default.temporaryDirectory.appending(path: "template-\(UUID())")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    for (name, text) in files { try Data(text.utf8).write(to: directory.appending(path: name)) }
    return try ChatTemplate.read(directory)
  }

  private func text(_ files: [String: String]) throws -> String? {
    try reading(files)?.render([.init(.user, "hi")])
  }

  @Test("the file comes before the setting, of several templates the default one is read")
  func sources() throws {
    let setting = #"{"chat_template": "setting {{ bos_token }}", "bos_token": {"content": "<s>"}}"#
    #expect(try text(["tokenizer_config.json": setting]) == "setting <s>")
    #expect(
      try text(["tokenizer_config.json": setting, "chat_template.jinja": "file {{ bos_token }}"])
        == "file <s>")
    #expect(try text(["chat_template.jinja": "file"]) == "file")
    let several =
      #"{"chat_template": [{"name": "tool_use", "template": "t"}, {"name": "default", "template": "d"}]}"#
    #expect(try text(["tokenizer_config.json": several]) == "d")
  }

  @Test("a directory without a template has none")
  func none() throws {
    #expect(try text([:]) == nil)
    #expect(try text(["tokenizer_config.json": "{}"]) == nil)
    #expect(try text(["tokenizer_config.json": #"{"chat_template": null}"#]) == nil)
  }

  @Test(
    "what cannot be read is an error with the file",
    arguments: [
      ("tokenizer_config.json", "[", "is not a JSON object"),
      ("tokenizer_config.json", #"{"chat_template": 3}"#, "its chat_template is no text"),
      ("tokenizer_config.json", #"{"chat_template": []}"#, "has no chat_template named default"),
      (
        "tokenizer_config.json", #"{"chat_template": "\n{% macro x() %}"}"#,
        "chat template, line 2, column 4: the tag macro is not supported"
      ),
      ("chat_template.jinja", "{{", "chat template, line 1, column 1: the tag has no end"),
    ])
  func errors(name: String, text: String, what: String) {
    let error = #expect(throws: CheckpointError.self) { try reading([name: text]) }
    #expect(
      error?.kind == .template && error?.description.hasSuffix("\(name): \(what)") == true,
      "\(error?.description ?? "")")
  }
}

@Suite("Values of templates are read from JSON")
struct TemplateValueTests {
  private func again(_ json: String) throws -> String {
    var writer = TemplateJSONWriter(limit: 10_000)
    try writer.write(try TemplateValue(json: json))
    return writer.text
  }

  @Test("order, escapes, numbers and repeated names, as by Python's json")
  func values() throws {
    #expect(
      try again(#" {"b": [1, -2.50, 1e3, true, null], "a": {}, "b": "\u00e9\ud83d\ude00\/"} "#)
        == #"{"b": "é😀/", "a": {}}"#)
    #expect(
      try again("[-0, -0.0, 9223372036854775807, 1E-7, []]") == "[0, -0.0, 9223372036854775807, 1e-07, []]")
    #expect(try again("\"\u{7f}\\b\\f\"") == "\"\u{7f}\\b\\f\"")
    #expect(
      try again(String(repeating: "[", count: 64) + String(repeating: "]", count: 64)).utf8.count == 128)
  }

  @Test(
    "what is not JSON says at which byte",
    arguments: [
      ("", 0, "a value is missing"), ("[1,]", 3, "a value is missing"),
      ("[1 2]", 3, "a comma or ] is missing"),
      ("{a: 1}", 1, "a name is missing"), ("{\"a\" 1}", 5, "a colon is missing"),
      ("{\"a\": 1", 7, "a comma or } is missing"), ("nul", 0, "a value is missing"),
      ("1 2", 2, "something follows the value"), ("01", 1, "something follows the value"),
      ("1.", 2, "a digit is missing"), ("-", 1, "a digit is missing"), ("1e", 2, "a digit is missing"),
      ("9223372036854775808", 19, "the whole number is out of range"),
      ("1e999", 5, "the number is out of range"),
      ("\"a", 2, "the text has no end"), ("\"\n\"", 1, "a control character stands in a text"),
      ("\"\\q\"", 2, "there is no such escape"), ("\"\\u12\"", 3, "four hexadecimal digits are missing"),
      ("\"\\ud800\"", 7, "half of a character is missing"),
      ("\"\\ud800\\u0041\"", 13, "half of a character is missing"),
      ("\"\\udc00\\udc00\"", 13, "half of a character is missing"),
      (String(repeating: "[", count: 66), 65, "the value is nested too deeply"),
    ])
  func errors(json: String, byte: Int, what: String) {
    #expect(throws: ChatTemplateError(.input("JSON, byte \(byte): \(what)"))) {
      try TemplateValue(json: json)
    }
  }
}
