/// What is wrong with a script, and where.
public struct ScriptError: Error, Hashable, Sendable, CustomStringConvertible {
  public enum Kind: Hashable, Sendable {
    /// The grammar expects something else here.
    case unexpected(found: String, expected: [String], suggestion: String?)
    /// The i-th statement must bind the i-th letter.
    case misnamed(found: String, expected: String)
    /// No statement binds this name.
    case undefinedName(String, defined: [String])
    /// A statement reads itself.
    case selfReference(String)
    /// A statement reads a later one.
    case forwardReference(String)
    case unknownRole(String, known: [String], suggestion: String?)
    case unknownCritic(String, known: [String], suggestion: String?)
    case unknownTool(String, known: [String], suggestion: String?)
    /// Neither a role nor a part that can be used here.
    case unknownPart(String, known: [String], suggestion: String?)
    /// A part uses itself.
    case recursivePart(String)
    /// The part takes another number of inputs than the other performers of the statement, or than the node gives it.
    case parameterCount(String)
    /// A role is worded where none may be, in too many characters, or in others than printable ASCII.
    case wording(String, maximum: Int)
    /// A `route` names one performer twice.
    case sameAlternative(String)
    /// The number of copies or rounds is outside its range.
    case countOutOfRange(String, of: String, allowed: ClosedRange<Int>)
    /// With this statement, the worst case exceeds the call budget.
    case budgetExceeded(calls: Int, maximum: Int)
    case tooManyStatements(maximum: Int)
    case tooLong(bytes: Int, maximum: Int)
  }
  public var kind: Kind
  package var position: SourcePosition

  package init(_ kind: Kind, at position: SourcePosition) {
    self.kind = kind
    self.position = position
  }

  /// `line:column: what is wrong`.
  public var description: String { "\(position): \(kind)" }
}

extension ScriptError.Kind: CustomStringConvertible {
  public var description: String {
    switch self {
    case .unexpected(let found, let expected, let suggestion):
      "expected \(list(expected)), found \(found)" + didYouMean(suggestion)
    case .misnamed(let found, let expected):
      "this statement must be named `\(expected)`, not \(found): statements bind a, b, c ... in order"
    case .undefinedName(let name, let defined):
      "`\(name)` is not defined; defined here: \(list(["task"] + defined))"
    case .selfReference(let name): "`\(name)` reads itself; a script cannot recurse"
    case .forwardReference(let name): "`\(name)` is read before it is defined"
    case .unknownRole(let name, let known, let suggestion):
      "unknown role `\(name)`; known: \(list(known))" + didYouMean(suggestion)
    case .unknownCritic(let name, let known, let suggestion):
      "unknown critic `\(name)`; known: \(list(known))" + didYouMean(suggestion)
    case .unknownTool(let name, let known, let suggestion):
      "unknown tool `\(name)`; known: \(list(known))" + didYouMean(suggestion)
    case .unknownPart(let name, let known, let suggestion):
      "unknown role or part `\(name)`; known: \(list(known))" + didYouMean(suggestion)
    case .recursivePart(let name): "`\(name)` uses itself; a part cannot recurse"
    case .wording(let text, let maximum):
      "\(text) is no wording of a role: it has 1 to \(maximum) characters, which are printable ASCII"
    case .parameterCount(let name): "`\(name)` takes another number of inputs than it gets here"
    case .sameAlternative(let name): "`\(name)` is named already; the performers of a route differ"
    case .countOutOfRange(let found, let what, let allowed):
      "\(what) takes \(allowed.lowerBound) to \(allowed.upperBound), not \(found)"
    case .budgetExceeded(let calls, let maximum):
      "up to here the script may make \(calls) calls; the budget is \(maximum)"
    case .tooManyStatements(let maximum): "a script has at most \(maximum) statements"
    case .tooLong(let bytes, let maximum): "the script has \(bytes) bytes; at most \(maximum) are read"
    }
  }

  private func list(_ words: [String]) -> String {
    words.isEmpty ? "none" : words.map { "`\($0)`" }.joined(separator: ", ")
  }

  private func didYouMean(_ suggestion: String?) -> String {
    suggestion.map { "; did you mean `\($0)`?" } ?? ""
  }
}
