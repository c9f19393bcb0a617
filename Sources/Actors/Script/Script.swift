/// A multi-agent system as data: statements in order, each bound to the next letter, and the one that answers.
///
/// ```
/// a = agent step(task);
/// b = ensemble 5 solve(a) by majority;
/// answer b
/// ```
/// Total by construction: a statement reads the task or an earlier statement, so there is no recursion, and loops
/// (`reflect`) carry their bound. A `Script` made in code may still break the rules of a ``ScriptGrammar``;
/// ``ScriptGrammar/validate(_:)`` says whether it does.
public struct Script: Hashable, Sendable {
  public var statements: [Statement]
  /// The index of the statement whose work is the answer.
  public var answer: Int

  public init(_ statements: [Statement], answer: Int) {
    self.statements = statements
    self.answer = answer
  }

  public struct Statement: Hashable, Sendable {
    public var node: Node
    public var input: Input

    public init(_ node: Node, _ input: Input) {
      self.node = node
      self.input = input
    }
  }

  public enum Node: Hashable, Sendable {
    /// One executor in a role.
    case agent(role: String)
    /// `count` executors in one role, on the same input; a vote keeps one result.
    case ensemble(count: Int, role: String, vote: Vote)
    /// Up to `rounds` times: the critic reads; unless it is content, the refiner redoes the work.
    case reflect(rounds: Int, critic: String, refiner: String)
    case tool(name: String)
  }

  public enum Vote: String, Hashable, Sendable, CaseIterable {
    /// The most frequent result; ties go to the earliest.
    case majority
    /// The result that passes the most visible tests; ties go to the earliest.
    case tests
  }

  public enum Input: Hashable, Sendable {
    case task
    /// The work of an earlier statement, by index.
    case statement(Int)
  }

  /// The most statements a script can have: there is a letter for each.
  public static let maximumStatements = TroupeVocabulary.names.count
  /// How many executors an ensemble may have.
  public static let ensembleCounts = 2...8
  /// How many rounds a reflection may have.
  public static let reflectRounds = 1...3
  /// The longest script text that is read, in UTF-8 bytes.
  public static let maximumBytes = 8192

  /// The letter bound by statement `index`; a made-up name past the last letter, which no parser accepts.
  public static func name(of index: Int) -> String {
    TroupeVocabulary.names.indices.contains(index) ? TroupeVocabulary.names[index] : "statement\(index)"
  }
}
