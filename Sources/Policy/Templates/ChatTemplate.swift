/// A published model's own way of writing a conversation as one text: the `chat_template` of its tokenizer.
///
/// ```swift
/// let template = try ChatTemplate(parsing: "{% for m in messages %}<{{ m.role }}>{{ m.content }}{% endfor %}")
/// let text = try template.render([.init(.user, "2+2?")])
/// ```
///
/// Such templates are written in Jinja. What is read here is a small part of it in which every template ends: text,
/// expressions, `if`, `for` over what was given, `set`, and the filters, tests and methods that published templates
/// use. Everything else is refused by name, with line and column, when the template is read. There are no includes,
/// no macros and no clock. Rendering is a function of the template and what is given.
///
/// The settings are those of `transformers` (`trim_blocks`, `lstrip_blocks`, its own `tojson`), and the texts are those
/// of its `apply_chat_template`.
public struct ChatTemplate: Sendable {
  private let statements: [TemplateStatement]
  private let limits: TemplateLimits
  /// Names that every rendering sees, as `bos_token`, with their texts.
  private let specialTokens: [String: String]

  /// Reads a template. `specialTokens` has the texts that the template sees as `bos_token`, `eos_token` and so on.
  ///
  /// Cost: linear in the text.
  public init(parsing text: String, specialTokens: [String: String] = [:]) throws(ChatTemplateError) {
    try self.init(parsing: text, specialTokens: specialTokens, limits: TemplateLimits())
  }

  package init(
    parsing text: String, specialTokens: [String: String] = [:], limits: TemplateLimits
  ) throws(ChatTemplateError) {
    statements = try TemplateParser.statements(text, limits)
    (self.limits, self.specialTokens) = (limits, specialTokens)
  }

  /// The names that `render` sets itself.
  private static let reserved: Set<String> = ["messages", "tools", "documents", "add_generation_prompt"]

  /// The text of a conversation.
  ///
  /// - Parameters:
  ///   - messages: the turns of the conversation, the first one first; at least one.
  ///   - tools: JSON schemas of the tools that the model may call; `nil` says that there are none.
  ///   - addsGenerationPrompt: whether the text ends where the assistant begins to answer.
  ///   - variables: what else the template looks at, such as `enable_thinking` of Qwen3's.
  ///   - date: what `strftime_now` sees.
  /// - Throws: ``ChatTemplateError``; also what the template raises itself.
  public func render(
    _ messages: [Message], tools: [TemplateValue]? = nil, addsGenerationPrompt: Bool = true,
    variables: [String: TemplateValue] = [:], date: TemplateDate? = nil
  ) throws(ChatTemplateError) -> String {
    guard !messages.isEmpty else { throw ChatTemplateError(.input("the conversation is empty")) }
    var names = specialTokens.mapValues(TemplateValue.text)
    for (name, value) in variables {
      guard !Self.reserved.contains(name), TemplateFunction(rawValue: name) == nil else {
        throw ChatTemplateError(.input("no variable may be named \(name)"))
      }
      names[name] = value
    }
    names["messages"] = .list(messages.map(\.value))
    names["tools"] = tools.map(TemplateValue.list) ?? TemplateValue.none
    names["documents"] = TemplateValue.none
    names["add_generation_prompt"] = .bool(addsGenerationPrompt)
    guard names.values.allSatisfy({ $0.depth <= limits.valueDepth }) else {
      throw ChatTemplateError(.limit(.valueDepth))
    }
    return try TemplateRenderer.text(statements, variables: names, date: date, limits: limits)
  }

  /// The text up to the place where the assistant continues.
  ///
  /// If `isThinking` is false, a template that knows `enable_thinking` writes empty thoughts, so the model answers at
  /// once. A template that asks for the date sees 26 July 2024, which Llama's takes where there is no clock.
  package func prompt(_ messages: [Message], isThinking: Bool = true) throws(ChatTemplateError) -> String {
    try render(
      messages, variables: isThinking ? [:] : ["enable_thinking": false],
      date: TemplateDate(year: 2024, month: 7, day: 26))
  }
}
