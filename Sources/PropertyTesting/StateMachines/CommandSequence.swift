/// Commands that run one after another, and then branches that run at the same time.
package struct CommandSequence<Command: Sendable>: Sendable {
  /// The commands that run first, one after another.
  package var prefix: [Command]
  /// The commands of each task that runs afterwards, at the same time as the others.
  package var branches: [[Command]]

  /// Makes a sequence.
  /// - Parameters:
  ///   - prefix: The commands that run first, one after another.
  ///   - branches: The commands of each task that runs afterwards.
  package init(prefix: [Command] = [], branches: [[Command]] = []) {
    (self.prefix, self.branches) = (prefix, branches)
  }

  /// The number of commands.
  package var count: Int { branches.reduce(prefix.count) { $0 + $1.count } }
}

extension CommandSequence: CustomStringConvertible {
  /// The commands of the prefix, and below them a line for each branch that has some.
  package var description: String {
    let first = prefix.isEmpty ? [] : ["first: \(Self.text(prefix))"]
    let rest = branches.enumerated().filter { !$0.element.isEmpty }.map { branch in
      "task \(branch.offset + 1): \(Self.text(branch.element))"
    }
    return (first + rest).joined(separator: "\n")
  }

  private static func text(_ commands: [Command]) -> String {
    commands.map { "\($0)" }.joined(separator: ", ")
  }
}

/// How long the sequences of a state machine may be.
public struct CommandLimits: Sendable, Hashable {
  /// The most commands that run before the branches.
  package var prefix: Int
  /// The number of branches.
  package var branches: Int
  /// The most commands of each branch. All orders of the branches' commands are looked at when they are generated, so that
  /// preconditions hold in each.
  package var branchLength: Int

  /// Makes limits.
  /// - Parameters:
  ///   - prefix: The most commands that run before the branches.
  ///   - branches: The number of branches.
  ///   - branchLength: The most commands of each branch.
  public init(prefix: Int = 5, branches: Int = 2, branchLength: Int = 3) {
    precondition(prefix >= 0 && branches >= 0 && branchLength >= 0, "a limit below 0")
    (self.prefix, self.branches, self.branchLength) = (prefix, branches, branchLength)
  }
}
