/// Which call of a script's run: the statement, and the place in it.
public struct CallID: Hashable, Sendable, Codable, Comparable {
  public var statement: Int
  /// The copy in an ensemble; in a reflection twice the round, plus one for the refiner; else 0.
  public var index: Int

  public init(statement: Int, index: Int) {
    self.statement = statement
    self.index = index
  }

  public static func < (a: CallID, b: CallID) -> Bool {
    (a.statement, a.index) < (b.statement, b.index)
  }
}

extension CallID: CustomStringConvertible {
  /// `c.3`: the fourth call of the third statement.
  public var description: String { "\(Script.name(of: statement)).\(index)" }
}
