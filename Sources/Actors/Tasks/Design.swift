/// A template of a script: some steps, then a finish. Which tools go with a step is the family's affair.
public struct Design: Hashable, Sendable, Codable {
  public enum Finish: Hashable, Sendable, Codable {
    /// One executor solves.
    case solve
    /// The most frequent of several answers.
    case majority(Int)
    /// The answer of several that passes the most visible tests.
    case tests(Int)
    /// One solves; then up to so many rounds of check and solve again.
    case reflect(rounds: Int)
  }
  public var steps: Int
  /// How many executors vote on each step; 1 is a single agent.
  public var stepCopies: Int
  public var finish: Finish

  public init(steps: Int, stepCopies: Int = 1, finish: Finish) {
    self.steps = steps
    self.stepCopies = stepCopies
    self.finish = finish
  }

  /// The script of the template; it may break a grammar's limits.
  public func script(for family: any TaskFamily) -> Script {
    var statements: [Script.Statement] = []
    func add(_ node: Script.Node) {
      statements.append(.init(node, statements.isEmpty ? .task : .statement(statements.count - 1)))
    }
    for _ in 0..<max(0, steps) {
      add(
        stepCopies > 1
          ? .ensemble(count: stepCopies, role: "step", vote: .majority) : .agent(role: "step"))
      for tool in family.stepTools { add(.tool(name: tool)) }
    }
    switch finish {
    case .solve: add(.agent(role: "solve"))
    case .majority(let count): add(.ensemble(count: count, role: "solve", vote: .majority))
    case .tests(let count): add(.ensemble(count: count, role: "solve", vote: .tests))
    case .reflect(let rounds):
      add(.agent(role: "solve"))
      add(.reflect(rounds: rounds, critic: "check", refiner: "solve"))
    }
    return Script(statements, answer: statements.count - 1)
  }
}

/// Templates with weights: what a designer is shown in the cold start, or a scripted designer draws from.
public struct DesignMixture: Hashable, Sendable, Codable {
  public struct Part: Hashable, Sendable, Codable {
    public var design: Design
    public var weight: Double

    public init(_ design: Design, weight: Double) {
      self.design = design
      self.weight = weight
    }
  }
  public var parts: [Part]

  public init(_ parts: [Part]) { self.parts = parts }

  /// Chains of 0, 1, 2 ... steps that end with one `solve`, by weight, and ensembles of 3 and 5 after 0 to 2
  /// steps, which share the weight `ensembles`.
  ///
  /// A greedy designer follows its first decision. So that it does not chain steps from the start, the first weight
  /// has to be more than half.
  public static func standard(
    chains: [Double] = [0.55, 0.08, 0.09, 0.12, 0.13], ensembles: Double = 0.03
  ) -> DesignMixture {
    let plain = chains.enumerated().map { Part(Design(steps: $0.offset, finish: .solve), weight: $0.element) }
    let finishes = [3, 5].flatMap { [Design.Finish.majority($0), .tests($0)] }
    let votes = (0...2).flatMap { steps in
      finishes.map { Part(Design(steps: steps, finish: $0), weight: ensembles / Double(3 * finishes.count)) }
    }
    return DesignMixture(plain + votes)
  }

  /// The designs that `grammar` allows for `family`. Votes by tests are left out where there are none.
  public func distribution(
    for family: any TaskFamily, grammar: ScriptGrammar
  ) throws(TaskError) -> DesignDistribution {
    let scripts = parts.compactMap { part -> DesignDistribution.Choice? in
      if case .tests = part.design.finish, !family.hasTests { return nil }
      let script = part.design.script(for: family)
      guard part.weight > 0, (try? grammar.validate(script)) != nil else { return nil }
      return DesignDistribution.Choice(script: script, weight: part.weight)
    }
    guard !scripts.isEmpty else {
      throw .parameters(family: family.name, "no design of the mixture fits the grammar")
    }
    return DesignDistribution(scripts)
  }
}

/// Scripts with weights, to draw from; never empty.
public struct DesignDistribution: Sendable {
  public struct Choice: Hashable, Sendable {
    public var script: Script
    public var weight: Double

    public init(script: Script, weight: Double) {
      self.script = script
      self.weight = weight
    }
  }
  public let choices: [Choice]

  public init(_ choices: [Choice]) {
    precondition(!choices.isEmpty, "nothing to draw from")
    self.choices = choices
  }

  /// A script, by weight. O(choices).
  public func draw(using generator: inout some RandomNumberGenerator) -> Script {
    var rest = Double.random(in: 0..<choices.reduce(0) { $0 + $1.weight }, using: &generator)
    for choice in choices {
      rest -= choice.weight
      if rest < 0 { return choice.script }
    }
    return choices[choices.count - 1].script
  }
}
