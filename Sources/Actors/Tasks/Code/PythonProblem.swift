/// A function in Python that is asked for, with the tests that judge it. It says what has to be run, and what comes of it.
///
/// ```
/// role step   writes a test, which all later agents read:       assert f([1, 2]) == 3
/// role solve  writes the function; if one was rejected, it is put right
/// tool test   runs the examples that everybody sees             rejects the answer, and says where it failed
/// tool run    runs the tests that `step` wrote                  the same
/// ```
package struct PythonProblem: Hashable, Sendable {
  /// The name of the function.
  package var entry: String
  /// The beginning of the program, of which an answer may be the rest; and what the tests may use. It may be empty.
  package var prelude: String
  /// Assertions that agents may see; may be empty.
  package var examples: String
  /// What only the verifier sees.
  package var tests: String

  package init(entry: String, prelude: String = "", examples: String = "", tests: String) {
    (self.entry, self.prelude, self.examples, self.tests) = (entry, prelude, examples, tests)
  }

  /// The word before a test that an agent wrote, in the line of the state.
  private static let test = "Test: "
  private static let failed = "Failed: "

  private func trial(of answer: String, _ tests: String) -> Trial {
    .python(
      PythonTrial(program: program(of: answer), entry: entry, tests: tests, prelude: prelude))
  }

  /// An answer that does not define the function is the rest of the program.
  private func program(of answer: String) -> String {
    let isWhole = answer.split(separator: "\n").contains {
      $0.hasPrefix("def \(entry)(") || $0.hasPrefix("\(entry) =")
    }
    return isWhole || prelude.isEmpty ? answer : prelude + answer
  }

  /// What verifies the answer.
  package func trial(of work: Work) -> Trial? { work.answer.map { trial(of: $0, tests) } }

  package func trial(ofTool tool: String, on work: Work) -> Trial? {
    guard let answer = work.answer else { return nil }
    switch tool {
    case TroupeVocabulary.testTool where !examples.isEmpty: return trial(of: answer, examples)
    case "run":
      let written = work.state.split(separator: "\n").dropFirst().filter { $0.hasPrefix(Self.test) }
      return written.isEmpty
        ? nil : trial(of: answer, written.map { $0.dropFirst(Self.test.count) }.joined(separator: "\n"))
    default: return nil
    }
  }

  /// The work after a tool ran the answer: with a verdict, and with a line more if it failed.
  package static func judged(_ work: Work, by report: TrialReport) throws(WorkFault) -> Work {
    var result = work
    result.verdict = report.isPassed
    guard case .judged(_, _, let failure?) = report else { return result }
    let told = try work.noting(failed + failure)
    result.state = told.state
    return result
  }

  /// The work with an answer that `output` says.
  package func answering(_ output: String, on work: Work) throws(WorkFault) -> Work {
    guard let program = ProgramText.read(output) else { throw .malformed("there is no program") }
    return work.answering(program)
  }

  /// The work with a test that `output` says.
  package func testing(_ output: String, on work: Work) throws(WorkFault) -> Work {
    let line = output.split(whereSeparator: \.isNewline).last { $0.hasPrefix("assert ") }
    guard let line, line.contains("\(entry)("), line.count <= 500 else {
      throw .malformed("a test is a line as in `assert \(entry)(1) == 2`")
    }
    return try work.noting(Self.test + line)
  }

  /// The effect of both tools.
  package static let judging = WorkEffect(reads: [.state, .answer], sets: [.state, .verdict])
}
