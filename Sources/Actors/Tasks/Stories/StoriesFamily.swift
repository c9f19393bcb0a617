/// Word problems of arithmetic in several steps: a number of things changes `level` times, and the question is how many there
/// are in the end.
///
/// The role `step` does the next calculation and says it, as in `7 + 5 = 12`; the state then has one more line. `solve` ends
/// what it says with a line such as `Answer: 12`. A problem's identity is its numbers and operations, whatever the words
/// around them, so that nobody has met the numbers of a held-out problem under another name.
package struct StoriesFamily: TaskFamily {
  package let name = "stories"
  package let levels = 1...4
  package let isText = true

  /// The range of the first number, and of those that are added or taken away.
  private let numbers = 2...9
  private let factors = 2...3
  /// The range of all results. They are small, so that what there is to learn is which calculation comes next, and not
  /// arithmetic, in which reward taught a model of 135 million parameters nothing (docs/results.md).
  private let values = 1...20
  private static let maximumDraws = 10_000

  package init() {}

  package func instance(
    level: Int, split: TaskSplit, using generator: inout some RandomNumberGenerator
  ) throws(TaskError) -> TaskInstance {
    guard levels.contains(level) else { throw .level(level, family: name, allowed: levels) }
    guard level > 1 || split == .train else { throw .noInstance(family: name, level: level, split: split) }
    for _ in 0..<Self.maximumDraws {
      guard let story = story(level, using: &generator), let value = story.value else { continue }
      let hash = hash(of: story)
      guard TaskSplit(hash: hash) == split else { continue }
      return TaskInstance(
        family: name, level: level, hash: hash, statement: story.text, solution: "\(value)")
    }
    throw .noInstance(family: name, level: level, split: split)
  }

  /// A random story; `nil` if it ran into a value that no change leads out of.
  private func story(_ level: Int, using generator: inout some RandomNumberGenerator) -> Story? {
    var value = Int.random(in: numbers, using: &generator)
    var story = Story(
      person: Int.random(in: Story.people.indices, using: &generator),
      thing: Int.random(in: Story.things.indices, using: &generator), first: value, changes: [])
    for _ in 0..<level {
      let kinds = Calculation.Operator.allCases
      let operation = kinds[Int.random(in: kinds.indices, using: &generator)]
      let choices = (operation == .times ? factors : numbers).filter {
        operation(value, $0).map(values.contains) ?? false
      }
      guard !choices.isEmpty else { return nil }
      let number = choices[Int.random(in: choices.indices, using: &generator)]
      let wordings = Story.wordings(of: operation)
      value = operation(value, number) ?? value
      story.changes.append(
        .init(
          operation: operation, number: number,
          wording: Int.random(in: wordings.indices, using: &generator)))
    }
    return story
  }

  /// Stories of one change are steps of everything and always on the training side.
  private func hash(of story: Story) -> UInt64 {
    let hash = fingerprint(of: [name, story.numbers])
    return story.changes.count < 2 ? TaskSplit.trainingHash(hash) : hash
  }

  package func start(_ task: TaskInstance) -> Work { Work(state: task.statement) }

  package func plays(_ role: String) -> Bool { ["step", "solve", "check"].contains(role) }

  package func instructions(for role: String) -> String {
    switch role {
    case TroupeVocabulary.designer: "A story tells how a number changes, and asks for the last one."
    case "step": "Do the next calculation of the story and nothing else, as in: 7 + 5 = 12"
    case "check": "Say ok if the proposed answer is right, and no if it is not."
    default: "Do the last calculation of the story, if any is left, and end with a line as in: Answer: 12"
    }
  }

  package func apply(_ output: String, as role: String, to work: Work) throws(WorkFault) -> Work {
    switch role {
    case "step":
      guard let line = Calculation(parsing: output) else {
        throw .malformed("a step says a calculation, as in `7 + 5 = 12`")
      }
      return Work(state: "\(work.state)\n\(line)")
    case "check": return try judged(work, by: output)
    case "solve": return try work.answering(spoken: output) { Int($0).map(String.init) }
    default:
      guard Script.wording(ofRole: role) != nil else { throw .malformed("\(name) has no role \(role)") }
      return try work.answeringOrNoting(output)
    }
  }

  /// The story, and the calculations that have been said; `nil` if the first line is no story.
  private func read(_ state: String) -> (story: Story, said: [Calculation])? {
    let lines = state.split(separator: "\n")
    guard let first = lines.first, let story = Story(parsing: first) else { return nil }
    return (story, lines.dropFirst().compactMap { Calculation(parsing: $0) })
  }

  package func recognizes(state: String) -> Bool { read(state) != nil }
  package func hash(ofState state: String) -> UInt64? { read(state).map { hash(of: $0.story) } }
  package func remainingSteps(_ state: String) -> Int? {
    read(state).map { max(0, $0.story.changes.count - $0.said.count) }
  }
  package func size(of work: Work) -> Int { max(1, remainingSteps(work.state) ?? 1) }

  /// One call is shown one calculation: what is left beyond that is for the design.
  package func isShown(_ prompt: ExecutorPrompt) -> Bool {
    prompt.role == "step" || (remainingSteps(prompt.state) ?? 0) <= 1
  }

  /// The calculations that are left, going on from what was said.
  private func rest(_ state: String) -> [Calculation]? {
    guard let (story, said) = read(state) else { return nil }
    var value = said.last?.result ?? story.first
    var rest: [Calculation] = []
    for change in story.changes.dropFirst(said.count) {
      guard let next = Calculation(value, change.operation, change.number) else { return nil }
      value = next.result
      rest.append(next)
    }
    return rest
  }

  package func reference(_ prompt: ExecutorPrompt) -> String? {
    guard let rest = rest(prompt.state), let (story, said) = read(prompt.state) else { return nil }
    let value = rest.last?.result ?? said.last?.result ?? story.first
    switch prompt.role {
    case "step":
      // With nothing left to do, the last calculation is said again.
      return (rest.first ?? said.last)?.description
    case "solve": return (rest.map(\.description) + [SpokenAnswer.line("\(value)")]).joined(separator: "\n")
    case "check": return prompt.answer == "\(value)" ? "ok" : "no"
    default: return nil
    }
  }

  /// Changes the number that had to be computed last by one to three.
  package func corrupted(
    _ output: String, for prompt: ExecutorPrompt, using generator: inout some RandomNumberGenerator
  ) -> String {
    if prompt.role == "check" { return output == "ok" ? "no" : "ok" }
    let shift = Int.random(in: 1...3, using: &generator) * (Bool.random(using: &generator) ? 1 : -1)
    if let answer = SpokenAnswer.read(output).flatMap({ Int($0) }) {
      return SpokenAnswer.line("\(answer + shift)")
    }
    guard var line = Calculation(parsing: output) else { return output }
    line.result += shift
    return line.description
  }
}
