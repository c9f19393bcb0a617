/// Draws what executors see in the cold start: states of a task and what a reference solver says there.
///
/// Tasks come only from the training split, and the level weights decide how often each level is shown. Hard levels
/// are shown rarely or never, so that something is left to learn.
package struct ExecutorDemonstrations: Sendable {
  package let family: any TaskFamily
  /// The weights of levels 1, 2 and so on. Higher levels than these are not shown.
  package var levels: [Double]
  /// The weight of each role.
  package var roles: [String: Double]
  /// The share of draws, 0 to 1, that may show a state in which nothing is left to do.
  package var finished: Double
  /// The share of the answers, 0 to 1, that `check` and `join` are shown and that are wrong.
  package var wrongAnswers: Double
  /// How roles can be worded. Where there are wordings, half of the demonstrations have one in place of the role.
  package var wordings: [String: [String]] = [:]
  /// The share of `solve` demonstrations, 0 to 1, that show an answer that was rejected before.
  package var rejectedAnswers: Double

  /// How many answers a joiner is shown where there are no subtasks.
  package static let joined = 2...7

  /// How many tasks ``draw(using:)`` tries for one demonstration before it throws.
  package static let maximumDraws = 1000

  package init(
    family: any TaskFamily, levels: [Double], roles: [String: Double] = ["step": 0.6, "solve": 0.4],
    finished: Double = 0.15, wrongAnswers: Double = 0.5, rejectedAnswers: Double = 0
  ) {
    self.family = family
    self.levels = levels
    self.roles = roles
    self.finished = finished
    self.wrongAnswers = wrongAnswers
    self.rejectedAnswers = rejectedAnswers
  }

  /// Draws one demonstration.
  /// - Throws: ``TaskError`` if no task of these levels has a state that can be shown.
  package func draw(using generator: inout some RandomNumberGenerator) throws -> Demonstration {
    let sorted = roles.filter { $0.value > 0 && family.plays($0.key) }.sorted { $0.key < $1.key }
    guard !sorted.isEmpty else {
      throw TaskError.parameters(
        family: family.name, "it plays none of the roles that are to be demonstrated")
    }
    let name = sorted[sorted.map(\.value).weightedIndex(using: &generator)].key
    for _ in 0..<Self.maximumDraws {
      let level = levels.weightedIndex(using: &generator) + 1
      let task = try family.instance(level: level, split: .train, using: &generator)
      let mayBeFinished = Double.random(in: 0..<1, using: &generator) < finished
      let steps = family.plays("step") ? family.remainingSteps(task.statement) ?? level : 0
      let done = Int.random(in: 0...max(0, mayBeFinished ? steps : steps - 1), using: &generator)
      guard let work = work(on: task, after: done), done == 0 || !isHeldOut(work.state),
        let prompt = prompt(name, work, using: &generator), family.isShown(prompt),
        prompt.state == work.state || !isHeldOut(prompt.state),
        let completion = family.reference(prompt)
      else { continue }
      var asked = prompt
      if let wording = wordings.draw(for: name, using: &generator) {
        asked.role = Script.role(wording: wording)
      }
      return Demonstration(
        family: family.name, role: name, level: level, instance: task.hash, question: asked,
        prompt: asked.text, completion: completion)
    }
    throw TaskError.parameters(
      family: family.name, "no state to demonstrate `\(name)` on in \(Self.maximumDraws) problems")
  }

  /// What a joiner sees: the answers to the subtasks that a reference splitter names, or, in a family without splitters,
  /// several answers to the whole. A share ``wrongAnswers`` of them is wrong, so that a joiner has to look at them.
  private func others(
    for role: String, _ work: Work, using generator: inout some RandomNumberGenerator
  ) -> [Work]? {
    var works: [Work]
    if let splitter = TroupeVocabulary.splitters.first(where: family.plays) {
      var whole = work
      whole.proposal = family.reference(family.prompt(for: splitter, on: work))
      works = family.subtasks(of: whole, atMost: Script.Kind.split.counts.upperBound)
    } else {
      works = Array(repeating: work, count: Int.random(in: Self.joined, using: &generator))
    }
    for index in works.indices {
      let solve = family.prompt(for: "solve", on: works[index])
      guard let right = family.reference(solve) else { return nil }
      let isWrong = Double.random(in: 0..<1, using: &generator) < wrongAnswers
      works[index].answer = isWrong ? family.corrupted(right, for: solve, using: &generator) : right
    }
    return works
  }

  private func isHeldOut(_ state: String) -> Bool {
    family.hash(ofState: state).map { TaskSplit(hash: $0) == .heldOut } ?? false
  }

  /// The work of a perfect chain after `count` steps.
  func work(on task: TaskInstance, after count: Int) -> Work? {
    var work = family.start(task)
    for _ in 0..<count {
      guard let output = family.reference(family.prompt(for: "step", on: work)),
        let stepped = try? family.apply(output, as: "step", to: work)
      else { return nil }
      work = stepped
      for tool in family.stepTools {
        guard let run = try? family.run(tool: tool, on: work) else { return nil }
        work = run
      }
    }
    return work
  }

  private func prompt(
    _ role: String, _ work: Work, using generator: inout some RandomNumberGenerator
  ) -> ExecutorPrompt? {
    let solve = ExecutorPrompt(role: "solve", state: work.state)
    var shown = ExecutorPrompt(role: role, state: work.state)
    if TroupeVocabulary.joiners.contains(role) {
      return others(for: role, work, using: &generator).map { family.prompt(for: role, on: work, beside: $0) }
    } else if role == "check" {
      guard let right = family.reference(solve) else { return nil }
      let isWrong = Double.random(in: 0..<1, using: &generator) < wrongAnswers
      var judged = work
      judged.answer = isWrong ? family.corrupted(right, for: solve, using: &generator) : right
      shown = family.prompt(for: role, on: judged)
    } else if role == "solve", Double.random(in: 0..<1, using: &generator) < rejectedAnswers {
      guard let right = family.reference(solve) else { return nil }
      shown.answers = [family.corrupted(right, for: solve, using: &generator)]
      shown.verdict = false
    }
    return shown
  }
}
