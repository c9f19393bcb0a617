/// Programs to be carried out: `[ add 1 2 swap 1 3 ] 5 0 7` asks what the program makes of the list 5 0 7, which is
/// 7 0 7.
///
/// A problem of level L has L instructions. The role `step` carries out the first one and says what is left, `solve`
/// says the final list. A cold start shows `solve` only where one instruction is left, and `step` only where there is
/// one, so a chain has to have the right length. The role `pick` chooses it: it names ``TroupeVocabulary/chains`` by how
/// many steps should come before `solve`, and `route size` goes by the same number.
package struct TraceFamily: TaskFamily {
  package let name = "trace"
  package let levels = 1...5
  /// How many digits a list has, from 2 to 5.
  package let length: Int

  /// A program with the list that it is to run on.
  struct Run: Hashable {
    var program: Program
    var list: [Int]

    var text: String {
      (["["] + program.instructions.map(\.description) + ["]"] + list.map(String.init)).joined(separator: " ")
    }

    /// What is left after the first instruction; the run itself if there is none.
    var reduced: Run {
      var result = self
      guard let first = program.instructions.first else { return self }
      first.apply(to: &result.list)
      result.program.instructions.removeFirst()
      return result
    }

    /// The list in the end.
    var result: [Int] { program.instructions.reduce(into: list) { $1.apply(to: &$0) } }

    init(program: Program, list: [Int]) {
      self.program = program
      self.list = list
    }

    /// Reads a run on a list of `length` digits, of a program without loops and `dup`.
    init?(parsing text: String, length: Int) {
      let words = text.split(separator: " ")
      guard words.first == "[", let end = words.firstIndex(of: "]"),
        let program = try? Program(parsing: words[1..<end].joined(separator: " ")), program.isFlat,
        let list = Run.digits(words[(end + 1)...].joined(), length: length)
      else { return nil }
      self.init(program: program, list: list)
    }

    /// Digits, whatever white space stands between them.
    static func digits(_ text: String, length: Int) -> [Int]? {
      let digits = text.filter { $0 != " " }
      guard digits.utf8.count == length, digits.allSatisfy({ ("0"..."9").contains($0) }) else { return nil }
      return digits.compactMap(\.wholeNumberValue)
    }
  }

  /// Makes a family.
  /// - Throws: ``TaskError/parameters(family:_:)`` unless `length` is within 2...5.
  package init(length: Int = 4) throws(TaskError) {
    guard (2...5).contains(length) else {
      throw .parameters(family: "trace", "a list must have 2 to 5 digits")
    }
    self.length = length
  }

  package func instance(
    level: Int, split: TaskSplit, using generator: inout some RandomNumberGenerator
  ) throws(TaskError) -> TaskInstance {
    guard levels.contains(level) else { throw .level(level, family: name, allowed: levels) }
    guard level > 1 || split == .train else { throw .noInstance(family: name, level: level, split: split) }
    let instructions = ProgramCatalog.instructions(length: length)
    let (swaps, all) = (length * (length - 1) / 2, instructions.count)
    for _ in 0..<ArithmeticFamily.maximumDraws {
      // As many swaps as additions, though there are more additions to choose from.
      let program = (0..<level).map { _ in
        Bool.random(using: &generator)
          ? instructions[Int.random(in: 0..<swaps, using: &generator)]
          : instructions[Int.random(in: swaps..<all, using: &generator)]
      }
      let list = (0..<length).map { _ in Int.random(in: 0...9, using: &generator) }
      let run = Run(program: Program(program), list: list)
      let hash = hash(of: run)
      guard TaskSplit(hash: hash) == split else { continue }
      if split == .train, leadsToHeldOut(run) { continue }
      return TaskInstance(
        family: name, level: level, hash: hash, statement: run.text, solution: Self.text(run.result))
    }
    throw .noInstance(family: name, level: level, split: split)
  }

  /// Whether a perfect chain of steps passes a held-out problem.
  private func leadsToHeldOut(_ run: Run) -> Bool {
    sequence(first: run.reduced) { $0.program.instructions.isEmpty ? nil : $0.reduced }
      .contains { TaskSplit(hash: hash(of: $0)) == .heldOut }
  }

  private static func text(_ list: [Int]) -> String { list.map(String.init).joined(separator: " ") }

  private func run(_ state: String) -> Run? { Run(parsing: state, length: length) }

  package func start(_ task: TaskInstance) -> Work { Work(state: task.statement) }

  package func plays(_ role: String) -> Bool { ["step", "solve", "check", "pick"].contains(role) }

  package func isShown(_ prompt: ExecutorPrompt) -> Bool {
    let count = run(prompt.state)?.program.instructions.count ?? 0
    return ["solve", "check"].contains(prompt.role) ? count <= 1 : true
  }

  /// Whoever solves sees nothing but the problem, so that every attempt is a fresh one.
  package func prompt(for role: String, on work: Work, beside others: [Work]) -> ExecutorPrompt {
    ExecutorPrompt(role: role, state: work.state, answer: role == "check" ? work.answer : nil)
  }

  package func instructions(for role: String) -> String {
    let problem = """
      A problem is a program and a list of \(length) digits: `[ add 1 2 swap 1 3 ] 5 0 7 1` becomes 7 0 7 1. `add i d` \
      adds d to the digit at position i, from 1 on, modulo 10, and `swap i j` exchanges two.
      """
    let chains = TroupeVocabulary.chains.map { "`\($0)`" }.joined(separator: ", ")
    return switch role {
    case TroupeVocabulary.designer:
      "\(problem) The role `step` carries out the first instruction; `solve` says the final list; `check` judges an "
        + "answer; `pick` names who goes on, one of \(chains), by how many steps should come before `solve`."
    case "step":
      "\(problem) Carry out the first instruction only, and reply with what is left, such as `[ swap 1 3 ] 7 0 7 1`."
    case "solve": "\(problem) Reply with the final list, \(length) digits, and nothing else."
    case "check":
      "\(problem) After a comma follows an answer. Reply `ok` if it is right, and `no` if it is not."
    case "pick":
      "\(problem) Reply with one of \(chains): the number of instructions that come before the last one."
    default: problem
    }
  }

  package func apply(_ output: String, as role: String, to work: Work) throws(WorkFault) -> Work {
    switch role {
    case "step":
      guard let old = run(work.state), let new = run(output),
        new.program.instructions.count < max(1, old.program.instructions.count)
      else { throw .malformed("a step says a shorter program and a list") }
      return Work(state: new.text)
    case "solve":
      guard let list = Run.digits(output, length: length) else { throw .malformed("solve says a list") }
      var result = work
      result.answer = Self.text(list)
      result.verdict = nil
      return result
    case "check": return try judged(work, by: output)
    default: throw .malformed("trace has no role \(role)")
    }
  }

  /// How many steps should come before `solve`, and at least 1.
  package func size(of work: Work) -> Int { max(1, (run(work.state)?.program.instructions.count ?? 2) - 1) }

  package func recognizes(state: String) -> Bool { run(state) != nil }
  package func hash(ofState state: String) -> UInt64? { run(state).map(hash(of:)) }

  /// Runs of a single instruction are always on the training side.
  private func hash(of run: Run) -> UInt64 {
    var fingerprint = Fingerprint()
    fingerprint.add(name)
    fingerprint.add(run.text)
    return run.program.instructions.count < 2 ? TaskSplit.trainingHash(fingerprint.value) : fingerprint.value
  }

  package func remainingSteps(_ state: String) -> Int? { run(state)?.program.instructions.count }

  package func reference(_ prompt: ExecutorPrompt) -> String? {
    guard let run = run(prompt.state) else { return nil }
    switch prompt.role {
    case "step": return run.reduced.text
    case "solve": return Self.text(run.result)
    case "check":
      return prompt.answer.flatMap { Run.digits($0, length: length) } == run.result ? "ok" : "no"
    case "pick": return TroupeVocabulary.chain(ofSteps: run.program.instructions.count - 1)
    default: return nil
    }
  }

  /// Changes one digit of the list, or picks another chain.
  package func corrupted(
    _ output: String, for prompt: ExecutorPrompt, using generator: inout some RandomNumberGenerator
  ) -> String {
    if prompt.role == "check" { return output == "ok" ? "no" : "ok" }
    if prompt.role == "pick" {
      let others = TroupeVocabulary.chains.filter { $0 != output }
      return others[Int.random(in: 0..<others.count, using: &generator)]
    }
    var words = Array(output)
    let places = words.indices.filter { words[$0].isNumber }.suffix(length)
    guard !places.isEmpty else { return output }
    let place = places[Int.random(in: places.startIndex..<places.endIndex, using: &generator)]
    let digit = (words[place].wholeNumberValue ?? 0) + Int.random(in: 1...9, using: &generator)
    words[place] = Character("\(digit % 10)")
    return String(words)
  }
}

extension Program {
  /// Whether it consists of `add` and `swap` only.
  var isFlat: Bool {
    instructions.allSatisfy { instruction in
      switch instruction {
      case .add, .swap: true
      case .duplicate, .loop: false
      }
    }
  }
}
