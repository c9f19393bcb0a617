/// An expression of a template, as it was read.
struct TemplateExpression: Sendable {
  indirect enum Kind: Sendable {
    case constant(TemplateValue)
    case name(String)
    case loop(LoopAttribute)
    case list([TemplateExpression], isTuple: Bool)
    case object([(name: TemplateExpression, value: TemplateExpression)])
    case attribute(TemplateExpression, String)
    case item(TemplateExpression, TemplateExpression)
    case slice(
      TemplateExpression, start: TemplateExpression?, stop: TemplateExpression?, step: TemplateExpression?)
    case not(TemplateExpression)
    case negative(TemplateExpression)
    case positive(TemplateExpression)
    case arithmetic(Arithmetic, TemplateExpression, TemplateExpression)
    /// Operands of `~`.
    case concatenation([TemplateExpression])
    case comparison(TemplateExpression, [(Comparison, TemplateExpression)])
    case both(TemplateExpression, TemplateExpression)
    case either(TemplateExpression, TemplateExpression)
    case conditional(TemplateExpression, condition: TemplateExpression, otherwise: TemplateExpression?)
    case filter(TemplateFilter, TemplateExpression, [TemplateExpression?])
    case test(TemplateTest, TemplateExpression, TemplateExpression?)
    case method(TemplateMethod, TemplateExpression, [TemplateExpression?])
    case function(TemplateFunction, [TemplateExpression?])
    case namespace([(name: String, value: TemplateExpression)])
    case selection(Selection)
    case projection(TemplateExpression, attribute: String)
  }

  /// The operators of numbers; `+` joins texts and lists, too.
  enum Arithmetic: String, Sendable {
    case plus = "+"
    case minus = "-"
    case times = "*"
    case over = "/"
    case floor = "//"
    case remainder = "%"
  }

  enum Comparison: String, Sendable {
    case equal = "=="
    case unequal = "!="
    case less = "<"
    case lessOrEqual = "<="
    case greater = ">"
    case greaterOrEqual = ">="
    case isIn = "in"
    case isNotIn = "not in"
  }

  /// What a loop says of itself.
  enum LoopAttribute: String, Sendable {
    case index, index0, revindex, revindex0, first, last, length, previtem, nextitem
  }

  /// The elements of a list that pass a test, or those that do not.
  struct Selection: Sendable {
    var list: TemplateExpression
    /// What of the element is tested; the element itself if `nil`.
    var attribute: String?
    /// Truth if `nil`.
    var test: TemplateTest?
    var argument: TemplateExpression?
    var keeps: Bool
  }

  /// What Python makes of an expression that gives a sequence without a length or without indices.
  enum Laziness: Sendable {
    /// A value that can be used anywhere.
    case none
    /// It has a length, and no indices.
    case view
    /// It can be gone through once.
    case generator
  }

  let kind: Kind
  let position: TemplatePosition
  /// How many expressions stand in each other.
  let depth: Int
  let laziness: Laziness
}

/// A statement of a template, as it was read.
indirect enum TemplateStatement: Sendable {
  case text(String)
  case output(TemplateExpression)
  case conditional(
    [(condition: TemplateExpression, body: [TemplateStatement])], otherwise: [TemplateStatement])
  case loop(Loop)
  case set(String, TemplateExpression)
  case setAttribute(namespace: String, attribute: String, TemplateExpression)
  /// Sets a name to the text that the body renders.
  case capture(String, [TemplateStatement], TemplatePosition)
  /// A body whose names end with it.
  case scope([TemplateStatement])
  case leaveLoop
  case continueLoop

  struct Loop: Sendable {
    /// One name, or the names of the parts of each element.
    var targets: [String]
    var isUnpacked: Bool
    var list: TemplateExpression
    var condition: TemplateExpression?
    var body: [TemplateStatement]
    var otherwise: [TemplateStatement]
  }
}
