/// Problems that ask for a program: the task shows lists and what they should become. Hidden lists test the answer.
///
/// The hidden programs consist of `add i d` and `swap i j`. A problem of level L is a function that some program of L
/// instructions computes and no shorter one: there are 42, 713 and 6,234 such functions on lists of four. The hash of
/// a problem is the hash of its function, so a held-out problem is a function that was never trained on, not only new
/// examples of a known one. The role `step` proposes one instruction (or none), and the tool `run` executes it on the
/// examples, so the next executor sees an easier problem. The role `solve` says the rest of the program. The tool
/// `test` runs the visible examples and records whether all pass.
///
/// A prompt shows each digit with its difference to the target, so executors need not subtract. Without this help, a
/// model of 0.15 M parameters does not learn the family (`docs/learning.md`).
package struct SynthesisFamily: TaskFamily {
  package let name = "synthesis"
  package let stepTools = ["run"]
  package let hasTests = true
  package let levels: ClosedRange<Int>
  /// How many digits a list has.
  package let listLength: Int
  /// How many examples a problem shows.
  package let visibleExamples: Int
  /// How many hidden lists test an answer.
  package let hiddenTests: Int
  package let limits: ProgramLimits
  let catalog: ProgramCatalog

  /// Examples drawn for one problem before it is given up as undetermined.
  static let maximumDraws = 1000

  /// Finds all functions of the levels, which takes 25 ms with the defaults. Make one family and share it.
  /// - Throws: ``TaskError/parameters(family:_:)`` for levels outside 1...3, lists outside 2...5 digits, examples
  ///   outside 1...16, or hidden tests outside 1...64.
  package init(
    levels: ClosedRange<Int> = 1...3, listLength: Int = 4, visibleExamples: Int = 2, hiddenTests: Int = 5,
    limits: ProgramLimits = ProgramLimits()
  ) throws(TaskError) {
    let family = "synthesis"
    guard levels.lowerBound >= 1, levels.upperBound <= 3 else {
      throw .parameters(family: family, "levels must be within 1...3")
    }
    guard (2...5).contains(listLength), (1...16).contains(visibleExamples), (1...64).contains(hiddenTests)
    else {
      throw .parameters(family: family, "2 to 5 digits a list, 1 to 16 examples and 1 to 64 hidden tests")
    }
    catalog = ProgramCatalog(depth: levels.upperBound, length: listLength)
    self.levels = levels
    self.listLength = listLength
    self.visibleExamples = visibleExamples
    self.hiddenTests = hiddenTests
    self.limits = limits
  }

  /// How many different functions of `level` are on one side of the split.
  package func functionCount(level: Int, split: TaskSplit) -> Int {
    levels.contains(level) ? catalog.functions(depth: level, split: split).count : 0
  }

  package func instance(
    level: Int, split: TaskSplit, using generator: inout some RandomNumberGenerator
  ) throws(TaskError) -> TaskInstance {
    guard levels.contains(level) else { throw .level(level, family: name, allowed: levels) }
    let functions = catalog.functions(depth: level, split: split)
    guard !functions.isEmpty else { throw .noInstance(family: name, level: level, split: split) }
    let entry = catalog.entries[functions[Int.random(in: 0..<functions.count, using: &generator)]]
    for _ in 0..<Self.maximumDraws {
      let visible = examples(visibleExamples, of: entry.program, using: &generator)
      // Redrawn until no earlier function fits, so that the problem can be solved from what it shows.
      guard catalog.solution(of: visible)?.hash == entry.hash else { continue }
      return TaskInstance(
        family: name, level: level, hash: entry.hash, statement: visible.text,
        solution: entry.program.description,
        hidden: examples(hiddenTests, of: entry.program, using: &generator).text)
    }
    throw .noInstance(family: name, level: level, split: split)
  }

  private func examples(
    _ count: Int, of program: Program, using generator: inout some RandomNumberGenerator
  ) -> Examples {
    Examples(
      pairs: (0..<count).map { _ in
        let input = (0..<listLength).map { _ in Int.random(in: 0...9, using: &generator) }
        var output = input
        for instruction in program.instructions { instruction.apply(to: &output) }
        return Examples.Pair(input: input, output: output)
      })
  }

  package func start(_ task: TaskInstance) -> Work { Work(state: task.statement) }

  package func plays(_ role: String) -> Bool { ["step", "solve", "check"].contains(role) }

  package func instructions(for role: String) -> String {
    let problem = """
      A problem is a program to be found from examples, divided by `;`. An example is a list of \(listLength) digits, each \
      with what it lacks: `1 2 3 0` says that the list 1 3 should become 3 3, modulo 10. Instructions are `add i d`, \
      which adds d to the digit at position i, from 1 on, and `swap i j`, which exchanges two.
      """
    return switch role {
    case TroupeVocabulary.designer:
      "\(problem) The role `step` proposes one instruction, and the tool `run` applies it to the examples; `solve` "
        + "says the rest of the program; `check` judges an answer."
    case "step": "\(problem) Reply with the first instruction of the program only, such as `add 1 2`."
    case "solve": "\(problem) Reply with the whole program, such as `add 1 2 swap 3 4`, and nothing else."
    case "check":
      "\(problem) After a comma follows a program. Reply `ok` if it is right, and `no` if it is not."
    default: problem
    }
  }

  package func apply(_ output: String, as role: String, to work: Work) throws(WorkFault) -> Work {
    var result = work
    switch role {
    case "step":
      let program = try parse(output)
      guard program.instructions.count <= 1 else { throw .malformed("a step says one instruction") }
      result = work.proposing(program.description)
    case "solve": result = work.answering(try parse(output).description)
    case "check": result.verdict = try verdict(output)
    default: throw .malformed("synthesis has no role \(role)")
    }
    return result
  }

  /// The examples that `state` shows, if it is a state of this family.
  private func examples(of state: String) -> Examples? {
    Examples(parsing: state).flatMap { examples in
      examples.pairs.count == visibleExamples && examples.pairs.allSatisfy { $0.input.count == listLength }
        ? examples : nil
    }
  }

  private func parse(_ text: String) throws(WorkFault) -> Program {
    do throws(ProgramError) {
      return try Program(parsing: text)
    } catch {
      throw .malformed(error.description)
    }
  }

  package func run(tool: String, on work: Work) throws(WorkFault) -> Work {
    guard let examples = examples(of: work.state) else { return work }
    var result = work
    switch tool {
    case "run":
      guard let proposal = work.proposal else { return work }
      let advanced: Examples?
      do throws(ProgramFault) {
        advanced = try examples.advanced(by: Program(checked: proposal), limits: limits)
      } catch {
        throw .toolFailed(error.description)
      }
      guard let advanced else { throw .toolFailed("the program changes the length of the list") }
      result = work.advanced(to: advanced.text)
    case "test": result.verdict = testsPassed(work) == examples.pairs.count
    default: break
    }
    return result
  }

  package func effect(ofRole role: String) -> WorkEffect {
    role == "step"
      ? .proposing
      : role == "solve"
        ? WorkEffect(reads: [.state, .verdict], sets: .answer, clears: .verdict)
        : .judging
  }

  package func effect(ofTool tool: String) -> WorkEffect {
    switch tool {
    case "run":
      .advancing
    case "test": .judging
    default: WorkEffect()
    }
  }

  /// How many visible examples the answer gets right; without an answer, how many the proposal gets right.
  package func testsPassed(_ work: Work) -> Int? {
    guard let examples = examples(of: work.state) else { return nil }
    guard let text = work.answer ?? work.proposal else { return 0 }
    return examples.passed(by: Program(checked: text), limits: limits)
  }

  package func verify(_ work: Work, on task: TaskInstance) -> Bool {
    guard let answer = work.answer, let hidden = Examples(parsing: task.hidden) else { return false }
    let program = Program(Program(checked: work.program).instructions + Program(checked: answer).instructions)
    return hidden.passed(by: program, limits: limits) == hidden.pairs.count
  }

  package func recognizes(state: String) -> Bool { examples(of: state) != nil }

  package func hash(ofState state: String) -> UInt64? {
    examples(of: state).flatMap { catalog.solution(of: $0)?.hash }
  }

  package func remainingSteps(_ state: String) -> Int? {
    examples(of: state).flatMap { catalog.solution(of: $0)?.depth }
  }

  package func reference(_ prompt: ExecutorPrompt) -> String? {
    guard let examples = examples(of: prompt.state) else { return nil }
    switch prompt.role {
    case "step":
      let program = catalog.solution(of: examples)?.program
      return program.map { $0.instructions.first?.description ?? "" }
    case "solve": return catalog.solution(of: examples)?.program.description
    case "check":
      guard let answer = prompt.answer else { return "no" }
      return examples.passed(by: Program(checked: answer), limits: limits) == examples.pairs.count
        ? "ok" : "no"
    default: return nil
    }
  }

  /// Replaces one instruction by another, or adds one to an empty program.
  package func corrupted(
    _ output: String, for prompt: ExecutorPrompt, using generator: inout some RandomNumberGenerator
  ) -> String {
    if prompt.role == "check" { return output == "ok" ? "no" : "ok" }
    var program = Program(checked: output).instructions
    let place = program.isEmpty ? 0 : Int.random(in: 0..<program.count, using: &generator)
    let others = ProgramCatalog.instructions(length: listLength).filter {
      program.isEmpty || $0 != program[place]
    }
    guard !others.isEmpty else { return output }
    let other = others[Int.random(in: 0..<others.count, using: &generator)]
    if program.isEmpty { program = [other] } else { program[place] = other }
    return Program(program).description
  }
}
