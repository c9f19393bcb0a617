import Actors
import Foundation
import Testing

@testable import Sim

@Suite("Questions of the user's own, in text")
struct QuestionsFamilyTests {
  private func family(_ lines: [String]) throws -> QuestionsFamily {
    let file = FileManager.default.temporaryDirectory.appending(path: "questions-\(UUID()).jsonl")
    defer { try? FileManager.default.removeItem(at: file) }
    try lines.joined(separator: "\n").write(to: file, atomically: true, encoding: .utf8)
    return try QuestionsFamily(QuestionFile(path: file.path, settings: .init(), catalogue: .stock))
  }

  @Test(
    "a verifier reads what it says that it reads",
    arguments: [
      ("exact", "The  Cat", "the cat", true), ("exact", "cat", "cats", false),
      ("number", "12.50", "+12.5", true), ("number", "1,200", "1200", true), ("number", "-0.0", "0", true),
      ("number", "12", "12.01", false), ("number", "007", "7", true), ("number", ".5", "0.5", true),
      ("choice", "(B) the dog", "b", true), ("choice", "b.", "(b)", true), ("choice", "C", "b", false),
    ] as [(String, String, String, Bool)])
  func verifiers(word: String, one: String, other: String, isSame: Bool) throws {
    let verifier = try #require(VerifierName(rawValue: word)?.verifier())
    let (a, b) = (try #require(verifier.reading(one)), try #require(verifier.reading(other)))
    #expect((a == b) == isSame)
  }

  @Test(
    "what a verifier cannot read is malformed",
    arguments: [
      ("number", "twelve"), ("number", "1.2.3"), ("number", "-"), ("number", "."), ("number", "1e5"),
      ("number", "\u{0661}"),
      ("choice", "42"), ("choice", "both"), ("exact", " \t "),
    ])
  func unreadable(word: String, text: String) throws {
    #expect(try #require(VerifierName(rawValue: word)?.verifier()).reading(text) == nil)
  }

  @Test("questions of several lines are asked as they are, answered, noted beside, and judged")
  func episodes() throws {
    let family = try family([
      #"{ "question": "Which is larger?\n(a) 3\n(b) 4", "answer": "(b)", "verifier": "choice", "level": 1 }"#,
      #"{ "question": "What is 12 * 4?", "answer": "48", "verifier": "number", "level": 2 }"#,
    ])
    #expect(family.levels == 1...2 && family.isText)
    let state = ExecutorPrompt.line("Which is larger?\n(a) 3\n(b) 4")
    #expect(family.recognizes(state: state) && !state.contains("\n") && !family.recognizes(state: "Which"))
    let task = TaskInstance(
      family: "questions", level: 1, hash: try #require(family.hash(ofState: state)), statement: state,
      solution: "(b)")
    var work = family.start(task)
    work = try family.apply("Compare\nthem.", as: "step", to: work)
    #expect(work.state == "\(state)\nCompare them." && family.hash(ofState: work.state) == task.hash)
    let asked = family.conversation(family.prompt(for: "solve", on: work))
    #expect(asked.map(\.text).dropFirst() == ["Which is larger?\n(a) 3\n(b) 4", "Compare them."])
    let right = try family.apply("So Answer: B", as: "solve", to: work)
    #expect(family.verify(right, on: task) && right.answer == "b")
    #expect(!family.verify(try family.apply("Answer: (a)", as: "solve", to: work), on: task))
    #expect(family.reference(family.prompt(for: "check", on: right)) == "ok")
    for (role, output) in [
      ("solve", "b"), ("solve", "Answer: 4"), ("check", "maybe"), ("step", ""), ("paint", "Answer: b"),
    ] {
      #expect(throws: WorkFault.self, "\(role)") {
        _ = try family.apply(output, as: role, to: work)
      }
    }
  }

  @Test(
    "a line that is wrong is an error with file, line and key",
    arguments: [
      (#"{ "question": "a" }"#, "answer"),
      (#"{ "question": "a", "answer": "x", "verifier": "number" }"#, "cannot read the answer"),
      (#"{ "question": "a", "answer": "x", "verifier": "maths" }"#, "verifier"),
      (#"{ "question": "", "answer": "x" }"#, "question"),
      (#"{ "question": "a", "answer": "x", "level": 10 }"#, "level"),
      (#"{ "question": "b", "answer": "x" }"#, "given twice"),
      (#"{ "question": "a", "answer": "x\ny" }"#, "one line"), ("{", "2"),
      (#"{ "question": "a", "answer": "x", "tests": "x" }"#, "tests"),
    ])
  func badLines(line: String, says: String) {
    let error = #expect(throws: ScenarioError.self) {
      _ = try family([#"{ "question": "b", "answer": "x" }"#, line])
    }
    #expect(error?.description.contains(says) == true, "\(error?.description ?? "")")
    #expect(error?.description.contains(".jsonl:2") == true, "\(error?.description ?? "")")
  }

  @Test("an empty file, and one that is not there")
  func noFile() {
    #expect(throws: ScenarioError.self) { _ = try family([]) }
    #expect(throws: ScenarioError.self) {
      _ = try QuestionsFamily(QuestionFile(path: "no/where.jsonl", settings: .init(), catalogue: .stock))
    }
  }
}
