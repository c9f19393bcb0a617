import Messaging

/// A rule that a value must meet beyond its type.
struct Rule<Value> {
  let check: (Value, Setting) throws(ScenarioError) -> Void
  /// What JSON Schema says of the rule; empty where it has no words for it.
  var schema: [JSONValue.Member] = []

  init(_ check: @escaping (Value, Setting) throws(ScenarioError) -> Void) {
    self.check = check
  }

  /// The rule with what JSON Schema says of it.
  func saying(_ members: [(String, JSONValue)]) -> Rule {
    var rule = self
    rule.schema = members.map { JSONValue.Member($0.0, $0.1) }
    return rule
  }

  /// Makes a rule that refuses values which fail `test`, with the error "`value` must be `what`".
  init(_ what: String, _ test: @escaping (Value) -> Bool) {
    check = { (value, setting) throws(ScenarioError) in
      guard !test(value) else { return }
      throw setting.failure(.impossibleValue, "\(value) must be \(what)")
    }
  }
}

extension Rule where Value: Comparable {
  static func atLeast(_ least: Value) -> Rule {
    Rule("at least \(least)") { $0 >= least }.saying([("minimum", .verbatim("\(least)"))])
  }
  static func atMost(_ most: Value) -> Rule {
    Rule("at most \(most)") { $0 <= most }.saying([("maximum", .verbatim("\(most)"))])
  }
  static func within(_ range: ClosedRange<Value>) -> Rule {
    Rule("from \(range.lowerBound) to \(range.upperBound)") { range.contains($0) }.saying([
      ("minimum", .verbatim("\(range.lowerBound)")), ("maximum", .verbatim("\(range.upperBound)")),
    ])
  }
}

extension Rule where Value: Comparable & AdditiveArithmetic {
  static var positive: Rule { Rule("above 0") { $0 > .zero }.saying([("exclusiveMinimum", 0)]) }
}

extension Rule where Value: Collection {
  static var notEmpty: Rule {
    Rule { (value, setting) throws(ScenarioError) in
      if value.isEmpty { throw setting.failure(.impossibleValue, "must not be empty") }
    }.saying(Value.self == String.self ? [("minLength", 1)] : [("minItems", 1)])
  }
}

extension Rule where Value == ClosedRange<Int> {
  static func atLeast(_ least: Int) -> Rule { .inside(least...Int.max) }
  static func inside(_ range: ClosedRange<Int>) -> Rule {
    Rule { (value, setting) throws(ScenarioError) in
      guard range.lowerBound > value.lowerBound || range.upperBound < value.upperBound else { return }
      let (low, high) = (range.lowerBound, range.upperBound)
      throw setting.failure(
        .impossibleValue, "[\(value.lowerBound), \(value.upperBound)] must lie in [\(low), \(high)]")
    }
  }
}

extension Rule where Value == [Double] {
  /// The rule that no weight is negative and at least one is above 0.
  static var weights: Rule {
    Rule("weights, none negative and one above 0") { weights in
      weights.allSatisfy { $0 >= 0 && $0 <= 1e6 } && weights.contains { $0 > 0 }
    }
  }
}

extension Rule where Value == String {
  /// The rule that a value is one of the defined names.
  static func known(_ noun: String, _ names: [String]) -> Rule {
    Rule { (name, setting) throws(ScenarioError) in
      guard !names.contains(name) else { return }
      throw setting.failure(.unknownName, Spelling.complaint(about: name, as: noun, known: names))
    }.saying([("enum", .array(names.map { .text($0) }))])
  }
}

extension Rule {
  /// The rule that every element of a list meets `rule`.
  static func each<Element>(_ rule: Rule<Element>) -> Rule where Value == [Element] {
    Rule { (values, setting) throws(ScenarioError) in
      for (value, element) in zip(values, try setting.elements()) { try rule.check(value, element) }
    }.saying([("items", .object(rule.schema))])
  }

  /// The rule that no two elements have the same name.
  static func unique<Element>(_ noun: String, _ name: @escaping (Element) -> String) -> Rule
  where Value == [Element] {
    Rule { (values, setting) throws(ScenarioError) in
      var seen: Set<String> = []
      for (value, element) in zip(values, try setting.elements()) where !seen.insert(name(value)).inserted {
        throw element.failure(.contradiction, "the \(noun) \"\(name(value))\" is given twice")
      }
    }.saying([("uniqueItems", true)])
  }

  /// The rule that every key of an object is a known name, and that every value meets `rule`.
  static func entries<Entry>(_ noun: String, _ names: [String], _ rule: Rule<Entry>) -> Rule
  where Value == [String: Entry] {
    Rule { (values, setting) throws(ScenarioError) in
      for member in try setting.members() {
        guard names.contains(member.key) else {
          let what = Spelling.complaint(about: member.key, as: noun, known: names)
          throw setting.failure(.unknownName, what, at: member.position)
        }
        if let value = values[member.key] { try rule.check(value, setting.child(member)) }
      }
    }
  }
}
