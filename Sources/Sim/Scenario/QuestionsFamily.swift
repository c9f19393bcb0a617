import Actors
import Policy

/// Questions of the user's own in plain text, for published chat models, from a file with a JSON object a line:
///
/// ```
/// { "question": "Which is heavier, a litre of milk or a litre of oil?", "answer": "milk" }
/// { "question": "What is 12 * 4 - 5?", "answer": "43", "level": 2, "verifier": "number" }
/// ```
/// The hash of a question decides whether it is held out. The role `step` adds a line to the notes that all later agents read,
/// `solve` ends what it says with a line such as `Answer: 43`, and `check` says `ok` or `no`.
struct QuestionsFamily: TaskFamily {
  let name = Self.word
  let stepTools: [String] = []
  let hasTests = false
  let isText = true
  let levels: ClosedRange<Int>
  private let questions: [Question]
  /// The places of the questions in the list, by the first lines of their states.
  private let places: [String: Int]

  static let word = "questions"

  /// Says when an answer is right.
  enum Verifier: String, Sendable, CaseIterable, SettingsWord {
    /// An answer is right if it has the same words, in small letters or capitals.
    case exact
    /// An answer is right if it is the same decimal number, however it is written: `12.50` is `12.5`.
    case number
    /// An answer is right if it begins with the same letter, in brackets or not: `(b)` is `B`.
    case choice

    /// The form in which answers are compared; `nil` if the verifier cannot read the text.
    func reading(_ text: String) -> String? {
      let words = text.lowercased().split(whereSeparator: \.isWhitespace).joined(separator: " ")
      switch self {
      case .exact: return words.isEmpty ? nil : words
      case .number: return Self.number(words)
      case .choice:
        let letters = words.drop { $0 == "(" }
        guard let first = letters.first, first.isLetter, letters.dropFirst().first?.isLetter != true else {
          return nil
        }
        return String(first)
      }
    }

    /// A decimal number without what does not change it: a plus, commas between thousands, zeros at either end.
    private static func number(_ text: String) -> String? {
      var rest = text.filter { $0 != "," }[...]
      let isNegative = rest.first == "-"
      if isNegative || rest.first == "+" { rest.removeFirst() }
      let parts = rest.split(separator: ".", omittingEmptySubsequences: false)
      guard (1...2).contains(parts.count), parts.contains(where: { !$0.isEmpty }),
        parts.allSatisfy({ $0.utf8.allSatisfy { (0x30...0x39).contains($0) } })
      else { return nil }
      let whole = parts[0].drop { $0 == "0" }
      var fraction = parts.count == 2 ? parts[1] : ""
      while fraction.last == "0" { fraction.removeLast() }
      let value = (whole.isEmpty ? "0" : String(whole)) + (fraction.isEmpty ? "" : ".\(fraction)")
      return isNegative && value != "0" ? "-\(value)" : value
    }
  }

  /// A line of the file.
  struct Question: SettingsSection {
    var question = ""
    var answer = ""
    var level = 1
    var verifier = Verifier.exact

    mutating func describe(_ table: inout SettingsTable) throws(ScenarioError) {
      try table.field("question", &question, required: true, .notEmpty)
      try table.field("answer", &answer, required: true, .notEmpty)
      try table.field("level", &level, .within(FileFamily.allowedLevels))
      try table.field("verifier", &verifier)
      table.require(
        verifier.reading(answer) != nil, at: "answer", kind: .impossibleValue,
        "the verifier \"\(verifier.rawValue)\" cannot read the answer \"\(answer)\"")
      table.require(
        !answer.contains(where: \.isNewline), at: "answer", kind: .impossibleValue, "an answer is one line")
    }

    var state: String { ExecutorPrompt.line(question) }
    var hash: UInt64 { fingerprint(of: [QuestionsFamily.word, question]) }
  }

