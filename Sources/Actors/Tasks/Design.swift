/// A template of a script: some steps, and a way to finish. The family decides which tools follow a step.
package struct Design: Hashable, Sendable, Codable {
  /// How a script arrives at its answer.
  package enum Finish: Hashable, Sendable, Codable {
    /// One executor solves the task.
    case solve
    /// This many executors solve the task, and the most frequent answer wins.
    case majority(Int)
    /// This many executors solve the task, and the answer that passes the most visible tests wins.
    case tests(Int)
    /// One executor solves the task; then check and solve are repeated for up to `rounds` rounds.
    case reflect(rounds: Int)
  }
  /// How many steps come before the finish.
  package var steps: Int
  /// How many executors vote on each step; 1 means a single agent.
  package var stepCopies: Int
  package var finish: Finish

  package init(steps: Int, stepCopies: Int = 1, finish: Finish) {
    self.steps = steps
    self.stepCopies = stepCopies
    self.finish = finish
  }

  /// The script that the template stands for. It may exceed the limits of a grammar.
  /// - Complexity: O(steps).
  package func script(for family: any TaskFamily) -> Script {
    var statements: [Script.Statement] = []
    func add(_ node: Script.Node) {
      statements.append(.init(node, statements.isEmpty ? .task : .statement(statements.count - 1)))
    }
    for _ in 0..<max(0, steps) {
      add(
        stepCopies > 1
          ? .ensemble(count: stepCopies, of: "step", by: .majority) : .agent(role: "step"))
      for tool in family.stepTools { add(.tool(name: tool)) }
    }
    switch finish {
    case .solve: add(.agent(role: "solve"))
    case .majority(let count): add(.ensemble(count: count, of: "solve", by: .majority))
    case .tests(let count): add(.ensemble(count: count, of: "solve", by: .tests))
    case .reflect(let rounds):
      add(.agent(role: "solve"))
      add(.reflect(rounds: rounds, critic: "check", refiner: "solve"))
    }
    return Script(statements, answer: statements.count - 1)
  }
}

/// Templates with weights. The cold start shows them to designers, and scripted designers draw from them.
package struct DesignMixture: Hashable, Sendable, Codable {
  package struct Part: Hashable, Sendable, Codable {
    package var design: Design
    /// How often the template is drawn, relative to the others; templates of weight 0 are left out.
    package var weight: Double

    package init(_ design: Design, weight: Double) {
      self.design = design
      self.weight = weight
    }
  }
  package var parts: [Part]

  package init(_ parts: [Part]) { self.parts = parts }

  /// Chains of 0, 1, 2 ... steps that end with one `solve`, with the weights `chains`, and ensembles of 3 and 5
  /// executors after 0 to 2 steps, which share the weight `ensembles`.
  ///
  /// The first weight should be more than half: otherwise a greedy designer, which follows its first decision, begins
  /// with a step.
  package static func standard(
    chains: [Double] = [0.55, 0.08, 0.09, 0.12, 0.13], ensembles: Double = 0.03
  ) -> DesignMixture {
    let plain = chains.enumerated().map { Part(Design(steps: $0.offset, finish: .solve), weight: $0.element) }
    let finishes = [3, 5].flatMap { [Design.Finish.majority($0), .tests($0)] }
    let votes = (0...2).flatMap { steps in
      finishes.map { Part(Design(steps: steps, finish: $0), weight: ensembles / Double(3 * finishes.count)) }
    }
    return DesignMixture(plain + votes)
  }

  /// The scripts that `grammar` allows for `family`, with their weights. A family without tests gets no votes by
  /// tests.
  /// - Throws: ``TaskError/parameters(family:_:)`` if the grammar allows none.
  /// - Complexity: O(templates), each of which is parsed.
  package func distribution(
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

/// Scripts with weights to draw from. There is always at least one.
public struct DesignDistribution: Sendable {
  public struct Choice: Hashable, Sendable {
    package var script: Script
    /// How often the script is drawn, relative to the others; at least 0.
    package var weight: Double

    public init(script: Script, weight: Double) {
      self.script = script
      self.weight = weight
    }
  }
  package let choices: [Choice]

  /// - Precondition: `choices` is not empty.
  public init(_ choices: [Choice]) {
    precondition(!choices.isEmpty, "nothing to draw from")
    self.choices = choices
  }

  /// Draws a script, by weight.
  /// - Complexity: O(choices).
  package func draw(using generator: inout some RandomNumberGenerator) -> Script {
    choices[choices.map(\.weight).weightedIndex(using: &generator)].script
  }
}

extension [Double] {
  /// An index, each as likely as its weight says; the weights have a sum above 0.
  package func weightedIndex(using generator: inout some RandomNumberGenerator) -> Int {
    var rest = Double.random(in: 0..<reduce(0, +), using: &generator)
    for (index, weight) in enumerated() {
      rest -= weight
      if rest < 0 { return index }
    }
    return lastIndex { $0 > 0 } ?? 0
  }
}
