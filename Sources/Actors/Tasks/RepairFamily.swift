/// Programs with one wrong instruction, and examples of what they should do:
/// `[ add 1 2 swap 3 4 ] 1 3 5 0 5 1 1 9 ; ...` asks for the right program.
///
/// The examples are in the notation of `synthesis`: each digit of a list with what it lacks. A problem of level L is a
/// function that some program of L instructions computes and no shorter one; the program that is shown differs from such
/// a program in one instruction. The hash of a problem is the hash of its function, so a held-out problem is a function
/// that was never trained on. The role `solve` says a program, `check` judges it, and the tool `test` runs it on the
/// examples. Hidden lists test the answer, and any program that is right on them is right.
package struct RepairFamily: TaskFamily {
  package let name = "repair"
  package let hasTests = true
  package let levels = 1...3
  package let limits = ProgramLimits()
  let catalog: ProgramCatalog

  /// How many digits a list has, how many examples a problem shows, and how many hidden lists test an answer.
  static let (listLength, visibleExamples, hiddenTests) = (4, 2, 5)

  /// A program with examples of what it should do.
  struct Problem: Hashable {
    var program: Program
    var examples: Examples

    var text: String { "[ \(program) ] \(examples.text)" }

    init(program: Program, examples: Examples) {
      self.program = program
      self.examples = examples
    }

    init?(parsing text: String) {
      let words = text.split(separator: " ")
      guard words.first == "[", let end = words.firstIndex(of: "]"),
        let program = try? Program(parsing: words[1..<end].joined(separator: " ")), program.isFlat,
        (1...3).contains(program.instructions.count),
        let examples = Examples(parsing: words[(end + 1)...].joined(separator: " ")),
        examples.pairs.count == RepairFamily.visibleExamples,
        examples.pairs.allSatisfy({ $0.input.count == RepairFamily.listLength })
      else { return nil }
      self.init(program: program, examples: examples)
    }

    /// The programs that differ from the wrong one in one instruction and do what the examples show, in a fixed order.
    var repairs: [Program] {
      let choices = ProgramCatalog.instructions(length: RepairFamily.listLength)
      return program.instructions.indices.flatMap { index in
        choices.compactMap { choice -> Program? in
          guard choice != program.instructions[index] else { return nil }
          var other = program
          other.instructions[index] = choice
          return examples.areReached(by: other) ? other : nil
        }
      }
    }
  }

  /// Finds all functions of the levels, which takes 25 ms. Make one family and share it.
  package init() { catalog = ProgramCatalog(depth: 3, length: Self.listLength) }

  package func instance(
    level: Int, split: TaskSplit, using generator: inout some RandomNumberGenerator
  ) throws(TaskError) -> TaskInstance {
    guard levels.contains(level) else { throw .level(level, family: name, allowed: levels) }
    let functions = catalog.functions(depth: level, split: split)
    guard !functions.isEmpty else { throw .noInstance(family: name, level: level, split: split) }
    let entry = catalog.entries[functions[Int.random(in: 0..<functions.count, using: &generator)]]
    let choices = ProgramCatalog.instructions(length: Self.listLength)
    for _ in 0..<ArithmeticFamily.maximumDraws {
      var wrong = entry.program
      let place = Int.random(in: 0..<level, using: &generator)
      wrong.instructions[place] = choices[Int.random(in: 0..<choices.count, using: &generator)]
      let visible = examples(Self.visibleExamples, of: entry.program, using: &generator)
      let problem = Problem(program: wrong, examples: visible)
      // Redrawn until the problem can be solved from what it shows.
      guard !visible.areReached(by: wrong),
        problem.repairs.allSatisfy({ ListFunction($0, length: Self.listLength) == entry.function })
      else { continue }
      return TaskInstance(
        family: name, level: level, hash: entry.hash, statement: problem.text,
        solution: entry.program.description,
        hidden: examples(Self.hiddenTests, of: entry.program, using: &generator).text)
    }
    throw .noInstance(family: name, level: level, split: split)
  }

  private func examples(
    _ count: Int, of program: Program, using generator: inout some RandomNumberGenerator
  ) -> Examples {
    Examples(
      pairs: (0..<count).map { _ in
        let input = (0..<Self.listLength).map { _ in Int.random(in: 0...9, using: &generator) }
        return Examples.Pair(
          input: input, output: program.instructions.reduce(into: input) { $1.apply(to: &$0) })
      })
  }

  package func start(_ task: TaskInstance) -> Work { Work(state: task.statement) }

  package func plays(_ role: String) -> Bool { ["solve", "check"].contains(role) }

  /// Whoever solves sees nothing but the problem, so that every attempt is a fresh one.
  package func prompt(for role: String, on work: Work, beside others: [Work]) -> ExecutorPrompt {
    ExecutorPrompt(role: role, state: work.state, answer: role == "check" ? work.answer : nil)
  }

  package func instructions(for role: String) -> String {
    let problem = """
      A problem is a program with one wrong instruction, in brackets, and examples of what it should do, divided by `;`. \
      An example is a list of \(Self.listLength) digits, each with what it lacks: `1 2 3 0` says that the list 1 3 should \
      become 3 3, modulo 10. Instructions are `add i d`, which adds d to the digit at position i, from 1 on, and \
      `swap i j`, which exchanges two.
      """
    return switch role {
    case TroupeVocabulary.designer:
      "\(problem) The role `solve` says the right program; `check` judges one; the tool `test` runs it on the examples."
    case "solve": "\(problem) Reply with the right program, such as `add 1 2 swap 3 4`, and nothing else."
    case "check":
      "\(problem) After a comma follows a program. Reply `ok` if it is right, and `no` if it is not."
    default: problem
    }
  }

  package func apply(_ output: String, as role: String, to work: Work) throws(WorkFault) -> Work {
    var result = work
    switch role {
    case "solve":
      do throws(ProgramError) {
        result.answer = try Program(parsing: output).description
      } catch {
        throw .malformed(error.description)
      }
      result.verdict = nil
    case "check": result.verdict = try verdict(output)
    default: throw .malformed("repair has no role \(role)")
    }
    return result
  }

  package func run(tool: String, on work: Work) throws(WorkFault) -> Work {
    guard tool == TroupeVocabulary.testTool else { return work }
    var result = work
    result.verdict = testsPassed(work) == Self.visibleExamples
    return result
  }

  package func effect(ofTool tool: String) -> WorkEffect {
    tool == TroupeVocabulary.testTool ? .judging : WorkEffect()
  }

  /// How many visible examples the answer gets right.
  package func testsPassed(_ work: Work) -> Int? {
    guard let problem = Problem(parsing: work.state) else { return nil }
    return work.answer.map { problem.examples.passed(by: Program(checked: $0), limits: limits) } ?? 0
  }

  package func verify(_ work: Work, on task: TaskInstance) -> Bool {
    guard let answer = work.answer, let hidden = Examples(parsing: task.hidden) else { return false }
    return hidden.passed(by: Program(checked: answer), limits: limits) == hidden.pairs.count
  }

  package func recognizes(state: String) -> Bool { Problem(parsing: state) != nil }

  package func hash(ofState state: String) -> UInt64? {
    Problem(parsing: state)?.repairs.first.flatMap {
      catalog.entry(of: ListFunction($0, length: Self.listLength))?.hash
    }
  }

  package func remainingSteps(_ state: String) -> Int? { Problem(parsing: state) == nil ? nil : 1 }

  package func reference(_ prompt: ExecutorPrompt) -> String? {
    guard let problem = Problem(parsing: prompt.state) else { return nil }
    switch prompt.role {
    case "solve": return problem.repairs.first?.description
    case "check":
      guard let answer = prompt.answer else { return "no" }
      return problem.examples.passed(by: Program(checked: answer), limits: limits) == Self.visibleExamples
        ? "ok" : "no"
    default: return nil
    }
  }

  /// Replaces one instruction by another.
  package func corrupted(
    _ output: String, for prompt: ExecutorPrompt, using generator: inout some RandomNumberGenerator
  ) -> String {
    if prompt.role == "check" { return output == "ok" ? "no" : "ok" }
    var program = Program(checked: output)
    let choices = ProgramCatalog.instructions(length: Self.listLength)
    guard !program.instructions.isEmpty else { return choices[0].description }
    let place = Int.random(in: 0..<program.instructions.count, using: &generator)
    let others = choices.filter { $0 != program.instructions[place] }
    program.instructions[place] = others[Int.random(in: 0..<others.count, using: &generator)]
    return program.description
  }
}

extension ListFunction {
  /// What a program of `add` and `swap` computes on lists of `length`.
  init(_ program: Program, length: Int) {
    self = program.instructions.reversed().reduce(.identity(length: length)) { $0.preceded(by: $1) }
  }
}

extension Examples {
  /// Whether a program of `add` and `swap` makes the outputs of the inputs.
  func areReached(by program: Program) -> Bool {
    pairs.allSatisfy { pair in
      program.instructions.reduce(into: pair.input) { $1.apply(to: &$0) } == pair.output
    }
  }
}
