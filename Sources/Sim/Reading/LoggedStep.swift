import Actors

/// The executions of one training step, as a log has them, and the credit that they were given.
package struct LoggedStep: Sendable {
  /// The name of the step, such as `step-12`, with which the ids of its episodes begin.
  package let name: String
  /// By task, design and execution: what came out.
  private var outcomes: [[[Outcome]]] = []

  /// Makes a step without executions.
  package init(named name: String) { self.name = name }

  /// Returns the name of the step that an episode belongs to; `nil` for episodes outside training.
  package static func name(of id: String) -> String? {
    // Ids are asked for a hundred thousand times: bytes are several times as fast as characters.
    let first = id.utf8.prefix { $0 != UInt8(ascii: "/") }
    return number(first, after: "step-") == nil ? nil : String(first)
  }

  /// The number of a step by its name.
  package static func number(ofStep name: String) -> Int? { number(name.utf8[...], after: "step-") }

  private static func number(_ word: Substring.UTF8View, after prefix: String) -> Int? {
    word.starts(with: prefix.utf8) ? Int(Substring(word.dropFirst(prefix.utf8.count))) : nil
  }

  /// A place in the step's tree; `execution` is `nil` for a design.
  private struct Place {
    var task: Int
    var design: Int
    var execution: Int?

    init?(_ id: String) {
      let words = id.utf8.split(separator: UInt8(ascii: "/"))
      guard words.count >= 3, let task = number(words[1], after: "task-"),
        let design = number(words[2], after: "design-")
      else { return nil }
      (self.task, self.design) = (task, design)
      if words.count == 4 { execution = number(words[3], after: "execution-") }
      if words.count > 4 || (words.count == 4 && execution == nil) { return nil }
    }
  }

  /// Adds an execution. They come in the order of the log: by task, design and execution.
  package mutating func add(_ episode: LoggedEpisode) {
    guard let outcome = episode.outcome, let place = Place(episode.id), let execution = place.execution,
      place.task <= outcomes.count
    else { return }
    if place.task == outcomes.count { outcomes.append([]) }
    guard place.design <= outcomes[place.task].count else { return }
    if place.design == outcomes[place.task].count { outcomes[place.task].append([]) }
    guard execution == outcomes[place.task][place.design].count else { return }
    outcomes[place.task][place.design].append(outcome)
  }

  /// The rewards of the step.
  package func rewards(_ credit: Scenario.Credit) -> RewardTree {
    RewardTree(
      outcomes.map { designs in
        RewardTree.Task(
          designs.filter { !$0.isEmpty }.map { executions in
            RewardTree.Design(
              executions: executions.map { $0.executorReward(credit) },
              worthToDesigner: executions.map { $0.worthToDesigner(credit) },
              calls: executions.map { $0.calls.map { RewardTree.Call(role: $0.role, place: $0.id) } })
          })
      })
  }
}

/// The advantages of one step's designs and executions, computed again from what a log has.
package struct LoggedCredit: Sendable {
  private let advantages: Advantages
  /// What the log lacks for the credit that was trained on; `nil` if it is exactly that.
  package let lacks: String?

  /// Computes the credit of a step; `nil` if the log does not have what the estimator needs, the reason then being in `why`.
  ///
  /// - Throws: what the estimator throws.
  package init?(_ step: LoggedStep, _ setup: EpisodeSetup, why: inout String) throws {
    let scenario = setup.scenario
    let estimator = try setup.registry.estimator(of: scenario)
    guard estimator.declaration.forks == nil else {
      why = "`\(scenario.credit.estimator)` forks every execution, and forks are not in the log"
      return nil
    }
    let rewards = step.rewards(scenario.credit)
    guard let number = LoggedStep.number(ofStep: step.name), step.isWhole(scenario, step: number) else {
      why = "the log does not have the whole step"
      return nil
    }
    advantages = try estimator.advantages(of: rewards)
    let learns = scenario.stages.rate(of: .designer, inStage: scenario.stages.stage(ofStep: number)) > 0
    lacks =
      learns && scenario.exploration.hasPrior
      ? "the designer's lacks what the prior cost it, which is not in the log" : nil
  }

  /// The advantage of a design; `nil` for the ids of others.
  package func designer(_ id: String) -> Double? { place(id).map { advantages.tasks[$0][$1].designer } }

  /// The advantages of the calls of an execution, in their order; `nil` for the ids of others.
  package func calls(_ id: String, count: Int) -> [Double]? {
    guard let (task, design) = place(id), let execution = LoggedStep.execution(id) else { return nil }
    let found = advantages.tasks[task][design]
    guard execution < found.executions.count else { return nil }
    return (0..<count).map { found[execution: execution, call: $0] }
  }

  /// The advantage of an execution; `nil` for the ids of others.
  package func execution(_ id: String) -> Double? {
    guard let (task, design) = place(id), let execution = LoggedStep.execution(id) else { return nil }
    let found = advantages.tasks[task][design].executions
    return execution < found.count ? found[execution] : nil
  }

  /// Calls `body` with the role and the advantage of every design and every execution.
  package func forEach(_ body: (_ role: String, _ advantage: Double) -> Void) {
    for design in advantages.tasks.joined() {
      body("designer", design.designer)
      for advantage in design.executions { body("executor", advantage) }
    }
  }

  private func place(_ id: String) -> (task: Int, design: Int)? {
    guard let (task, design) = LoggedStep.branch(id), task < advantages.tasks.count,
      design < advantages.tasks[task].count
    else { return nil }
    return (task, design)
  }
}

extension LoggedStep {
  /// The numbers of an episode's task and design; `nil` for episodes outside training.
  fileprivate static func branch(_ id: String) -> (task: Int, design: Int)? {
    Place(id).map { ($0.task, $0.design) }
  }

  /// The number of an execution; `nil` for other episodes.
  fileprivate static func execution(_ id: String) -> Int? { Place(id)?.execution }

  /// Whether no execution of the step is missing at its end.
  fileprivate func isWhole(_ scenario: Scenario, step: Int) -> Bool {
    let designs = scenario.designs(ofStep: step), executions = scenario.executions(ofStep: step)
    return outcomes.count == scenario.rollout.tasks
      && outcomes.allSatisfy { $0.count == designs && $0.allSatisfy { $0.count == executions } }
  }
}
