import Actors
import Foundation
import Testing

@testable import Sim

@Suite("Files of questions")
struct QuestionFileTests {
  private func family(
    _ text: String, name: String = "q.jsonl", _ change: (inout Scenario.QuestionSettings) -> Void = { _ in },
    verifiers: [String: @Sendable (String, String) -> Bool] = [:]
  ) throws -> QuestionsFamily { try family(Data(text.utf8), name: name, change, verifiers: verifiers) }

  private func family(
    _ bytes: Data, name: String = "q.jsonl", _ change: (inout Scenario.QuestionSettings) -> Void = { _ in },
    verifiers: [String: @Sendable (String, String) -> Bool] = [:]
  ) throws -> QuestionsFamily {
    let folder = FileManager.default.temporaryDirectory.appending(path: "questions-\(UUID())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let url = folder.appending(path: name)
    try bytes.write(to: url)
    var settings = Scenario.QuestionSettings()
    change(&settings)
    var catalogue = ScenarioCatalogue.stock
    catalogue.verifiers += verifiers.keys.sorted()
    return try QuestionsFamily(
      QuestionFile(path: url.path, settings: settings, catalogue: catalogue), verifiers)
  }

  private func isRight(_ family: QuestionsFamily, _ question: String, _ output: String) throws -> Bool {
    let state = ExecutorPrompt.line(question)
    let task = TaskInstance(
      family: "questions", level: 1, hash: try #require(family.hash(ofState: state)), statement: state,
      solution: "")
    return family.verify(try family.apply(output, as: "solve", to: family.start(task)), on: task)
  }

  @Test(
    "comma-separated values may be quoted, over several lines, with a mark at the beginning and any line ends"
  )
  func commaSeparated() throws {
    let text =
      "\u{feff}problem,solution,source\r\n\"What is 1/2, as a decimal?\",0.5,book\r\n\"Say \"\"hi\"\"\nand no more\",hi,\r\n\r\nlast,1,x"
    let family = try family(text, name: "Q.CSV") {
      $0.fields.question = "problem"
      $0.fields.answer = "solution"
      $0.verifier = "math"
    }
    #expect(try isRight(family, "What is 1/2, as a decimal?", "Answer: \\frac{1}{2}"))
    #expect(try isRight(family, "Say \"hi\"\nand no more", "Answer: hi"))
    #expect(try !isRight(family, "last", "Answer: 2"))
  }

  @Test("fields are taken under other names, others are left out, and numbers are texts")
  func fields() throws {
    let family = try family(
      #"{ "id": 7, "problem": "six times seven?", "solution": 42, "rank": 2, "meta": {} }"#
    ) {
      $0.fields.question = "problem"
      $0.fields.answer = "solution"
      $0.fields.level = "rank"
      $0.verifier = "integer"
    }
    #expect(
      family.levels == 1...2
        && family.count(level: 2, split: .train) + family.count(level: 2, split: .heldOut) == 1)
    #expect(try isRight(family, "six times seven?", "Answer: 42.0"))
  }

  @Test("a tolerance is 0 unless the scenario gives one")
  func tolerance() throws {
    let line = #"{ "question": "pi?", "answer": "3.14", "verifier": "number" }"#
    #expect(try !isRight(try family(line), "pi?", "Answer: 3.1400001"))
    #expect(try isRight(try family(line) { $0.tolerance = 0.01 }, "pi?", "Answer: 3.15"))
    #expect(try !isRight(try family(line) { $0.tolerance = 0.01 }, "pi?", "Answer: 3.16"))
  }

