import Actors
import Foundation
import Policy

/// Questions and answers of the user's own, from a file with a JSON object a line:
///
/// ```
/// { "question": "who has the ball", "answer": "ann", "level": 1 }
/// { "question": "how many balls has ann", "answer": "3", "level": 2, "verifier": "number" }
/// ```
/// The hash of a question decides whether it is held out. The role `solve` says an answer, and `check` judges it.
/// docs/families.md says what a line may hold.
struct FileFamily: TaskFamily {
  let name = Self.word
  let hasTests: Bool
  let levels: ClosedRange<Int>
  private let questions: [Question]
  /// The places of the questions in the list, by their texts without white space.
  private let places: [String: Int]

  static let word = "file"
  /// The levels that questions may have.
  static let allowedLevels = 1...9

  /// Says when an answer is right.
  enum Verifier: String, Sendable, CaseIterable, SettingsWord {
    /// An answer is right if it has the same words.
    case exact
    /// An answer is right if it is the same whole number.
    case number
    /// An answer is right if it is a program of the list machine that passes the question's tests.
    case tests

    /// Whether an answer has the form that this verifier reads.
    func reads(_ answer: String) -> Bool {
      switch self {
      case .exact: true
      case .number: Int(FileFamily.key(answer)) != nil
      case .tests: (try? Program(parsing: answer)) != nil
      }
    }
  }

  /// A line of the file.
  struct Question: SettingsSection {
    var question = ""
    var answer = ""
    var level = 1
    var verifier = Verifier.exact
    /// The examples that a program has to pass, in the notation of `synthesis`.
    var tests = ""

    mutating func describe(_ table: inout SettingsTable) throws(ScenarioError) {
      try table.field("question", &question, required: true, .notEmpty)
      try table.field("answer", &answer, required: true, .notEmpty)
      try table.field("level", &level, .within(allowedLevels))
      try table.field("verifier", &verifier)
      try table.field("tests", &tests)
      table.require(
        !question.contains { ",=".contains($0) }, at: "question", kind: .impossibleValue,
        "a question cannot have `,` or `=`, which mark answers and the end of a prompt")
      table.require(
        verifier.reads(answer), at: "answer", kind: .impossibleValue,
        "the verifier \"\(verifier.rawValue)\" cannot read the answer \"\(answer)\"")
      table.require(
        verifier != .tests || accepts(answer), at: "tests",
        "the answer does not pass the tests")
    }

    /// How many tests a program passes; `nil` if there are none.
    func passed(by answer: String) -> Int? {
      guard verifier == .tests, let program = try? Program(parsing: answer) else { return nil }
      return Examples(parsing: tests)?.passed(by: program, limits: ProgramLimits())
    }

    func accepts(_ given: String) -> Bool {
      switch verifier {
      case .exact: FileFamily.key(given) == FileFamily.key(answer)
      case .number: Int(FileFamily.key(given)) == Int(FileFamily.key(answer))
      case .tests: passed(by: given).map { $0 == Examples(parsing: tests)?.pairs.count } ?? false
      }
    }

    /// FNV-1a of the text without white space.
    var hash: UInt64 {
      FileFamily.key(question).utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }
  }

  /// A text without white space, which the vocabulary does not keep.
  private static func key(_ text: String) -> String { text.filter { !$0.isWhitespace } }

  /// Reads the questions of a file, whose path is relative to the working directory.
  /// - Throws: ``ScenarioError`` with the file, the line, the key and what is wrong with its value.
  init(_ file: QuestionFile) throws(ScenarioError) {
    var (questions, places) = ([Question](), [String: Int]())
    let keys = ["question", "answer", "level", "verifier", "tests"]
    try file.read(as: Question.self, keys: keys) { (question, setting) throws(ScenarioError) in
      guard places.updateValue(questions.count, forKey: Self.key(question.question)) == nil else {
        throw setting.descendant(["question"]).failure(.contradiction, "the question is given twice")
      }
      questions.append(question)
    }
    guard let most = questions.map(\.level).max() else {
      throw ScenarioError(
        kind: .missingKey, file: file.path, position: nil, path: "", what: "has no questions")
    }
    self.questions = questions
    self.places = places
    levels = 1...most
    hasTests = questions.contains { $0.verifier == .tests }
  }

