/// A value that a chat template computes with: what JSON can say, with the members of objects in their order.
///
/// ```swift
/// let tool: TemplateValue = ["name": "weather", "parameters": ["type": "object", "properties": [:]]]
/// ```
///
/// ``init(json:)`` reads any value, of tools above all; literals write those of variables.
///
/// Texts are compared scalar by scalar, as Python compares them, and not by canonical equivalence.
public struct TemplateValue: Sendable {
  enum Storage: Sendable {
    case none
    case bool(Bool)
    case integer(Int)
    case number(Double)
    case text(String)
    case list([TemplateValue], isTuple: Bool)
    case object([Member])
    /// What a name stands for that nothing was set to, with the words that say what is missing.
    case undefined(String)
    /// The index of a namespace of the rendering. Namespaces stand in no list, so there are no circles.
    case namespace(Int)
    /// A function that is named and not called.
    case function(TemplateFunction)
  }

  /// A name and a value of an object.
  struct Member: Sendable {
    var name: String
    var value: TemplateValue
  }

  let storage: Storage
  /// How many lists and objects stand in each other; 0 if the value is neither.
  let depth: Int

  init(_ storage: Storage) {
    self.storage = storage
    depth =
      switch storage {
      case .list(let elements, _): 1 + elements.reduce(0) { max($0, $1.depth) }
      case .object(let members): 1 + members.reduce(0) { max($0, $1.value.depth) }
      default: 0
      }
  }

  /// A list. Cost: linear in `elements`.
  package static func list(_ elements: [TemplateValue]) -> TemplateValue {
    TemplateValue(.list(elements, isTuple: false))
  }

  /// An object. If a name is given twice, its first place and its last value count, as in Python.
  package static func object(_ members: [(String, TemplateValue)]) -> TemplateValue {
    var result: [Member] = []
    var places: [[UInt8]: Int] = [:]
    for (name, value) in members {
      if let place = places[Array(name.utf8)] {
        result[place].value = value
      } else {
        places[Array(name.utf8)] = result.count
        result.append(Member(name: name, value: value))
      }
    }
    return TemplateValue(.object(result))
  }

  static let none = TemplateValue(.none)

  static func bool(_ value: Bool) -> TemplateValue { TemplateValue(.bool(value)) }

  static func integer(_ value: Int) -> TemplateValue { TemplateValue(.integer(value)) }

  static func text(_ value: String) -> TemplateValue { TemplateValue(.text(value)) }

  static func undefined(_ what: String) -> TemplateValue { TemplateValue(.undefined(what)) }

  var isUndefined: Bool {
    if case .undefined = storage { true } else { false }
  }

  /// What a condition makes of the value, as in Python: nothing, zero and what is empty are false.
  var isTrue: Bool {
    switch storage {
    case .none, .undefined: false
    case .bool(let value): value
    case .integer(let value): value != 0
    case .number(let value): value != 0
    case .text(let value): !value.isEmpty
    case .list(let elements, _): !elements.isEmpty
    case .object(let members): !members.isEmpty
    case .namespace, .function: true
    }
  }

  /// The whole number that the value counts as: `true` and `false` are 1 and 0.
  var asInteger: Int? {
    switch storage {
    case .bool(let value): value ? 1 : 0
    case .integer(let value): value
    default: nil
    }
  }

  var asNumber: Double? {
    if case .number(let value) = storage { value } else { asInteger.map(Double.init) }
  }

  var asText: String? {
    if case .text(let value) = storage { value } else { nil }
  }

  /// The value unless it is `none`, which as an argument means the same as no argument.
  var orNil: TemplateValue? {
    if case .none = storage { nil } else { self }
  }

  /// The text that the value is written as, as by Python's `str`; `nil` for what is only written by `tojson`.
  var written: String? {
    switch storage {
    case .none: "None"
    case .bool(let value): value ? "True" : "False"
    case .integer(let value): "\(value)"
    case .number(let value): TemplateNumber.text(value)
    case .text(let value): value
    case .undefined: ""
    case .list, .object, .namespace, .function: nil
    }
  }

  /// What the value is, for messages.
  var sort: String {
    switch storage {
    case .none: "none"
    case .bool: "a boolean"
    case .integer: "a whole number"
    case .number: "a number"
    case .text: "a text"
    case .list(_, let isTuple): isTuple ? "a tuple" : "a list"
    case .object: "an object"
    case .undefined(let what): what
    case .namespace: "a namespace"
    case .function(let function): "the function \(function.rawValue)"
    }
  }
}

extension TemplateValue: ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral, ExpressibleByStringLiteral,
  ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
  public init(booleanLiteral value: Bool) { self.init(.bool(value)) }
  public init(integerLiteral value: Int) { self.init(.integer(value)) }
  public init(stringLiteral value: String) { self.init(.text(value)) }
  public init(arrayLiteral elements: TemplateValue...) { self = .list(elements) }
  public init(dictionaryLiteral elements: (String, TemplateValue)...) { self = .object(elements) }
}