  @Test("a program's own verifier judges under its name")
  func own() throws {
    let longer: @Sendable (String, String) -> Bool = { $0.count > $1.count }
    let family = try family(
      #"{ "question": "a", "answer": "xx", "verifier": "longer" }"#, verifiers: ["longer": longer])
    #expect(try isRight(family, "a", "Answer: yyy"))
    #expect(try !isRight(family, "a", "Answer: y"))
  }

  @Test("a scenario's settings of a file survive being written, and are not written where they are as ever")
  func canonical() throws {
    let plain = try Scenario(
      json5: #"{ tasks: { families: [{ name: "questions", path: "q.jsonl", levels: 1 }] } }"#)
    #expect(!plain.canonicalText.contains("fields") && !plain.canonicalText.contains("tolerance"))
    let text =
      #"{ tasks: { families: [{ name: "questions", path: "q.csv", levels: 1, fields: { question: "problem" }, verifier: "math", tolerance: 0.5 }] } }"#
    let scenario = try Scenario(json5: text)
    #expect(scenario.tasks.families[0].questions.fields.question == "problem")
    #expect(try Scenario(json5: scenario.canonicalText) == scenario)
    for wrong in [
      #"verifier: "maths""#, "tolerance: -1", #"verifier: "command""#,
      #"fields: { qestion: "x" }"#,
    ] {
      #expect(throws: ScenarioError.self, "\(wrong)") {
        try Scenario(
          json5: #"{ tasks: { families: [{ name: "questions", path: "q", levels: 1, \#(wrong) }] } }"#)
      }
    }
  }

  @Test(
    "a file that is wrong is refused with its line",
    arguments: [
      (
        "q.jsonl", #"{ "question": "a", "answer": "1" }"# + "\n" + #"{ "question": " A. ", "answer": "2" }"#,
        ":2", "entry 1"
      ),
      ("q.jsonl", #"{ "question": "a", "answer": "1", "verifier": "code" }"#, ":1", "needs `entry`"),
      (
        "q.jsonl", #"{ "question": "a", "answer": "1", "verifier": "code", "entry": "f", "tests": "" }"#,
        ":1", "tests"
      ),
      ("q.jsonl", #"{ "question": "a", "answer": "(", "verifier": "regex" }"#, ":1", "cannot read"),
      ("q.jsonl", #"{ "question": "a", "answer": "1", "verifier": "command" }"#, ":1", "needs a command"),
      ("q.csv", "question,answer\na", ":2", "1 values"),
      ("q.csv", "question,answer\n\"a,b", ":2", "not closed"),
      ("q.csv", "question,answer\n\"a\"x,b", ":2", "goes on behind"),
      ("q.csv", "question,answer\na\"b,c", ":2", "quotation mark"),
      ("q.csv", "question,question\na,b", ":1", "named twice"), ("q.csv", "", ":1", "names of the columns"),
      ("q.csv", "question,answer\na,\n", ":2", "answer"),
      ("q.csv", "question,answer,colour\na,b,c", ":2", "colour"),
      ("q.csv", "question,answer\n\"x\ny\",1\nz,", ":4", "answer"),
    ])
  func wrong(name: String, text: String, place: String, says: String) {
    let error = #expect(throws: ScenarioError.self) { _ = try family(text, name: name) }
    #expect(
      error?.description.contains(name + place) == true && error?.description.contains(says) == true,
      "\(error?.description ?? "")")
  }

  @Test(
    "a field that is not there, a line of ten megabytes, and bytes that are not UTF-8 are told by their line")
  func bounds() {
    let good = #"{ "question": "a", "answer": "1" }"#
    let missing = #expect(throws: ScenarioError.self) {
      _ = try family(good) { $0.fields.question = "problem" }
    }
    #expect(missing?.description.contains("problem") == true)
    let long = #expect(throws: ScenarioError.self) {
      _ = try family(
        good + "\n" + #"{ "question": ""# + String(repeating: "x", count: 10_000_000) + #"", "answer": "1" }"#
      )
    }
    #expect(
      long?.description.contains(":2:1: the line has 10000033 bytes, and may have 1048576") == true,
      "\(long?.description ?? "")")
    let latin = #expect(throws: ScenarioError.self) {
      _ = try family(Data((good + "\n").utf8) + Data([0x7b, 0xe9, 0x7d]))
    }
    #expect(latin?.description.contains(":2:1: the line is not UTF-8") == true, "\(latin?.description ?? "")")
  }
}
