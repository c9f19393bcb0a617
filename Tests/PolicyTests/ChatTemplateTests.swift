import Foundation
import PropertyTesting
import Testing

@testable import Policy

/// Golden values: what `transformers` made of the same templates, recorded by `record_template_fixtures.py`.
@Suite("Chat templates are rendered as by transformers")
struct ChatTemplateTests {
  @Test(
    "200 conversations by each published template, and raised where transformers raises",
    arguments: TemplateFixture.names)
  func published(name: String) throws {
    let template = try ChatTemplate(
      parsing: try TemplateFixture.text("\(name).jinja"), specialTokens: TemplateFixture.specialTokens)
    let conversations = try TemplateFixture.list("conversations.json")
    let expected = try TemplateFixture.list("\(name).json")
    #expect(conversations.count == 200 && expected.count == 200)
    for (index, (conversation, expected)) in zip(conversations, expected).enumerated() {
      let conversation = try TemplateFixture.Conversation(conversation)
      do {
        let text = try conversation.text(template)
        #expect(text.utf8.elementsEqual((expected.asText ?? "an error").utf8), "conversation \(index)")
      } catch {
        let theirs = try #require(expected["error"]?.asText, "conversation \(index): \(error)")
        if case .raised(let message) = error.kind { #expect(message == theirs) }
      }
    }
  }

  @Test("the templates are those of the models that are named")
  func names() {
    let kept = ["qwen2.5", "qwen3", "smollm2"]
    let isKept = ProcessInfo.processInfo.environment["TROUPE_TEMPLATES"] == nil
    #expect(isKept ? TemplateFixture.names == kept : !TemplateFixture.names.isEmpty)
  }

  @Test("small templates, one feature each: text or error")
  func language() throws {
    let directory = try #require(Bundle.module.resourceURL).appending(path: "Fixtures/templates")
    let cases = try TemplateFixture.list("language.json", in: directory)
    #expect(cases.count > 150)
    for one in cases {
      let text = try #require(one["template"]?.asText)
      do {
        let rendered = try ChatTemplate(parsing: text, specialTokens: TemplateFixture.specialTokens).render(
          [.init(.user, "hi")],
          variables: ["x": 3, "s": " a,b ", "l": [1, 2, 3], "o": ["k": "v", "n": 1]],
          date: TemplateFixture.date)
        #expect(rendered.utf8.elementsEqual((one["text"]?.asText ?? "an error").utf8), "\(text)")
      } catch {
        #expect(one["error"] != nil, "\(text): \(error)")
      }
    }
  }

  @Test("the template that is built in is Qwen3's")
  func builtIn() throws {
    let directory = try #require(Bundle.module.resourceURL).appending(path: "Fixtures/templates")
    #expect(try TemplateFixture.text("qwen3.jinja", in: directory) == ChatTemplate.qwen3Text)
  }

  @Test(
    "what is not supported is refused by name, with line and column, when the template is read",
    arguments: [
      ("a\n  {% macro f() %}{% endmacro %}", 2, 6, "the tag macro"),
      ("{% include 'x' %}", 1, 4, "the tag include"), ("{% import 'x' as y %}", 1, 4, "the tag import"),
      ("{% extends 'x' %}", 1, 4, "the tag extends"), ("{% raw %}{% endraw %}", 1, 4, "the tag raw"),
      ("{% call f() %}{% endcall %}", 1, 4, "the tag call"), ("{% filter trim %}", 1, 4, "the tag filter"),
      ("{% if false %}\n{{ x | lower }}{% endif %}", 2, 8, "the filter lower"),
      ("{{ x | safe }}", 1, 8, "the filter safe"), ("{{ x is callable }}", 1, 9, "the test callable"),
      ("{{ x.upper() }}", 1, 5, "the method upper"), ("{{ cycler(1) }}", 1, 4, "the function cycler"),
      ("{{ x()() }}", 1, 4, "the function x"), ("{{ x.get('k')() }}", 1, 14, "a call of a value"),
      ("{{ 2 ** 3 }}", 1, 6, "the operator **"), ("{{ x.__class__ }}", 1, 6, "the attribute __class__"),
      ("{% for x in y recursive %}", 1, 15, "a recursive loop"),
      ("{% for x in y %}{{ loop.cycle(1) }}{% endfor %}", 1, 20, "loop.cycle"),
      ("{{ loop }}", 1, 4, "loop as a value"), ("{% set a, b = c %}", 1, 9, "a set of several names"),
      ("{% set a | trim %}{% endset %}", 1, 10, "a set with a filter"),
      ("{% set range = 1 %}", 1, 8, "setting the name range of a function"),
      ("{{ namespace(o) }}", 1, 14, "a namespace of something without a name"),
      ("{{ namespace(_a=1) }}", 1, 14, "the attribute _a of a namespace"),
      ("{{ x | tojson(width=1) }}", 1, 15, "the argument width of the filter tojson"),
      ("{{ x | map('trim') }}", 1, 8, "map without attribute="),
      ("{{ x | select('odd') }}", 1, 15, "the test odd"),
      ("{{ x | selectattr(y) }}", 1, 8, "the filter selectattr without the name of an attribute"),
      ("{{ x | select(y) }}", 1, 8, "the filter select without the name of a test"),
      ("{{ x[1, 2] }}", 1, 7, "an index of several parts"),
      ("{% set y = x | items %}", 1, 16, "a sequence other than in a loop or before | list"),
      ("{{ x.items()[0] }}", 1, 5, "a sequence other than in a loop or before | list"),
      ("{{ x | select | length }}", 1, 8, "a sequence other than in a loop or before | list"),
      ("{{ strftime_now('%c') }}", 1, 4, "the date format %c"), ("{{ '\\101' }}", 1, 5, "the escape \\1"),
    ])
  func refusals(text: String, line: Int, column: Int, what: String) {
    let error = #expect(throws: ChatTemplateError.self) { try ChatTemplate(parsing: text) }
    #expect(error?.kind == .unsupported(what))
    #expect(error?.line == line && error?.column == column, "\(error?.line ?? 0):\(error?.column ?? 0)")
    #expect(error?.description == "chat template, line \(line), column \(column): \(what) is not supported")
  }

  @Test(
    "what cannot be computed says what and where",
    arguments: [
      ("\n{{ u.x }}", 3, ChatTemplateError.Kind.undefined("u is not defined")),
      ("\n{{ o.zz.x }}", 6, .undefined("zz is not defined in an object")),
      ("\n{{ o.items }}", 3, .operand("items of an object is a method and not called")),
      ("\n{{ o }}", 1, .operand("an object is written only by tojson")),
      ("\n{{ 'a' + 1 }}", 6, .operand("a text + a whole number")),
      ("\n{{ ''.replace('', 'a') }}", 3, .operand("replacing an empty text is not supported")),
      ("\n{{ raise_exception('no') }}", 1, .raised("no")),
      ("\n{{ strftime_now('%Y') }}", 1, .input("the template asks for the date, and none is given")),
      ("\n{{ 9223372036854775807 + 1 }}", 22, .limit(.number)),
      ("\n{{ -(-9223372036854775807 - 1) }}", 1, .limit(.number)),
      ("\n{{ (-9223372036854775807 - 1) // -1 }}", 29, .limit(.number)),
      ("\n{% for i in range(100001) %}{% endfor %}", 10, .limit(.number)),
      ("\n{% set n = namespace() %}{% set n.n = n %}", 36, .operand("a namespace in another value")),
    ])
  func faults(text: String, column: Int, kind: ChatTemplateError.Kind) throws {
    let template = try ChatTemplate(parsing: text)
    let error = #expect(throws: ChatTemplateError.self) {
      try template.render([.init(.user, "hi")], variables: ["o": ["k": 1]])
    }
    #expect(error?.kind == kind && error?.line == 2, "\(error?.description ?? "")")
    #expect(error.map { $0.column >= column && $0.column <= column + 3 } == true, "\(error?.column ?? 0)")
  }

