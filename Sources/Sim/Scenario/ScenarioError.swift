import Actors

/// Why a scenario was refused: one line that says what is wrong and where.
///
/// `description` reads `file:line:column: path: what`; file-level errors omit the parts they do not have.
public struct ScenarioError: Error, Sendable, Hashable, CustomStringConvertible {
  public enum Kind: Sendable, Hashable {
    /// The file cannot be read, is too large, or is not UTF-8.
    case unreadable
    /// The text is not JSON5.
    case syntax
    case unknownKey
    case missingKey
    case wrongType
    /// A value out of its range.
    case impossibleValue
    /// A family, role, tool, template or agent that nobody defines.
    case unknownName
    /// Two settings that cannot both hold.
    case contradiction
  }

  public var kind: Kind
  public var file: String
  public var position: SourcePosition?
  /// The setting, such as `tasks.families[1].name`; empty at the top.
  public var path: String
  public var what: String

  public var description: String {
    var text = file + ":"
    if let position { text += "\(position.line):\(position.column):" }
    if !path.isEmpty { text += " \(path):" }
    return text + " " + what
  }
}
