/// A multi-agent system as data: a list of statements, each named by the next letter, and the statement that answers.
///
/// ```
/// a = agent step(task);
/// b = ensemble 5 solve(a) by majority;
/// answer b
/// ```
/// Every script ends: a statement reads only the task or an earlier statement, so there is no recursion, and the only
/// loop (`reflect`) has a bound. A `Script` that is made in code may still break the rules of a ``ScriptGrammar``;
/// ``ScriptGrammar/validate(_:)`` tells.
public struct Script: Hashable, Sendable {
  public var statements: [Statement]
  /// The index of the statement whose work is the answer.
  public var answer: Int

  public init(_ statements: [Statement], answer: Int) {
    self.statements = statements
    self.answer = answer
  }

  /// A node with the input that it reads.
  public struct Statement: Hashable, Sendable {
    public var node: Node
    public var input: Input

    public init(_ node: Node, _ input: Input) {
      self.node = node
      self.input = input
    }
  }

  /// What a statement does.
  public enum Node: Hashable, Sendable {
    /// One executor works in a role.
    case agent(role: String)
    /// `count` executors work in one role on the same input, and a vote keeps one result.
    case ensemble(count: Int, role: String, vote: Vote)
    /// A critic judges the work, and the refiner does it again unless the critic accepts it; at most `rounds` times.
    case reflect(rounds: Int, critic: String, refiner: String)
    /// A tool runs on the work.
    case tool(name: String)
  }

  /// How an ensemble chooses among its results.
  public enum Vote: String, Hashable, Sendable, CaseIterable {
    /// The most frequent result wins; a tie goes to the earliest copy.
    case majority
    /// The result that passes the most visible tests wins; a tie goes to the earliest copy.
    case tests
  }

  /// What a statement reads.
  public enum Input: Hashable, Sendable {
    case task
    /// The work of an earlier statement, which is given by its index.
    case statement(Int)
  }

  /// The most statements that a script can have: one for each letter from a to h.
  public static let maximumStatements = TroupeVocabulary.names.count
  /// How many executors an ensemble may have.
  package static let ensembleCounts = 2...8
  /// How many rounds a reflection may have.
  package static let reflectRounds = 1...3
  /// The longest script text that is read, in UTF-8 bytes.
  package static let maximumBytes = 8192

  /// The letter that statement `index` is named by. Past the last letter it is a word that no parser accepts.
  package static func name(of index: Int) -> String {
    TroupeVocabulary.names.indices.contains(index) ? TroupeVocabulary.names[index] : "statement\(index)"
  }
}
