import Foundation
import PropertyTesting
import Testing

@testable import Policy

@Suite("Chat templates have bounds")
struct ChatTemplateBoundsTests {
  private func limit(_ text: String, _ limits: TemplateLimits = TemplateLimits())
    -> ChatTemplateError.Kind?
  {
    do {
      _ = try ChatTemplate(parsing: text, limits: limits).render([.init(.user, "hi")])
      return nil
    } catch { return error.kind }
  }

  private func repeated(_ text: String, _ count: Int) -> String {
    String(repeating: text, count: count)
  }

  @Test("a template of more bytes than a mebibyte is not read")
  func size() {
    #expect(limit(repeated("a", 1 << 20)) == nil)
    #expect(limit(repeated("a", 1 << 20 + 1)) == .limit(.templateSize))
  }

  @Test(
    "blocks and expressions nest up to a depth",
    arguments: [
      ("", "{% if true %}", "", "{% endif %}"), ("", "{% set x %}", "", "{% endset %}"),
      ("{{ ", "(", "1", ")"),
      ("{{ ", "[", "1", "]"), ("{{ ", "x[", "1", "]"), ("{{ ", "{'a': ", "1", "}"),
      ("{{ ", "range(", "1", ")"),
      ("{{ ", "not ", "1", ""), ("{{ ", "-", "1", ""), ("{{ 1", " + 1", "", ""),
      ("{{ u", " and u", "", ""),
      ("{{ u", ".x", "", ""), ("{{ u", ".strip()", "", ""), ("{{ 1", " | default", "", ""),
      ("{{ 1", " if 1 else 1", "", ""),
    ])
  func nesting(begin: String, opens: String, middle: String, closes: String) {
    let end = begin.isEmpty ? "" : " }}"
    let text = begin + repeated(opens, 5000) + middle + repeated(closes, 5000) + end
    #expect(limit(text) == .limit(.nesting))
  }

  @Test("the bound on nesting is met, not only named")
  func depth() {
    #expect(limit("{{ 1\(repeated(" + 1", 63)) }}") == nil)
    #expect(limit("{{ 1\(repeated(" + 1", 64)) }}") == .limit(.nesting))
    #expect(limit(repeated("{% if 1 %}", 64) + repeated("{% endif %}", 64)) == nil)
    #expect(limit(repeated("{% if 1 %}", 65) + repeated("{% endif %}", 65)) == .limit(.nesting))
  }

  @Test(
    "loops in each other end by the number of steps, and so do operations that double what they are given",
    arguments: [
      "{% for i in range(1000) %}{% for i in range(1000) %}{% for i in range(1000) %}{% endfor %}{% endfor %}{% endfor %}",
      "{% for i in range(60) %}{% set n.t = n.t + n.t %}{% endfor %}",
      "{% for i in range(60) %}{% set n.t = n.t ~ n.t %}{% endfor %}",
      "{% for i in range(60) %}{% set n.t = (n.t, n.t) | join %}{% endfor %}",
      "{% for i in range(60) %}{% set n.t = n.t.replace('a', n.t) %}{% endfor %}",
      "{% for i in range(60) %}{% set n.l = n.l + n.l %}{% endfor %}",
      "{% for i in range(40) %}{% set n.l = [n.l, n.l] %}{% endfor %}{{ n.l | tojson(indent=16) }}",
      "{% for i in range(40) %}{% set n.l = [n.l, n.l] %}{% endfor %}{{ n.l == n.l }}",
    ])
  func steps(text: String) {
    var limits = TemplateLimits()
    limits.steps = 1 << 17
    #expect(limit("{% set n = namespace(t='aa', l=[1]) %}" + text, limits) == .limit(.steps))
  }

