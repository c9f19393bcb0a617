/// Identifies a call within the run of a script, by its statement and its place in that statement.
public struct CallID: Hashable, Sendable, Codable, Comparable {
  /// The index of the statement, from 0.
  package var statement: Int
  /// The number of the call among all that the statement can make, whatever the run. In an ensemble of a role, the number of
  /// the copy. In a reflection, twice the round, plus one for the refiner. Where one call is all, 0.
  package var index: Int

  public init(statement: Int, index: Int) {
    self.statement = statement
    self.index = index
  }

  public static func < (a: CallID, b: CallID) -> Bool {
    (a.statement, a.index) < (b.statement, b.index)
  }
}

extension CallID: CustomStringConvertible {
  /// The statement's letter and the index: `c.3` is the fourth call of the third statement.
  public var description: String { "\(Script.name(of: statement)).\(index)" }
}
