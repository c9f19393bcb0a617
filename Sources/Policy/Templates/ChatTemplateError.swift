/// Why a chat template could not be read or rendered, and where in its text.
public struct ChatTemplateError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The sort of fault.
  public enum Kind: Hashable, Sendable {
    /// The text is not well formed. Reading finds it.
    case syntax(String)
    /// The template names a tag, a filter, a test, a function, a method or an operator that is not part of the
    /// subset. Reading finds it.
    case unsupported(String)
    /// The template called `raise_exception` with this message.
    case raised(String)
    /// The template used something that is not defined where a value is needed.
    case undefined(String)
    /// An operation does not fit its operands.
    case operand(String)
    /// A bound was reached.
    case limit(Limit)
    /// The conversation or the variables cannot be given to a template.
    case input(String)
  }

  /// What is bounded.
  public enum Limit: String, Hashable, Sendable {
    /// The bytes of the template.
    case templateSize = "the template has too many bytes"
    /// How deep blocks, or expressions, stand in each other.
    case nesting = "the template is nested too deeply"
    /// The bytes of the rendered text.
    case outputSize = "the rendered text has too many bytes"
    /// The work of rendering: one step for each expression, and one for each byte that an operation reads or makes.
    case steps = "rendering takes too many steps"
    /// How deep lists and objects stand in each other.
    case valueDepth = "a value is nested too deeply"
    /// The range of whole numbers.
    case number = "a number is out of range"
  }

  public var kind: Kind
  /// The line of the template, from 1; 0 if the fault is in no place of the template.
  public var line: Int
  /// The column, counted in Unicode scalars from 1; 0 if the fault is in no place of the template.
  public var column: Int

  init(_ kind: Kind, _ position: TemplatePosition = .nowhere) {
    (self.kind, line, column) = (kind, position.line, position.column)
  }

  public var description: String {
    let what =
      switch kind {
      case .syntax(let what), .undefined(let what), .operand(let what), .input(let what): what
      case .unsupported(let what): "\(what) is not supported"
      case .raised(let message): "the template says: \(message)"
      case .limit(let limit): limit.rawValue
      }
    return line == 0 ? "chat template: \(what)" : "chat template, line \(line), column \(column): \(what)"
  }
}

/// A place in the text of a template.
struct TemplatePosition: Hashable, Sendable {
  var line: Int
  var column: Int

  static let nowhere = TemplatePosition(line: 0, column: 0)
}
