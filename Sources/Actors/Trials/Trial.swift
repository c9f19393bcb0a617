import Sandbox

/// What is run in a sandbox to judge an answer, as a value.
package enum Trial: Hashable, Sendable {
  /// A program in Python, judged by tests.
  case python(PythonTrial)
  /// A command of the user's that judges: it ends with code 0 if the answer is right, and with 1 if it is not.
  case command(SandboxedRun)
}
