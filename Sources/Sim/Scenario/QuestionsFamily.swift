import Actors
import Foundation
import Messaging
import Policy
import Sandbox

/// Questions of the user's own in plain text, for published chat models, from a file with a JSON object a line, or from a CSV file:
///
/// ```
/// { "question": "Which is heavier, a litre of milk or a litre of oil?", "answer": "milk" }
/// { "question": "What is 12 * 4 - 5?", "answer": "43", "level": 2, "verifier": "number" }
/// ```
/// The hash of a question decides whether it is held out. The role `step` adds a line to the notes that all later agents read,
/// `solve` ends what it says with a line such as `Answer: 43`, and `check` says `ok` or `no`. Where the verifier is `code`, the answer
/// is a program (``PythonProblem``). docs/data.md says what a line may hold.
struct QuestionsFamily: TrialFamily {
  let name = Self.word
  let isText = true
  let levels: ClosedRange<Int>
  private let questions: [Question]
  /// The places of the questions in the list, by the first lines of their states.
  private let places: [String: Int]
  private let settings: Scenario.QuestionSettings
  private let verifiers: [String: any Verifier]
  /// The files of the user's command.
  private let files: [SandboxedRun.File]
  /// Whether all answers are programs.
  private let isCode: Bool

  static let word = "questions"

  /// A line of the file.
  struct Question: SettingsSection {
    var question = ""
    var answer = ""
    var level = 1
    var verifier = VerifierName.exact.rawValue
    /// The tests of a program, which only the verifier sees.
    var tests = ""
    /// Tests of a program that agents may see.
    var examples = ""
    /// The name of the function that is asked for.
    var entry = ""

    static let keys = ["question", "answer", "level", "verifier", "tests", "examples", "entry"]

    var isCode: Bool { verifier == VerifierName.code.rawValue }
    private var isRun: Bool { isCode || verifier == VerifierName.command.rawValue }

    mutating func describe(_ table: inout SettingsTable) throws(ScenarioError) {
      try table.field("question", &question, required: true, .notEmpty)
      try table.field("level", &level, .within(FileFamily.allowedLevels))
      try table.field("verifier", &verifier, .known("verifier", table.catalogue.verifiers))
      try table.field("answer", &answer, required: !isRun)
      try table.field("tests", &tests)
      try table.field("examples", &examples)
      try table.field("entry", &entry)
      table.require(isRun || !answer.isEmpty, at: "answer", kind: .impossibleValue, "must not be empty")
      if let known = VerifierName(rawValue: verifier)?.verifier() {
        table.require(
          answer.isEmpty || known.reads(expectation: answer), at: "answer", kind: .impossibleValue,
          "the verifier \"\(verifier)\" cannot read the answer \"\(answer)\"")
      }
      table.require(
        isCode || !answer.contains(where: \.isNewline), at: "answer", kind: .impossibleValue,
        "an answer is one line")
      table.require(
        !isCode || (!entry.isEmpty && !tests.isEmpty), at: "verifier", kind: .missingKey,
        "the verifier \"code\" needs `entry`, the name of the function, and `tests`")
      table.require(
        isCode || (entry.isEmpty && tests.isEmpty && examples.isEmpty), at: "verifier",
        "only the verifier \"code\" has `entry`, `tests` and `examples`")
    }

    var state: String { ExecutorPrompt.line(question) }
    var hash: UInt64 { fingerprint(of: [QuestionsFamily.word, question]) }

    /// The question without what makes no other question of it: capitals, white space and punctuation at its end.
    var plain: String {
      var words = question.lowercased().split(whereSeparator: \.isWhitespace).joined(separator: " ")
      while let last = words.last, last.isPunctuation, !")]}".contains(last) { words.removeLast() }
      return words
    }

    /// The problem of a program. A question that is the beginning of the program stands before an answer that is the rest.
    var problem: PythonProblem {
      PythonProblem(
        entry: entry, prelude: question.contains("def \(entry)(") ? question : "", examples: examples,
        tests: tests)
    }
  }

