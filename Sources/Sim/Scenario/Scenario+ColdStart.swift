import Actors

extension Scenario {
  /// Whether the cold start trains an adapter for each role, as it does if a published model learns by adapters. The model's own
  /// weights then never change.
  package var coldStartTrainsAdapters: Bool { policy.from != nil && weights.kind == .adapter }

  /// The share of a run that is done with so many steps; `nil` if it has none to do. A step of the cold start counts a tenth of a
  /// training step, and with a published model, whose gradients take most of the time, a quarter.
  package func share(ofColdSteps cold: Int, steps: Int) -> Double? {
    func work(_ cold: Int, _ steps: Int) -> Double {
      Double(cold) * (policy.from == nil ? 0.1 : 0.25) + Double(steps)
    }
    let all = work(coldStart.steps, stages.steps)
    return all > 0 ? work(cold, steps) / all : nil
  }

  /// The cold start: supervised training on generated demonstrations, before any reinforcement learning.
  package struct ColdStart: SettingsSection {
    /// The number of optimizer steps; 0 skips the cold start.
    package var steps = 300
    package var learningRate = 4e-3
    /// The number of steps over which the learning rate rises from 0.
    package var warmup = 20
    /// The fraction of the learning rate that is left at the end of its cosine.
    package var finalRate = 0.1
    package var weightDecay = 0.01
    /// The directory of a policy from which both roles start, in place of the supervised steps; or a file of demonstrations,
    /// `NAME.jsonl`, which these steps show in place of generated ones. It is relative to the working directory.
    package var from: String?
    package var designer = Designs()
    package var executor = Demonstrations()
    /// How roles can be worded, by role. Where there are wordings, half of the demonstrations have one in place of the role.
    package var wordings: [String: [String]] = [:]

    package init() {}

    /// The file of demonstrations that ``from`` gives, and the directory of a policy.
    var demonstrations: String? { from.flatMap { $0.hasSuffix(".jsonl") ? $0 : nil } }
    var policy: String? { demonstrations == nil ? from : nil }

    mutating func describe(_ table: inout SettingsTable) throws(ScenarioError) {
      try table.field("steps", &steps, .within(0...1_000_000))
      try table.field("learningRate", &learningRate, .positive, .atMost(1))
      try table.field("warmup", &warmup, .within(0...1_000_000))
      try table.field("finalRate", &finalRate, .within(0...1))
      try table.field("weightDecay", &weightDecay, .within(0...1))
      try table.field("from", &from, .notEmpty)
      try table.field("designer", &designer)
      try table.field("executor", &executor)
      try table.field("wordings", &wordings, .entries("role", table.catalogue.roles, .notEmpty))
      table.require(
        steps == 0 || warmup <= steps, at: "warmup", "warmup is \(warmup), more than the \(steps) steps")
    }
  }

  /// The designs in the designer's demonstrations, which do not depend on the task.
  package struct Designs: SettingsSection {
    /// The number of sequences a step.
    package var batch = 10
    /// The weights of chains, by family: solving at once, one step first, two steps first, and so on.
    ///
    /// A family that is not named is mostly solved at once.
    package var chains: [String: [Double]] = [:]
    /// The weight that all designs with an ensemble share. The weights of chains add up to 1.
    package var ensembles = 0.03
    /// If it is given, all designs of at most so many calls are shown alike, in place of chains and ensembles: every script of
    /// the grammar in which each statement can matter, once.
    package var uniformCalls: Int?
    /// Whether those designs take turns, so that none is shown again before all others were; in a new order each time. If not,
    /// each is drawn at random. A small cold start is left with a habit by the designs that chance showed last.
    package var inTurn = false

    package init() {}

    mutating func describe(_ table: inout SettingsTable) throws(ScenarioError) {
      try table.field("batch", &batch, .within(1...65_536))
      let families = table.catalogue.families.map(\.name)
      try table.field("chains", &chains, .entries("family", families, .weights))
      try table.field("ensembles", &ensembles, .within(0...1e6))
      try table.field("uniformCalls", &uniformCalls, .within(1...ScriptGrammar.greatestBudget))
      table.require(
        uniformCalls == nil || chains.isEmpty, at: "chains",
        "uniformCalls shows all designs alike; give the one or the other")
      try table.field("inTurn", &inTurn)
      table.require(
        !inTurn || uniformCalls != nil, at: "inTurn",
        "the designs of uniformCalls take turns, and it is not given")
    }

    /// Returns the weights of a family's chains, which add up to 1.
    func chains(of family: String) -> [Double] {
      let weights = chains[family] ?? [0.55, 0.08, 0.1, 0.13, 0.14]
      let total = weights.reduce(0, +)
      return weights.map { $0 / total }
    }
  }

  /// The executors' demonstrations.
  package struct Demonstrations: SettingsSection {
    /// The number of sequences a step, by family; 32 for a family that is not named.
    package var batch: [String: Int] = [:]
    /// The weights of levels 1, 2, ..., by family. For a family that is not named, all its levels have the same weight.
    package var levels: [String: [Double]] = [:]
    /// The share of each role.
    package var shares = ["step": 0.6, "solve": 0.4]
    /// The share of the draws that may show a state with nothing left to do, by family; 0.15 for a family that is not
    /// named.
    package var finished: [String: Double] = [:]

    package init() {}

    mutating func describe(_ table: inout SettingsTable) throws(ScenarioError) {
      let catalogue = table.catalogue
      let families = catalogue.families.map(\.name)
      try table.field("batch", &batch, .entries("family", families, .within(0...65_536)))
      try table.field("levels", &levels, .entries("family", families, .weights))
      try table.field("shares", &shares, .entries("role", catalogue.roles, .within(0...1e6)))
      try table.field("finished", &finished, .entries("family", families, .within(0...1)))
      table.require(
        shares.values.contains { $0 > 0 }, at: "shares", kind: .impossibleValue, "no role has a share above 0"
      )
    }
  }
}
