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

  /// Chains of 0 to 4 steps with every finish. A chain of s steps weighs `chainDecay` to the power s, an ensemble
  /// `ensembles` of that, shared by its sizes and votes, and a reflection `reflections`, shared by its rounds.
  public static func standard(
    steps: ClosedRange<Int> = 0...4, chainDecay: Double = 1, ensembles: Double = 0.5,
    reflections: Double = 0.25
  ) -> DesignMixture {
    var parts: [Part] = []
    for count in steps {
      var weight = 1.0
      for _ in 0..<count { weight *= chainDecay }
      parts.append(Part(Design(steps: count, finish: .solve), weight: weight))
      let sizes = [3, 5, 7]
      for size in sizes {
        for finish in [Design.Finish.majority(size), .tests(size)] {
          let share = weight * ensembles / Double(2 * sizes.count)
          parts.append(Part(Design(steps: count, finish: finish), weight: share))
        }
      }
      for rounds in 1...2 {
        parts.append(
          Part(Design(steps: count, finish: .reflect(rounds: rounds)), weight: weight * reflections / 2))
      }
    }
    return DesignMixture(parts)
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
