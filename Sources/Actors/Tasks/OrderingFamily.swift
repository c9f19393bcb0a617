/// Lists to be put in order: `5 0 7 1 9` asks for the fewest exchanges that make it 0 1 5 7 9, such as
/// `swap 1 2 swap 2 4 swap 3 4`.
///
/// A list has different digits. A problem of level L takes L exchanges, which is the list's length less the number of its
/// cycles, and a program with more is wrong. There are many right programs: any exchange within a cycle is a right
/// beginning. The role `step` says one exchange, and the tool `run` carries it out; `solve` says the rest of the
/// program, `check` judges it, and the tool `test` says whether it puts the list that is left in order with as few exchanges as
/// possible; a step that was wasted before, it does not see.
package struct OrderingFamily: TaskFamily {
  package let name = "ordering"
  package let stepTools = ["run"]
  package let hasTests = true
  package let levels = 1...4
  /// How many digits a list has.
  static let length = 5

  /// A list of different digits.
  struct Arrangement: Hashable {
    var digits: [Int]

    var text: String { digits.map(String.init).joined(separator: " ") }

    init(digits: [Int]) { self.digits = digits }

    /// Reads a list, whatever white space stands between its digits.
    init?(parsing text: String) {
      guard let digits = TraceFamily.Run.digits(text, length: OrderingFamily.length),
        Set(digits).count == digits.count
      else { return nil }
      self.digits = digits
    }

    /// The fewest exchanges that put the list in order.
    var distance: Int {
      let sorted = digits.sorted()
      var seen = Array(repeating: false, count: digits.count)
      var cycles = 0
      for start in digits.indices where !seen[start] {
        cycles += 1
        var place = start
        while !seen[place] {
          seen[place] = true
          place = sorted.firstIndex(of: digits[place]) ?? place
        }
      }
      return digits.count - cycles
    }

    /// The exchanges that a shortest program may begin with, in a fixed order: those within a cycle.
    var beginnings: [Instruction] {
      let distance = distance
      return (1...digits.count).flatMap { i in
        (1...digits.count).filter { $0 > i }.map { Instruction.swap(i, $0) }
      }.filter { after([$0]).distance < distance }
    }

    func after(_ instructions: [Instruction]) -> Arrangement {
      Arrangement(digits: instructions.reduce(into: digits) { $1.apply(to: &$0) })
    }

    /// A shortest program, which depends on the list as by chance.
    var program: Program {
      var (rest, program) = (self, Program())
      while rest.distance > 0 {
        let beginnings = rest.beginnings
        let next = beginnings[Int(fingerprint(of: [rest.text]) % UInt64(beginnings.count))]
        program.instructions.append(next)
        rest = rest.after([next])
      }
      return program
    }

    /// Whether the program puts the list in order with as few exchanges as possible.
    func isSorted(by program: Program) -> Bool {
      program.instructions.count == distance && after(program.instructions).distance == 0
    }
  }

  package init() {}

  package func instance(
    level: Int, split: TaskSplit, using generator: inout some RandomNumberGenerator
  ) throws(TaskError) -> TaskInstance {
    guard levels.contains(level) else { throw .level(level, family: name, allowed: levels) }
    guard level > 1 || split == .train else { throw .noInstance(family: name, level: level, split: split) }
    for _ in 0..<ArithmeticFamily.maximumDraws {
      let list = Arrangement(digits: Array(Array(0...9).shuffled(using: &generator).prefix(Self.length)))
      guard list.distance == level else { continue }
      let hash = hash(of: list)
      guard TaskSplit(hash: hash) == split else { continue }
      let program = list.program
      if split == .train, leadsToHeldOut(list, program) { continue }
      return TaskInstance(
        family: name, level: level, hash: hash, statement: list.text, solution: program.description)
    }
    throw .noInstance(family: name, level: level, split: split)
  }

  /// Whether the program, taken step by step, passes a held-out list.
  private func leadsToHeldOut(_ list: Arrangement, _ program: Program) -> Bool {
    program.instructions.indices.contains { end in
      TaskSplit(hash: hash(of: list.after(Array(program.instructions[...end])))) == .heldOut
    }
  }

  private func list(_ state: String) -> Arrangement? { Arrangement(parsing: state) }

  package func start(_ task: TaskInstance) -> Work { Work(state: task.statement) }

  package func plays(_ role: String) -> Bool { ["step", "solve", "check"].contains(role) }

  /// Whoever solves sees nothing but the list, so that every attempt is a fresh one.
  package func prompt(for role: String, on work: Work, beside others: [Work]) -> ExecutorPrompt {
    ExecutorPrompt(role: role, state: work.state, answer: role == "check" ? work.answer : nil)
  }

  package func instructions(for role: String) -> String {
    let problem = """
      A problem is a list of \(Self.length) different digits, which are to be put in ascending order by as few exchanges as \
      possible; `swap i j` exchanges the digits at positions i and j, from 1 on.
      """
    return switch role {
    case TroupeVocabulary.designer:
      "\(problem) The role `step` says one exchange, and the tool `run` carries it out; `solve` says the rest of the "
        + "program; `check` judges one; the tool `test` tries one."
    case "step":
      "\(problem) Reply with one exchange only, such as `swap 1 3`, or with nothing if all is in order."
    case "solve": "\(problem) Reply with all exchanges, such as `swap 1 3 swap 2 4`, and nothing else."
    case "check":
      "\(problem) After a comma follows a program. Reply `ok` if it is right, and `no` if it is not."
    default: problem
    }
  }

  package func apply(_ output: String, as role: String, to work: Work) throws(WorkFault) -> Work {
    switch role {
    case "step":
      let program = try exchanges(output)
      guard program.instructions.count <= 1 else { throw .malformed("a step says one exchange") }
      return work.proposing(program.description)
    case "solve": return work.answering(try exchanges(output).description)
    case "check": return try judged(work, by: output)
    default: throw .malformed("ordering has no role \(role)")
    }
  }

  /// Reads a program of exchanges alone.
  private func exchanges(_ text: String) throws(WorkFault) -> Program {
    guard let program = try? Program(parsing: text),
      program.instructions.allSatisfy({ if case .swap = $0 { true } else { false } })
    else { throw .malformed("a program consists of exchanges: `swap 1 3`") }
    return program
  }

  package func run(tool: String, on work: Work) throws(WorkFault) -> Work {
    guard let list = list(work.state) else { return work }
    switch tool {
    case "run":
      guard let proposal = work.proposal else { return work }
      return work.advanced(to: list.after(Program(checked: proposal).instructions).text)
    case TroupeVocabulary.testTool:
      var result = work
      result.verdict = testsPassed(work) == 1
      return result
    default: return work
    }
  }

  package func effect(ofRole role: String) -> WorkEffect {
    switch role {
    case "step": .proposing
    case "check": .judging
    default: .answering
    }
  }

  package func effect(ofTool tool: String) -> WorkEffect {
    switch tool {
    case "run":
      .advancing
    case TroupeVocabulary.testTool: .judging
    default: WorkEffect()
    }
  }

  /// 1 if the answer puts the list in order with as few exchanges as possible, or the proposal begins such a program.
  package func testsPassed(_ work: Work) -> Int? {
    guard let list = list(work.state) else { return nil }
    if let answer = work.answer { return list.isSorted(by: Program(checked: answer)) ? 1 : 0 }
    guard let proposal = work.proposal else { return 0 }
    let program = Program(checked: proposal).instructions
    guard !program.isEmpty || list.distance == 0 else { return 0 }
    return list.after(program).distance == list.distance - program.count ? 1 : 0
  }

  package func verify(_ work: Work, on task: TaskInstance) -> Bool {
    guard let answer = work.answer, let list = list(task.statement) else { return false }
    let whole = Program(checked: work.program).instructions + Program(checked: answer).instructions
    return list.isSorted(by: Program(whole))
  }

  package func recognizes(state: String) -> Bool { list(state) != nil }
  package func hash(ofState state: String) -> UInt64? { list(state).map(hash(of:)) }

  /// Lists that one exchange puts in order are always on the training side.
  private func hash(of list: Arrangement) -> UInt64 {
    let hash = fingerprint(of: [name, list.text])
    return list.distance < 2 ? TaskSplit.trainingHash(hash) : hash
  }

  package func remainingSteps(_ state: String) -> Int? { list(state)?.distance }

  package func reference(_ prompt: ExecutorPrompt) -> String? {
    guard let list = list(prompt.state) else { return nil }
    switch prompt.role {
    case "step": return list.program.instructions.first?.description ?? ""
    case "solve": return list.program.description
    case "check":
      guard let answer = prompt.answer else { return "no" }
      return list.isSorted(by: Program(checked: answer)) ? "ok" : "no"
    default: return nil
    }
  }

  /// Replaces one exchange by another, or adds one to an empty program.
  package func corrupted(
    _ output: String, for prompt: ExecutorPrompt, using generator: inout some RandomNumberGenerator
  ) -> String {
    if prompt.role == "check" { return output == "ok" ? "no" : "ok" }
    var program = Program(checked: output).instructions
    let place = program.isEmpty ? 0 : Int.random(in: 0..<program.count, using: &generator)
    let i = Int.random(in: 1..<Self.length, using: &generator)
    var other = Instruction.swap(i, Int.random(in: (i + 1)...Self.length, using: &generator))
    if program.indices.contains(place), program[place] == other {
      other = other == .swap(1, 2) ? .swap(1, 3) : .swap(1, 2)
    }
    if program.isEmpty { program = [other] } else { program[place] = other }
    return Program(program).description
  }
}
