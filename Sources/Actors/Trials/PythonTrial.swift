import Messaging
import Sandbox

/// A program in Python, and the tests that judge it.
///
/// The program and its judge run in two sandboxes, between which nothing goes but calls and values. So a program that reads its
/// files, changes functions of Python's, ends early or writes verdicts learns nothing about what is expected of it, and passes no
/// test but by a right value.
package struct PythonTrial: Hashable, Sendable {
  /// The text of the program. It defines the function `entry`.
  package var program: String
  package var entry: String
  /// What the tests need beside the function: a text in Python that runs before them, without the program.
  package var prelude: String
  /// Assertions about the function, `assert f(2) == 3`, and what they need; or a function `check` with an argument for the
  /// function to be tested, as in HumanEval. Each assertion that stands by itself is a test, and so is all of `check`.
  package var tests: String
  /// How many lines the program may run in a call, and before the first one, those of Python's own modules included. Most endless
  /// loops so end at the same place on every machine, as a failure; the limits of time are for the others.
  package var steps = 2_000_000
  package var limits = SandboxLimits()

  package init(program: String, entry: String, tests: String, prelude: String = "") {
    self.program = program
    self.entry = entry
    self.tests = tests
    self.prelude = prelude
  }

  private static let python = ["python3", "-I", "-S", "-X", "utf8"]

  /// The candidate's side.
  package var candidate: SandboxedRun {
    SandboxedRun(
      Self.python + ["/work/run.py", entry, "\(steps)"],
      files: [.init("run.py", PythonHarness.candidate), .init("program.py", program)], limits: limits)
  }

  /// The judge's side.
  package var judge: SandboxedRun {
    let trial: JSONValue = [
      "entry": .text(entry), "prelude": .text(prelude), "tests": .text(tests), "steps": .integer(steps),
    ]
    return SandboxedRun(
      Self.python + ["/work/judge.py"],
      files: [.init("judge.py", PythonHarness.judge), .init("trial.json", "\(trial)")],
      limits: limits)
  }
}
