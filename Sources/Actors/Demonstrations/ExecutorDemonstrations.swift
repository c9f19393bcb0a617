/// Draws what executors see in the cold start: states on the way of a reference solver, and what it says there.
///
/// Problems come from the train split only. `levels` and `remaining` say how much is shown, so that there is
/// something left to learn: demonstrations of easy levels, or of `solve` only near the end.
public struct ExecutorDemonstrations: Sendable {
  public struct Role: Hashable, Sendable {
    public var weight: Double
    /// How many steps the state may be from its end.
    public var remaining: ClosedRange<Int>

    public init(weight: Double, remaining: ClosedRange<Int>) {
      self.weight = weight
      self.remaining = remaining
    }
  }
  public let family: any TaskFamily
  public var levels: ClosedRange<Int>
  public var roles: [String: Role]
  /// The part of `check` demonstrations that show a wrong answer.
  public var wrongAnswers: Double
  /// The part of `solve` demonstrations that first show an answer that was rejected.
  public var rejectedAnswers: Double
  /// Whether states are passed over that are themselves a held-out problem. A number without operations and
  /// examples that need no program are no problems.
  public var skipsHeldOutStates: Bool

  /// Draws tried for one demonstration before ``draw(using:)`` gives up.
  public static let maximumDraws = 1000

  public init(
    family: any TaskFamily, levels: ClosedRange<Int>,
    roles: [String: Role] = [
      "step": Role(weight: 0.5, remaining: 1...9), "solve": Role(weight: 0.3, remaining: 0...1),
      "check": Role(weight: 0.2, remaining: 0...1),
    ],
    wrongAnswers: Double = 0.5, rejectedAnswers: Double = 0.1, skipsHeldOutStates: Bool = true
  ) {
    self.family = family
    self.levels = levels
    self.roles = roles
    self.wrongAnswers = wrongAnswers
    self.rejectedAnswers = rejectedAnswers
    self.skipsHeldOutStates = skipsHeldOutStates
  }

  /// One demonstration; throws when no problem of these levels ever has a state that is asked for.
  public func draw(using generator: inout some RandomNumberGenerator) throws(TaskError) -> Demonstration {
    let (name, role) = drawRole(using: &generator)
    for _ in 0..<Self.maximumDraws {
      let level = Int.random(in: levels, using: &generator)
      let task = try family.instance(level: level, split: .train, using: &generator)
      let done = Int.random(in: 0...level, using: &generator)
      guard role.remaining.contains(level - done), let work = work(on: task, after: done) else { continue }
      if skipsHeldOutStates, done > 0, done < level, isHeldOut(work.state) { continue }
      guard let prompt = prompt(name, work, using: &generator), let completion = family.reference(prompt)
      else { continue }
      return Demonstration(
        family: family.name, role: name, level: level, instance: task.hash, prompt: prompt.text,
        completion: completion)
    }
    throw .parameters(
      family: family.name, "no state to demonstrate `\(name)` on in \(Self.maximumDraws) problems")
  }

  /// By weight, in the order of the roles' names.
  private func drawRole(using generator: inout some RandomNumberGenerator) -> (String, Role) {
    let sorted = roles.sorted { $0.key < $1.key }.filter { $0.value.weight > 0 }
    precondition(!sorted.isEmpty, "no role has any weight")
    var rest = Double.random(in: 0..<sorted.reduce(0) { $0 + $1.value.weight }, using: &generator)
    for (name, role) in sorted {
      rest -= role.weight
      if rest < 0 { return (name, role) }
    }
    return (sorted[sorted.count - 1].key, sorted[sorted.count - 1].value)
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
    let plain = ExecutorPrompt(role: role, state: work.state)
    let solve = ExecutorPrompt(role: "solve", state: work.state)
    var shown = plain
    if role == "check" {
      guard let right = family.reference(solve) else { return nil }
      let isWrong = Double.random(in: 0..<1, using: &generator) < wrongAnswers
      shown.answer = isWrong ? family.corrupted(right, for: solve, using: &generator) : right
    } else if role == "solve", Double.random(in: 0..<1, using: &generator) < rejectedAnswers {
      guard let right = family.reference(solve) else { return nil }
      shown.answer = family.corrupted(right, for: solve, using: &generator)
      shown.verdict = false
    }
    return shown
  }
}