  /// A verifier that the program registered.
  private struct OwnVerifier: Verifier {
    var judge: @Sendable (String, String) -> Bool

    func reading(_ given: String) -> String? { given.isEmpty ? nil : given }
    func accepts(_ given: String, expected: String) -> Bool { judge(given, expected) }
  }

  /// Reads the questions of a file, whose path is relative to the working directory.
  /// - Throws: ``ScenarioError`` with the file, the line, the key and what is wrong with its value.
  init(
    _ file: QuestionFile, _ own: [String: @Sendable (String, String) -> Bool] = [:]
  ) throws(ScenarioError) {
    var (questions, places, seen) = ([Question](), [String: Int](), [String: Int]())
    try file.read(as: Question.self, keys: Question.keys) { (question, setting) throws(ScenarioError) in
      let asked = setting.descendant(["question"])
      guard places.updateValue(questions.count, forKey: question.state) == nil else {
        throw asked.failure(.contradiction, "the question is given twice")
      }
      // One of the two might be held out, and the other learned from.
      if let other = seen.updateValue(questions.count, forKey: question.plain) {
        throw asked.failure(
          .contradiction,
          "the question is that of entry \(other + 1) but for capitals, white space and punctuation, and they might be on two sides of the split"
        )
      }
      if question.verifier == VerifierName.command.rawValue, file.settings.command.isEmpty {
        throw setting.descendant(["verifier"]).failure(
          .missingKey, "the verifier \"command\" needs a command, which the family's `command` gives")
      }
      questions.append(question)
    }
    guard let most = questions.map(\.level).max() else {
      throw ScenarioError(
        kind: .missingKey, file: file.path, position: nil, path: "", what: "has no questions")
    }
    self.questions = questions
    self.places = places
    settings = file.settings
    levels = 1...most
    isCode = questions.allSatisfy(\.isCode)
    var verifiers: [String: any Verifier] = own.mapValues { OwnVerifier(judge: $0) }
    for name in VerifierName.allCases {
      verifiers[name.rawValue] = name.verifier(tolerance: name.hasTolerance ? settings.tolerance : 0)
    }
    self.verifiers = verifiers
    var files: [SandboxedRun.File] = []
    for path in file.settings.files {
      let url = URL(fileURLWithPath: path)
      files.append(
        SandboxedRun.File(url.lastPathComponent, Array(try Scenario.bytes(of: url, atMost: 1 << 20))))
    }
    if let bad = files.indices.first(where: { place in
      !SandboxedRun.File.allows(files[place].name)
        || files[..<place].contains { $0.name == files[place].name }
    }) {
      throw ScenarioError(
        kind: .impossibleValue, file: file.settings.files[bad], position: nil, path: "",
        what: "a file of a command has a name of letters, digits, `.`, `_` and `-`, and no two have the same")
    }
    self.files = files
  }

  private func question(_ state: String) -> Question? {
    state.split(separator: "\n").first.flatMap { places[String($0)] }.map { questions[$0] }
  }

  /// How many questions there are of a level on a side of the split.
  func count(level: Int, split: TaskSplit) -> Int {
    questions.count { $0.level == level && TaskSplit(hash: $0.hash) == split }
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
    switch (role, isCode) {
    case (TroupeVocabulary.designer, false): "A question is given."
    case (TroupeVocabulary.designer, true): "A function in Python is asked for, and hidden tests judge it."
    case ("step", false): "Write one line that helps to answer the question. Do not answer it."
    case ("step", true): "Write one test of the function and nothing else, as in: assert f(2) == 3"
    case ("check", false): "Say ok if the proposed answer is right, and no if it is not."
    case ("check", true): "Say ok if the proposed function does what is asked, and no if it does not."
    case (_, false): "Answer the question, and end with a line as in: Answer: 12"
    case (_, true): "Write the function in Python and nothing else. If one was rejected, put it right."
    }
  }