  /// The words of the questions and answers that the vocabulary lacks, in the file's order.
  var words: [String] {
    var words = TroupeVocabulary.words
    var tokenizer = TroupeVocabulary.tokenizer
    for text in questions.flatMap({ [$0.question, $0.answer] }) {
      while true {
        do throws(TokenizerError) {
          _ = try tokenizer.encode(text)
          break
        } catch {
          guard case .unknownWord(let word, _) = error else { break }
          words.append(word)
          tokenizer = WordTokenizer(words: words)
        }
      }
    }
    return Array(words.dropFirst(TroupeVocabulary.words.count))
  }

  private func question(_ state: String) -> Question? { places[Self.key(state)].map { questions[$0] } }

  func instance(
    level: Int, split: TaskSplit, using generator: inout some RandomNumberGenerator
  ) throws -> TaskInstance {
    let known = questions.filter { $0.level == level && TaskSplit(hash: $0.hash) == split }
    guard !known.isEmpty else { throw TaskError.noInstance(family: name, level: level, split: split) }
    let drawn = known[Int.random(in: 0..<known.count, using: &generator)]
    return TaskInstance(
      family: name, level: level, hash: drawn.hash, statement: drawn.question, solution: drawn.answer)
  }

  func start(_ task: TaskInstance) -> Work { Work(state: task.statement) }

  func plays(_ role: String) -> Bool { ["solve", "check"].contains(role) }

  /// Whoever solves sees nothing but the question, so that every attempt is a fresh one.
  func prompt(for role: String, on work: Work, beside others: [Work]) -> ExecutorPrompt {
    ExecutorPrompt(role: role, state: work.state, answer: role == "check" ? work.answer : nil)
  }

  func instructions(for role: String) -> String {
    switch role {
    case TroupeVocabulary.designer:
      "A problem is a question. The role `solve` says its answer; `check` judges one."
    case "check":
      "A problem is a question. After a comma follows an answer. Reply `ok` if it is right, and `no` if it is not."
    default: "A problem is a question. Reply with its answer and nothing else."
    }
  }

  func apply(_ output: String, as role: String, to work: Work) throws(WorkFault) -> Work {
    var result = work
    switch (role, output) {
    case ("solve", _):
      guard !output.isEmpty, question(work.state)?.verifier.reads(output) ?? true else {
        throw .malformed("solve says what the verifier can read")
      }
      result.answer = output
      result.verdict = nil
    case ("check", "ok"): result.verdict = true
    case ("check", "no"): result.verdict = false
    case ("check", _): throw .malformed("a critic says `ok` or `no`")
    default: throw .malformed("\(name) has no role \(role)")
    }
    return result
  }

  func run(tool: String, on work: Work) -> Work {
    guard tool == TroupeVocabulary.testTool, let passed = testsPassed(work) else { return work }
    var result = work
    result.verdict = passed == question(work.state).flatMap { Examples(parsing: $0.tests)?.pairs.count }
    return result
  }

  func effect(ofTool tool: String) -> WorkEffect {
    tool == TroupeVocabulary.testTool ? WorkEffect(reads: .state, sets: .verdict) : WorkEffect()
  }

  func testsPassed(_ work: Work) -> Int? {
    guard let question = question(work.state), question.verifier == .tests else { return nil }
    return work.answer.flatMap(question.passed) ?? 0
  }

  func verify(_ work: Work, on task: TaskInstance) -> Bool {
    guard let question = question(task.statement), let answer = work.answer else { return false }
    return question.accepts(answer)
  }

  func recognizes(state: String) -> Bool { question(state) != nil }
  func hash(ofState state: String) -> UInt64? { question(state)?.hash }
  func remainingSteps(_ state: String) -> Int? { question(state) == nil ? nil : 1 }

  func reference(_ prompt: ExecutorPrompt) -> String? {
    guard let question = question(prompt.state) else { return nil }
    switch prompt.role {
    case "solve": return question.answer
    case "check": return prompt.answer.map(question.accepts) ?? false ? "ok" : "no"
    default: return nil
    }
  }

  /// The answer to another question.
  func corrupted(
    _ output: String, for prompt: ExecutorPrompt, using generator: inout some RandomNumberGenerator
  ) -> String {
    if prompt.role == "check" { return output == "ok" ? "no" : "ok" }
    let others = questions.map(\.answer).filter { $0 != output }
    return others.isEmpty ? output : others[Int.random(in: 0..<others.count, using: &generator)]
  }
}
