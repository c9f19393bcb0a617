import Policy

/// Any text as a chat template: an error, or a text within the bounds that is the same when rendered again.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
  let text = String(decoding: UnsafeBufferPointer(start: data, count: size), as: UTF8.self)
  var limits = TemplateLimits()
  (limits.steps, limits.outputSize) = (200_000, 20_000)
  guard let template = try? ChatTemplate(parsing: text, specialTokens: ["bos_token": "<s>"], limits: limits)
  else {
    return 0
  }
  func render() -> String? {
    try? template.render(
      [
        .init(.system, "Be brief.\n"), .init(.user, "2+2?"),
        .init(
          .assistant, "<think>\nfour\n</think>\n\n4",
          toolCalls: [.init(name: "f", arguments: ["x": [1, "\u{e9}"]])]),
        .init(.tool, "{\"y\": 2}"), .init(.assistant, nil, reasoning: "five"),
      ],
      tools: [["name": "f", "parameters": ["type": "object"]]],
      variables: [
        "x": 3, "s": " a,b ", "l": [1, "a", [2]], "o": ["k": "v", "n": 1], "enable_thinking": false,
      ],
      date: TemplateDate(year: 2026, month: 3, day: 9))
  }
  let rendered = render()
  precondition(rendered.map { $0.utf8.count <= limits.outputSize } ?? true, "the text is too long")
  precondition(rendered.map { Array($0.utf8) } == render().map { Array($0.utf8) }, "the text is another one")
  return 0
}
