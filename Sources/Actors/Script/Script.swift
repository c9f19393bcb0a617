/// A multi-agent system as data: a list of statements, each named by the next letter, and the statement that answers.
///
/// ```
/// define p(x) [
///   a = agent step(x);
///   b = agent solve(a);
///   answer b
/// ];
/// a = ensemble 3 p(task) by majority;
/// b = reflect 1 check solve(a);
/// answer b
/// ```
/// docs/scripts.md teaches the language, node by node. Every script ends: a statement reads only the task or earlier
/// statements, a part uses only earlier parts, and every loop has a bound. A `Script` that is made in code may still
/// break the rules of a ``ScriptGrammar``; ``ScriptGrammar/validate(_:)`` tells.
public struct Script: Hashable, Sendable {
  /// The parts that the script itself defines, in order.
  package var parts: [Part]
  public var statements: [Statement]
  /// The index of the statement whose work is the answer.
  public var answer: Int

  public init(_ statements: [Statement], answer: Int) {
    self.init(parts: [], statements, answer: answer)
  }

  package init(parts: [Part], _ statements: [Statement], answer: Int) {
    self.parts = parts
    self.statements = statements
    self.answer = answer
  }

  /// A named part: statements with parameters in the place of the task, which can be used more than once.
  public struct Part: Hashable, Sendable {
    package var name: String
    /// How many parameters the part has; they are called `x` and `y`.
    package var parameters: Int
    package var statements: [Statement]
    /// The index of the statement whose work is the part's.
    package var answer: Int

    package init(_ name: String, parameters: Int = 1, _ statements: [Statement], answer: Int) {
      self.name = name
      self.parameters = parameters
      self.statements = statements
      self.answer = answer
    }
  }

  /// A node with the inputs that it reads.
  public struct Statement: Hashable, Sendable {
    public var node: Node
    /// What the node reads, at least one. The first is what it works on; it sees the others beside it.
    public var inputs: [Input]

    public init(_ node: Node, _ inputs: Input...) {
      self.init(node, reading: inputs)
    }

    package init(_ node: Node, reading inputs: [Input]) {
      self.node = node
      self.inputs = inputs
    }
  }

  /// Who does a piece of work: an executor in a role, or a part.
  public enum Performer: Hashable, Sendable {
    case role(String)
    case part(Part)
  }

  /// What a statement does.
  public enum Node: Hashable, Sendable {
    /// One executor works in a role.
    case agent(role: String)
    /// A part works on the inputs, which become its parameters.
    case use(Part)
    /// `count` copies work on the same inputs, and a decision makes one result of theirs.
    case ensemble(count: Int, of: Performer, by: Decision)
    /// `count` executors work on the same inputs for `rounds` rounds. From the second round on, each goes on from its own
    /// work and sees the others'. A decision makes one result of their last ones.
    case debate(count: Int, rounds: Int, role: String, by: Decision)
    /// A critic judges the work, and the refiner does it again unless the critic accepts it; at most `rounds` times.
    case reflect(rounds: Int, critic: String, refiner: String)
    /// The performer works, again and again, until the judge accepts the work; at most `times` times.
    case `repeat`(times: Int, Performer, until: Judge)
    /// One of the performers works: the one that the router names.
    case route(Router, [Performer])
    /// The splitter names up to `count` smaller tasks, the performer does them side by side, and the joiner makes one result.
    case split(count: Int, splitter: String, Performer, joiner: String)
    /// A tool runs on the work.
    case tool(name: String)
  }

  /// How one result is made of several.
  public enum Decision: Hashable, Sendable {
    /// The most frequent result wins; a tie goes to the earliest copy.
    case majority
    /// The most frequent result wins, where a copy counts as much as its executor's probability of its own words; a tie goes
    /// to the earliest copy.
    case weighted
    /// The result that passes the most visible tests wins; a tie goes to the earliest copy.
    case tests
    /// An executor in this role reads all results and makes the one.
    case agent(role: String)
  }

  /// Who says that a work is good enough.
  public enum Judge: Hashable, Sendable {
    case critic(role: String)
    /// A tool that gives a verdict.
    case tool(name: String)
  }

  /// Who chooses among performers.
  public enum Router: Hashable, Sendable {
    /// An executor says the name of one.
    case agent(role: String)
    /// The size of the work that is left: 1 takes the first, 2 the second, and so on; the last one takes all greater sizes.
    case size
  }

  /// What a statement reads.
  public enum Input: Hashable, Sendable {
    case task
    /// A parameter of the part that the statement belongs to, by its index.
    case parameter(Int)
    /// The work of an earlier statement, which is given by its index.
    case statement(Int)
  }

  /// The most statements that a script or a part can have: one for each letter from a to h.
  public static let maximumStatements = TroupeVocabulary.names.count
  /// The names of the parts that a script defines, in order.
  package static let partNames = ["p", "q", "r"]
  /// The names of a part's parameters, in order.
  package static let parameterNames = ["x", "y"]
  /// How many performers a `route` may have.
  package static let alternatives = 2...4
  /// The longest script text that is read, in UTF-8 bytes.
  package static let maximumBytes = 8192

  /// What begins and ends the wording of a role, and in the grammar stands for all of it.
  package static let quotation = "\""

  /// What a designer wants of the executors of a role that it worded itself, which is written in quotation marks; `nil` if the
  /// role is a word of the scenario.
  package static func wording(ofRole role: String) -> String? {
    role.count > 2 && role.hasPrefix("\"") && role.hasSuffix("\"") ? String(role.dropFirst().dropLast()) : nil
  }

  /// The role that a designer words so.
  package static func role(wording: String) -> String { "\"\(wording)\"" }

  /// The letter that statement `index` is named by. Past the last letter it is a word that no parser accepts.
  package static func name(of index: Int) -> String {
    TroupeVocabulary.names.indices.contains(index) ? TroupeVocabulary.names[index] : "statement\(index)"
  }
}

extension Script.Performer: ExpressibleByStringLiteral {
  public init(stringLiteral role: String) { self = .role(role) }

  /// The role, or the part's name.
  package var name: String {
    switch self {
    case .role(let role): role
    case .part(let part): part.name
    }
  }
}

extension Script {
  /// The kinds of nodes, by the word that begins a node of this kind.
  package enum Kind: String, Hashable, Sendable, CaseIterable {
    case agent, ensemble, reflect, tool, use, debate, `repeat`, route, split
  }
}

extension Script.Node {
  package var kind: Script.Kind {
    switch self {
    case .agent: .agent
    case .use: .use
    case .ensemble: .ensemble
    case .debate: .debate
    case .reflect: .reflect
    case .repeat: .repeat
    case .route: .route
    case .split: .split
    case .tool: .tool
    }
  }
}

extension Script.Kind {
  /// How many copies, agents, repetitions or subtasks a node of this kind may have.
  package var counts: ClosedRange<Int> {
    switch self {
    case .ensemble: 2...8
    case .debate: 2...4
    case .repeat: 2...8
    case .split: 2...4
    case .agent, .use, .reflect, .route, .tool: 1...1
    }
  }

  /// How many rounds a node of this kind may have.
  package var rounds: ClosedRange<Int> {
    switch self {
    case .debate: 2...3
    case .reflect: 1...3
    case .agent, .use, .ensemble, .repeat, .route, .split, .tool: 1...1
    }
  }
}