  @Test("no messages, and names that rendering sets itself, are refused")
  func inputs() throws {
    let template = try ChatTemplate(parsing: "{{ x }}{{ tools is none }}")
    #expect(throws: ChatTemplateError(.input("the conversation is empty"))) { try template.render([]) }
    for name in ["messages", "tools", "documents", "add_generation_prompt", "range", "raise_exception"] {
      #expect(throws: ChatTemplateError(.input("no variable may be named \(name)"))) {
        try template.render([.init(.user, "")], variables: [name: 1])
      }
    }
    #expect(try template.render([.init(.user, "")], tools: [], variables: ["x": 1]) == "1False")
  }

  @Test("numbers are written as by Python, with the fewest digits that give them back")
  func numbers() {
    #expect(TemplateNumber.text(.infinity) == "inf" && TemplateNumber.text(-.nan) == "nan")
    #expect(TemplateNumber.text(-0.0) == "-0.0" && TemplateNumber.text(1e16) == "1e+16")
    #expect(TemplateNumber.text(9_999_999_999_999_998) == "9999999999999998.0")
    #expect(TemplateNumber.text(0.0001) == "0.0001" && TemplateNumber.text(0.00012345e-1) == "1.2345e-05")
    forAll("numbers come back", .integer(in: UInt64.min ... .max), count: 2000) { bits in
      let value = Double(bitPattern: bits)
      return !value.isFinite || Double(TemplateNumber.text(value)) == value
    }
  }

  @Test("a date is one of the calendar, and knows its weekday")
  func dates() throws {
    #expect(
      TemplateDate(year: 2023, month: 2, day: 29) == nil && TemplateDate(year: 2024, month: 2, day: 29) != nil
    )
    #expect(
      TemplateDate(year: 1900, month: 2, day: 29) == nil && TemplateDate(year: 2000, month: 2, day: 29) != nil
    )
    #expect(
      TemplateDate(year: 999, month: 1, day: 1) == nil && TemplateDate(year: 2024, month: 13, day: 1) == nil)
    #expect(
      TemplateDate(year: 2024, month: 1, day: 1, hour: 24) == nil
        && TemplateDate(year: 2024, month: 1, day: 0) == nil)
    // By `date -d`.
    let days = [
      (2024, 7, 26, "Fri 208"), (2000, 2, 29, "Tue 060"), (1999, 12, 31, "Fri 365"), (2026, 3, 1, "Sun 060"),
    ]
    for (year, month, day, text) in days {
      #expect(try #require(TemplateDate(year: year, month: month, day: day)).written("%a %j") == text)
    }
  }
}
