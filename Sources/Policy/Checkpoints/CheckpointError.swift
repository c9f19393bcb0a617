/// Why a checkpoint cannot be read or written: which file it is, and what is wrong with it.
public struct CheckpointError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The sort of fault, for code that handles some of them.
  public enum Kind: Hashable, Sendable {
    case unreadable, unwritable, truncated, header, tensor, notFinite, configuration, vocabulary, template
  }
  public var kind: Kind
  /// The path of the file, as it was given.
  package var file: String
  /// What is wrong, in words that continue "the file ...".
  package var what: String

  package init(_ kind: Kind, _ file: String, _ what: String) {
    self.kind = kind
    self.file = file
    self.what = what
  }

  public var description: String { "\(file): \(what)" }
}
