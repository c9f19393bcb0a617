import Actors
import Foundation
import Policy
import Testing

@testable import Sim

@Suite("Questions from a file")
struct FileFamilyTests {
  /// Writes lines to a file, and hands over its path.
  private func withFile<Value>(_ text: String, _ body: (String) throws -> Value) throws -> Value {
    let url = FileManager.default.temporaryDirectory.appending(path: "questions-\(UUID().uuidString).jsonl")
    try Data(text.utf8).write(to: url)
    defer { try? FileManager.default.removeItem(at: url) }
    return try body(url.path)
  }

  private static let lines = (0..<60).map { index in
    "{ \"question\": \"how many balls has ann \(index)?\", \"answer\": \"\(index)\", \"verifier\": \"number\" }"
  }.joined(separator: "\n")

  private func scenario(_ path: String) throws -> Scenario {
    try Scenario(
      json5: """
        {
          tasks: { families: [{ name: "file", path: "\(path)", levels: [1, 1] }], heldOut: { perFamily: 5 } },
          roles: ["solve", "check"], coldStart: { executor: { shares: { solve: 1, check: 1 } } },
        }
        """)
  }

  @Test("a scenario draws its questions, with their words in the vocabulary, held out by the question alone")
  func draws() throws {
    try withFile(Self.lines + "\n\n") { path in
      let scenario = try scenario(path)
      #expect(try Scenario(json5: scenario.canonicalText) == scenario)
      let source = try TaskSource(scenario)
      for word in ["how", "many", "balls", "has", "ann", "?"] {
        #expect(source.tokenizer.id(of: word) != nil)
      }
      #expect(source.heldOut[0].tasks.count == 5)
      let family = source.families[0]
      for task in try source.trainingTasks(step: 0, count: 20) {
        #expect(task.split == .train && family.hash(ofState: task.statement) == task.hash)
        let asked = source.tokenizer.decode(try source.tokenizer.encode(task.statement))
        let prompt = family.prompt(for: "solve", on: Work(state: asked))
        #expect(family.reference(prompt) == task.solution)
        let work = try family.apply(task.solution, as: "solve", to: family.start(task))
        #expect(family.verify(work, on: task))
        #expect(throws: WorkFault.self) { try family.apply("ann", as: "solve", to: family.start(task)) }
      }
      let tuning = try SupervisedFineTuning(scenario, tasks: source, grammar: scenario.grammar())
      #expect(try tuning.sequences(step: 1).count == 42)
    }
  }

  @Test("verifiers compare words, whole numbers, and what a program makes of lists")
  func verifiers() throws {
    let text = """
      { "question": "who", "answer": "ann b" }
      { "question": "how many", "answer": "42", "verifier": "number", "level": 2 }
      { "question": "exchange", "answer": "swap 1 2", "verifier": "tests", "tests": "1 2 3 8", "level": 3 }
      """
    try withFile(text) { path in
      let family = try FileFamily(QuestionFile(path: path, settings: .init(), catalogue: .stock))
      #expect(
        family.levels == 1...3 && family.hasTests
          && family.words == ["who", "ann", "how", "many", "exchange"])
      for (question, answer, isRight) in [
        ("who", "ann b", true), ("who", "ann", false), ("how many", "4 2", true), ("how many", "24", false),
        ("exchange", "swap 2 1", true), ("exchange", "add 1 2", false),
      ] {
        let work = try family.apply(answer, as: "solve", to: Work(state: question))
        let task = TaskInstance(family: "file", level: 1, hash: 0, statement: question, solution: "")
        #expect(family.verify(work, on: task) == isRight, "\(question) \(answer)")
        #expect(family.reference(family.prompt(for: "check", on: work)) == (isRight ? "ok" : "no"))
        if question == "exchange" { #expect(family.run(tool: "test", on: work).verdict == isRight) }
      }
    }
  }

  @Test(
    "a line that cannot be is an error with file, line, key and value",
    arguments: [
      ("{ \"question\": \"a\" ", "2:19: expected"),
      ("{ \"question\": \"a\" }", "2:1: the key \"answer\" is missing"),
      ("{ \"question\": 4, \"answer\": \"b\" }", "2:15: question: expected a string"),
      (
        "{ \"question\": \"a\", \"answer\": \"b\", \"verifier\": \"exakt\" }",
        "2:47: verifier: unknown value \"exakt\""
      ),
      ("{ \"question\": \"a\", \"answer\": \"b\", \"level\": 12 }", "2:44: level: 12 must be from 1 to 9"),
      (
        "{ \"question\": \"a\", \"answer\": \"b\", \"verifier\": \"number\" }",
        "2:30: answer: the verifier \"number\" cannot read"
      ),
      ("{ \"question\": \"a , b\", \"answer\": \"b\" }", "2:15: question: a question cannot have"),
      ("{ \"question\": \"who\", \"answer\": \"b\" }", "2:15: question: the question is given twice"),
      ("{ \"question\": \"a\", \"answer\": \"b\", \"colour\": 1 }", "2:35: unknown key \"colour\""),
      (
        "{ \"question\": \"a\", \"answer\": \"swap 1 2\", \"verifier\": \"tests\" }",
        "2:1: the answer does not pass the tests"
      ),
    ])
  func refused(line: String, says: String) throws {
    try withFile("{ \"question\": \"who\", \"answer\": \"ann\" }\n\(line)\n") { path in
      let scenario = try scenario(path)
      let error = #expect(throws: ScenarioError.self) { try TaskSource(scenario) }
      #expect(error.map { "\($0)".hasPrefix("\(path):\(says)") } == true, "\(error.map { "\($0)" } ?? "")")
    }
  }

  @Test("a file that is not there or empty, and a scenario that names none, are errors")
  func missing() throws {
    #expect(throws: ScenarioError.self) { try TaskSource(try scenario("/nowhere/questions.jsonl")) }
    try withFile("\n") { path in
      let scenario = try scenario(path)
      #expect(throws: ScenarioError.self) { try TaskSource(scenario) }
    }
    let error = #expect(throws: ScenarioError.self) {
      try Scenario(json5: "{ tasks: { families: [{ name: 'file' }] } }", file: "t")
    }
    #expect(error.map { "\($0)" }?.contains("the key \"path\" is missing") == true)
  }
}