  /// Reads the questions of a file, whose path is relative to the working directory.
  /// - Throws: ``ScenarioError`` with the file, the line, the key and what is wrong with its value.
  init(contentsOf path: String) throws(ScenarioError) {
    var (questions, places) = ([Question](), [String: Int]())
    try JSONLines.read(path, as: Question.self) { (question, setting) throws(ScenarioError) in
      guard places.updateValue(questions.count, forKey: question.state) == nil else {
        throw setting.descendant(["question"]).failure(.contradiction, "the question is given twice")
      }
      questions.append(question)
    }
    guard let most = questions.map(\.level).max() else {
      throw ScenarioError(kind: .missingKey, file: path, position: nil, path: "", what: "has no questions")
    }
    self.questions = questions
    self.places = places
    levels = 1...most
  }

  private func question(_ state: String) -> Question? {
    state.split(separator: "\n").first.flatMap { places[String($0)] }.map { questions[$0] }
  }

  func instance(
    level: Int, split: TaskSplit, using generator: inout some RandomNumberGenerator
  ) throws -> TaskInstance {
    let known = questions.filter { $0.level == level && TaskSplit(hash: $0.hash) == split }
    guard !known.isEmpty else { throw TaskError.noInstance(family: name, level: level, split: split) }
    let drawn = known[Int.random(in: 0..<known.count, using: &generator)]
    return TaskInstance(
      family: name, level: level, hash: drawn.hash, statement: drawn.state, solution: drawn.answer)
  }

  func start(_ task: TaskInstance) -> Work { Work(state: task.statement) }

  func plays(_ role: String) -> Bool { ["step", "solve", "check"].contains(role) }

  func instructions(for role: String) -> String {
    switch role {
    case TroupeVocabulary.designer: "A question is given."
    case "step": "Write one line that helps to answer the question. Do not answer it."
    case "check": "Say ok if the proposed answer is right, and no if it is not."
    default: "Answer the question, and end with a line as in: Answer: 12"
    }
  }

  func apply(_ output: String, as role: String, to work: Work) throws(WorkFault) -> Work {
    switch role {
    case "check":
      guard output == "ok" || output == "no" else { throw .malformed("a critic says `ok` or `no`") }
      var result = work
      result.verdict = output == "ok"
      return result
    case "solve":
      let verifier = question(work.state)?.verifier ?? .exact
      return try work.answering(spoken: output) { verifier.reading($0) }
    case "step": return try work.noting(output)
    default:
      guard Script.wording(ofRole: role) != nil else { throw .malformed("\(name) has no role \(role)") }
      return try work.answeringOrNoting(output)
    }
  }

  func run(tool: String, on work: Work) -> Work { work }
  func effect(ofTool tool: String) -> WorkEffect { WorkEffect() }
  func testsPassed(_ work: Work) -> Int? { nil }

  func verify(_ work: Work, on task: TaskInstance) -> Bool {
    guard let question = question(task.statement), let answer = work.answer else { return false }
    return question.verifier.reading(answer) == question.verifier.reading(question.answer)
  }

  func recognizes(state: String) -> Bool { question(state) != nil }
  func hash(ofState state: String) -> UInt64? { question(state)?.hash }
  func remainingSteps(_ state: String) -> Int? { question(state) == nil ? nil : 1 }

  func reference(_ prompt: ExecutorPrompt) -> String? {
    guard let question = question(prompt.state) else { return nil }
    switch prompt.role {
    case "solve": return SpokenAnswer.line(question.answer)
    case "check":
      let given = prompt.answer.flatMap(question.verifier.reading)
      return given == question.verifier.reading(question.answer) ? "ok" : "no"
    default: return nil
    }
  }

  /// The answer to another question.
  func corrupted(
    _ output: String, for prompt: ExecutorPrompt, using generator: inout some RandomNumberGenerator
  ) -> String {
    if prompt.role == "check" { return output == "ok" ? "no" : "ok" }
    let others = questions.map { SpokenAnswer.line($0.answer) }.filter { $0 != output }
    return others.isEmpty ? output : others[Int.random(in: 0..<others.count, using: &generator)]
  }
}
