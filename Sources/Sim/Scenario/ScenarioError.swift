import Actors

/// Why a scenario was refused: a line that says what is wrong and where, and the other errors that the file has.
///
/// `description` reads `file:line:column: path: what`. An error of the whole file omits the parts that it does not
/// have.
public struct ScenarioError: Error, Sendable, Hashable, CustomStringConvertible {
  public enum Kind: Sendable, Hashable {
    /// The file cannot be read, is too large, or is not UTF-8.
    case unreadable
    /// The text is not JSON5.
    case syntax
    case unknownKey
    case missingKey
    case wrongType
    /// A value is out of its range.
    case impossibleValue
    /// A family, role, tool, template or agent has a name that nobody defines.
    case unknownName
    /// Two settings contradict each other.
    case contradiction
    /// A part that the program registered, and that the scenario names, threw or gave back what cannot be right.
    case registeredPart
  }

  public var kind: Kind
  package var file: String
  package var position: SourcePosition?
  /// The path of the setting, such as `tasks.families[1].name`; empty at the top.
  public var path: String
  package var what: String
  /// Errors of the same file that were found after this one.
  package var others: [ScenarioError] = []

  package init(kind: Kind, file: String, position: SourcePosition?, path: String, what: String) {
    (self.kind, self.file, self.position, self.path, self.what) = (kind, file, position, path, what)
  }

  /// Makes one error of several; `nil` if there are none.
  init?(joining errors: [ScenarioError]) {
    guard let first = errors.first else { return nil }
    self = first
    others += errors.dropFirst().flatMap(\.all)
  }

  /// This error without the others, and then these.
  package var all: [ScenarioError] {
    var first = self
    first.others = []
    return [first] + others
  }

  /// The first error.
  public var description: String {
    var text = file + ":"
    if let position { text += "\(position.line):\(position.column):" }
    if !path.isEmpty { text += " \(path):" }
    return text + " " + what
  }
}

extension ScenarioError {
  /// An error about a name that an option of the command line gives, and no file.
  init(option: String, _ what: String) {
    self.init(kind: .registeredPart, file: option, position: nil, path: "", what: what)
  }
}

extension ScenarioError {
  /// The page, and the place in it, that explains the setting; `nil` for an error that no page explains.
  package var page: String? {
    switch kind {
    case .unreadable, .registeredPart: return nil
    case .syntax, .unknownKey, .missingKey, .wrongType, .impossibleValue, .unknownName, .contradiction: break
    }
    if file.lowercased().hasSuffix(".csv") { return "docs/data.md#a-file-of-problems" }
    if file.hasSuffix(".jsonl") { return "docs/families.md#questions-of-your-own" }
    return "docs/scenario-keys.md" + (Scenario.section(explaining: path).map { "#\($0)" } ?? "")
  }
}