  func apply(_ output: String, as role: String, to work: Work) throws(WorkFault) -> Work {
    let question = question(work.state)
    switch role {
    case "check":
      guard output == "ok" || output == "no" else { throw .malformed("a critic says `ok` or `no`") }
      var result = work
      result.verdict = output == "ok"
      return result
    case "solve":
      if let question, question.isCode { return try question.problem.answering(output, on: work) }
      let verifier = question.flatMap { verifiers[$0.verifier] }
      return try work.answering(spoken: output) { verifier == nil ? $0 : verifier?.reading($0) }
    case "step":
      if let question, question.isCode { return try question.problem.testing(output, on: work) }
      return try work.noting(output)
    default:
      guard Script.wording(ofRole: role) != nil else { throw .malformed("\(name) has no role \(role)") }
      if let question, question.isCode {
        return ProgramText.read(output)?.contains("def ") == true
          ? try question.problem.answering(output, on: work) : try work.noting(output)
      }
      return try work.answeringOrNoting(output)
    }
  }

  // MARK: What is run

  func trial(ofTool tool: String, on work: Work) -> Trial? {
    guard let question = question(work.state), question.isCode else { return nil }
    return question.problem.trial(ofTool: tool, on: work)
  }

  func run(tool: String, on work: Work, after report: TrialReport) throws(WorkFault) -> Work {
    try PythonProblem.judged(work, by: report)
  }

  func trial(of work: Work, on task: TaskInstance) -> Trial? {
    guard let question = question(task.statement), let answer = work.answer else { return nil }
    if question.isCode { return question.problem.trial(of: work) }
    guard question.verifier == VerifierName.command.rawValue else { return nil }
    let input: JSONValue = [
      "question": .text(question.question), "expected": .text(question.answer), "answer": .text(answer),
    ]
    return .command(SandboxedRun(settings.command, input: Array("\(input)\n".utf8), files: files))
  }

  func effect(ofTool tool: String) -> WorkEffect {
    isCode && TroupeVocabulary.tools.contains(tool) ? PythonProblem.judging : WorkEffect()
  }

  /// Whether the answer is right; of an answer that has to be run, whether it is the one in the file.
  func verify(_ work: Work, on task: TaskInstance) -> Bool {
    guard let question = question(task.statement), let answer = work.answer else { return false }
    return accepts(answer, question)
  }

  private func accepts(_ answer: String, _ question: Question) -> Bool {
    if question.isCode { return answer == ProgramText.read(question.answer) }
    guard let verifier = verifiers[question.verifier] else { return answer == question.answer }
    return verifier.accepts(answer, expected: question.answer)
  }

  // MARK: What is known

  func recognizes(state: String) -> Bool { question(state) != nil }
  func hash(ofState state: String) -> UInt64? { question(state)?.hash }
  func remainingSteps(_ state: String) -> Int? { question(state) == nil ? nil : 1 }

  /// What an agent says that gives the answer of the file; `nil` if the file has none, or has only what an answer must match.
  private func said(_ question: Question) -> String? {
    guard !question.answer.isEmpty, question.verifier != VerifierName.regex.rawValue else { return nil }
    return question.isCode ? ProgramText.said(question.answer) : SpokenAnswer.line(question.answer)
  }

  func reference(_ prompt: ExecutorPrompt) -> String? {
    guard let question = question(prompt.state) else { return nil }
    switch prompt.role {
    case "solve": return said(question)
    case "check": return prompt.answer.map { accepts($0, question) } ?? false ? "ok" : "no"
    default: return nil
    }
  }

  /// The answer to another question.
  func corrupted(
    _ output: String, for prompt: ExecutorPrompt, using generator: inout some RandomNumberGenerator
  ) -> String {
    if prompt.role == "check" { return output == "ok" ? "no" : "ok" }
    let others = questions.compactMap(said).filter { $0 != output }
    return others.isEmpty ? output : others[Int.random(in: 0..<others.count, using: &generator)]
  }
}