  @Test("the text has a bound of its own")
  func output() {
    var limits = TemplateLimits()
    limits.outputSize = 10
    #expect(limit("{% for i in range(10) %}a{% endfor %}", limits) == nil)
    #expect(limit("{% for i in range(11) %}a{% endfor %}", limits) == .limit(.outputSize))
    #expect(
      limit("{% set t %}{% for i in range(11) %}a{% endfor %}{% endset %}", limits)
        == .limit(.outputSize))
    let megabyte =
      "{% set n = namespace(t='a') %}{% for i in range(20) %}{% set n.t = n.t + n.t %}{% endfor %}"
    #expect(limit(megabyte + repeated("{{ n.t }}", 17)) == .limit(.outputSize))
  }

  @Test("values nest up to a depth, those that a template makes and those that it is given")
  func values() throws {
    let nested =
      "{% set n = namespace(t=1) %}{% for i in range(COUNT) %}{% set n.t = [n.t] %}{% endfor %}"
    #expect(limit(nested.replacing("COUNT", with: "63")) == nil)
    #expect(limit(nested.replacing("COUNT", with: "65")) == .limit(.valueDepth))
    #expect(
      limit(nested.replacing("COUNT", with: "65").replacing("[n.t]", with: "{'a': n.t}"))
        == .limit(.valueDepth))
    let template = try ChatTemplate(parsing: "{{ x | tojson }}")
    let deep = (0..<65).reduce(TemplateValue.integer(1)) { value, _ in [value] }
    #expect(throws: ChatTemplateError(.limit(.valueDepth))) {
      try template.render([.init(.user, "")], variables: ["x": deep])
    }
  }

  /// Pieces of templates, right and wrong.
  private static let fragments = [
    "{{ ", " }}", "{%- ", " -%}", "{% ", " %}", "{# c #}", "\n", " text ", "{% if x %}",
    "{% else %}",
    "{% endif %}",
    "{% for i in l %}", "{% for k, v in o.items() %}", "{% endfor %}", "{% set y = x %}",
    "{% set n = namespace(a=1) %}",
    "{% set n.a = l %}", "{% break %}", "{{ loop.index }}", "{{ messages[0].content }}",
    "{{ l | tojson(indent=2) }}",
    "x", "l", "o", "s", "u", "n", "1", "0", "-1", "2.5", "'a'", "''", "true", "none", "[", "]", "(",
    ")", "{",
    "}", ":", ",",
    ".", "|", " + ", " - ", " * ", " // ", " % ", " ~ ", " == ", " < ", " in ", " not ", " and ",
    " if ",
    " else ", " is ",
    "defined", "string", "trim", "join", "length", "items", "first", ".strip()", ".split(',')",
    "[1:]",
    "[::-1]",
    "[9223372036854775807:]", "[::-9223372036854775807]", ".get('k')", "| select('in', l)",
    "range(3)", "\\",
    "\u{e9}", "\r",
  ]

  @Test("a template of any pieces is refused or rendered, within its bounds, and twice the same")
  func anyTemplate() {
    var limits = TemplateLimits()
    (limits.steps, limits.outputSize) = (20_000, 2000)
    func outcome(_ text: String) -> String {
      do {
        let template = try ChatTemplate(parsing: text, limits: limits)
        return try template.render(
          [.init(.user, "hi")],
          variables: ["x": 3, "s": "a,b", "l": [1, "a", [2]], "o": ["k": "v", "n": 1]])
      } catch { return "error: \(error)" }
    }
    let pieces = Generator.array(of: .element(of: Self.fragments), count: 0...40).map {
      $0.joined()
    }
    forAll("any pieces", pieces, count: 3000) { text in
      let first = outcome(text)
      return first == outcome(text) && (first.hasPrefix("error: ") || first.utf8.count <= 2000)
    }
    // In one expression, where more of them are right.
    let expressions = Generator.array(of: .element(of: Array(Self.fragments[22...])), count: 1...9)
      .map {
        "{{ \($0.joined(separator: "")) }}"
      }
    var rendered = 0
    forAll("any expression", expressions, count: 6000) { text in
      let first = outcome(text)
      if !first.hasPrefix("error: ") { rendered += 1 }
      return first == outcome(text)
    }
    #expect(rendered > 100, "\(rendered)")
  }
}
