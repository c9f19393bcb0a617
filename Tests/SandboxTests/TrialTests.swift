import Actors
import Foundation
import Sandbox
import Sim
import Testing

/// Programs that try to pass tests whose answers they do not know. The tests expect `f(7) == 1234567`.
struct Cheat: Sendable, CustomTestStringConvertible {
  var name: String
  var program: String
  /// A part of the reason why nothing can be said about the program; `nil` if it fails.
  var unknown: String?

  init(_ name: String, unknown: String? = nil, _ program: String) {
    (self.name, self.unknown, self.program) = (name, unknown, program)
  }

  var testDescription: String { name }

  static let all: [Cheat] = [
    Cheat("nothing at all", ""),
    Cheat("a text that is no program", "def f(x: return"),
    Cheat(
      "a value that is equal to everything", "class E:\n  __eq__ = lambda a, b: True\ndef f(x): return E()"),
    Cheat(
      "a number that is equal to everything",
      "class E(int):\n  __eq__ = lambda a, b: True\n  __hash__ = int.__hash__\ndef f(x): return E(3)"),
    Cheat("ending with code 0 at once", "import sys; sys.exit(0)"),
    Cheat("ending with code 0 in the call", "import os\ndef f(x): os._exit(0)"),
    Cheat(
      "a verdict on every descriptor",
      """
      import json, os
      def f(x):
          text = json.dumps({"passed": 1, "total": 1, "failure": None}).encode() + b"\\n"
          for number in range(64):
              try: os.write(number, text)
              except OSError: pass
          os._exit(0)
      """),
    Cheat(
      "many values in advance",
      """
      import os
      for number in range(3, 64):
          try: os.write(number, b'{"ready": null}\\n' + b'{"value": true}\\n' * 100)
          except OSError: pass
      def f(x): return 1
      """),
    Cheat(
      "the tests in the files that it can read",
      """
      import os, re
      def f(x):
          for folder in ("/work", "/tmp"):
              for name in os.listdir(folder):
                  if found := re.search(r"f\\(7\\) == (\\d+)", open(os.path.join(folder, name)).read()):
                      return int(found[1])
      """),
    Cheat(
      "the answer in the objects of its process",
      """
      import gc, sys
      def f(x):
          frame = sys._getframe()
          while frame:
              for one in frame.f_locals.values():
                  if one == 1234567: return one
              frame = frame.f_back
          for one in gc.get_objects():
              if isinstance(one, dict) and 1234567 in list(one.values()): return 1234567
      """),
    Cheat(
      "the answer in other processes",
      """
      import os
      def f(x):
          for name in os.listdir("/proc"):
              if name.isdigit():
                  for file in ("cmdline", "environ", "mem"):
                      try: text = open(f"/proc/{name}/{file}", "rb").read(100000)
                      except OSError: continue
                      if b"1234567" in text: return 1234567
      """),
    Cheat(
      "another reader of values",
      "import json\njson.dumps = lambda *a, **b: '{\"value\": {\"any\": 1}}'\ndef f(x): return 1"),
    Cheat(
      "another `assert`",
      "import builtins\nbuiltins.AssertionError = type('E', (Exception,), {})\ndef f(x): return 1"),
    Cheat("an end to all processes", "import os\ndef f(x): os.kill(-1, 9)"),
    Cheat("an end to itself", "import os\ndef f(x): os.kill(os.getpid(), 9)"),
    Cheat("a value without an end", "def f(x):\n  a = []\n  a.append(a)\n  return a"),
    Cheat("a value of many bytes", "def f(x): return 'x' * 5_000_000"),
    Cheat(
      "a text that nobody can read",
      "import os\ndef f(x):\n  for n in range(3, 9):\n    try: os.write(n, b'[' * 100000 + b'\\n')\n    except OSError: pass"
    ),
    Cheat(
      "a line without an end",
      "import os\ndef f(x):\n  while True:\n    for n in range(3, 9):\n      try: os.write(n, b'x' * 65536)\n      except OSError: pass"
    ),
    Cheat("an endless loop", "def f(x):\n  while True: pass"),
    Cheat(
      "an endless loop that catches everything",
      "def f(x):\n  while True:\n    try:\n      while True: pass\n    except BaseException: pass"),
    Cheat("endless recursion", "def f(x): return f(x)"),
    Cheat("more memory than there is", "def f(x): return len(bytearray(1 << 33))"),
    Cheat("an exception", "def f(x): raise AssertionError('all is well')"),
    Cheat("an exception of a name that is not there", "def f(x): return nobody"),
    Cheat("the end of the interpreter", "def f(x): raise SystemExit(0)"),
    Cheat(
      "an endless loop that nobody counts", unknown: "processor time",
      "import sys\ndef f(x):\n  sys.settrace(None)\n  sys._getframe().f_trace = None\n  while True: pass"),
    Cheat("sleeping for ever", unknown: "took more than", "import time\ndef f(x): time.sleep(1e6)"),
  ]
}

@Suite("Trials of programs", .enabled(if: hasSandbox))
struct TrialTests {
  private func report(_ program: String, _ tests: String, prelude: String = "") -> TrialReport {
    var trial = PythonTrial(program: program, entry: "f", tests: tests, prelude: prelude)
    trial.limits.processorSeconds = program.contains("settrace") ? 3 : 10
    trial.limits.wallSeconds = program.contains("sleep") ? 3 : 60
    return TrialRunner().report(of: .python(trial))
  }

  @Test("no program passes but by the right value", arguments: Cheat.all)
  func cheat(_ cheat: Cheat) {
    let report = report(cheat.program, "assert f(7) == 1234567")
    if let unknown = cheat.unknown {
      #expect(report.unknownReason?.contains(unknown) == true, "\(report)")
    } else {
      guard case .judged(let passed, let total, _) = report else {
        Issue.record("\(report)")
        return
      }
      #expect(passed == 0 && total == 1)
    }
  }

  @Test("a right program passes, whatever its values are made of")
  func right() {
    #expect(
      report("def f(x): return 1234567", "assert f(7) == 1234567")
        == .judged(passed: 1, total: 1, failure: nil))
    for value in [
      "None", "True", "0", "-5", "10 ** 300", "1.5", "float('inf')", "'a\\u2028\\ud800'", "[1, [2]]",
      "(1, (2, []))", "{1, 2}",
      "{'a': 1, (1, 2): [3]}", "b'x\\xff'", "1+2j", "[]", "()", "set()", "{}",
    ] {
      let report = report(
        "def f(x): return x", "assert f(\(value)) == \(value) and type(f(\(value))) is type(\(value))")
      #expect(report.isPassed, "\(value): \(report)")
    }
  }

  @Test("each assertion is a test, and the first that fails is told with what was returned")
  func counts() {
    let tests = "assert f(1) == 1\nassert f(2) == 4\nassert f(3) == 9\nfor x in (1, 0): pass"
    #expect(report("def f(x): return x * x", tests).isPassed)
    #expect(
      report("def f(x): return x", tests)
        == .judged(passed: 1, total: 3, failure: "f(2) == 4: f(2) gave 2"))
    #expect(
      report("def f(x): return 1 // (x - 2)", "assert f(2) == 0")
        == .judged(
          passed: 0, total: 1,
          failure: "f(2) == 0: f(2) raised ZeroDivisionError: integer division or modulo by zero"))
  }

  @Test("tests in the form of HumanEval see what stands before the program, and not the program")
  func check() {
    let tests = "def check(candidate):\n  assert candidate(2) == helper(2)\n"
    let prelude = "def helper(x): return x + 1\ndef f(x):\n  '''Adds one.'''\n"
    #expect(report("def f(x): return x + 1", tests, prelude: prelude).isPassed)
    #expect(!report("def helper(x): return 0\ndef f(x): return 0", tests, prelude: prelude).isPassed)
  }

  @Test("an exception of the program is the tests' to expect")
  func exceptions() {
    let tests = "try:\n  f(1)\n  seen = False\nexcept ValueError: seen = True\nassert seen"
    #expect(report("def f(x): raise ValueError('no')", tests).isPassed)
    #expect(!report("def f(x): raise KeyError('no')", tests).isPassed)
  }

  @Test(
    "tests that are none say nothing about a program",
    arguments: [
      "def check(:", "assert g(1) == 1", "import nobody\nassert f(1)", "", "x = 1", "assert f(open) == 1",
    ])
  func broken(_ tests: String) {
    let report = report("def f(x): return 1", tests)
    #expect(report.unknownReason?.hasPrefix("the tests are broken: ") == true, "\(report)")
  }

  @Test("a verifier is right or wrong by its code, and else says nothing")
  func command() {
    func report(_ script: String) -> TrialReport {
      TrialRunner().report(of: .command(SandboxedRun(["sh", "-c", script], input: Array("12".utf8))))
    }
    #expect(report("[ $(cat) = 12 ]").isPassed)
    #expect(report("echo too small; exit 1") == .judged(passed: 0, total: 1, failure: "too small"))
    #expect(report("echo oh >&2; exit 2").unknownReason == "the verifier ended with code 2: oh")
    #expect(report("nobody").unknownReason?.contains("127") == true)
  }

  @Test("all that decides a trial is in the bytes of its call, and reports come back from theirs")
  func coding() throws {
    let trial = PythonTrial(program: "p", entry: "f", tests: "t", prelude: "q")
    var others = [trial, trial, trial, trial, trial, trial]
    others[0].program = "x"
    others[1].entry = "x"
    others[2].prelude = "x"
    others[3].tests = "x"
    others[4].steps = 1
    others[5].limits.memory = 1
    for other in others { #expect(Trial.python(other).encoded != Trial.python(trial).encoded) }
    for report in [
      TrialReport.judged(passed: 1, total: 2, failure: "x"), .judged(passed: 2, total: 2, failure: nil),
      .unknown("why"), .exhausted("how"), .broken("what"),
    ] { #expect(try TrialReport(encoded: report.encoded) == report) }
  }

  private struct Row: Decodable {
    var question: String
    var answer: String
    var tests: String
    var entry: String
  }

  @Test("HumanEval's reference solutions all pass, and its prompts alone all fail")
  func humanEval() throws {
    let url = try #require(
      Bundle.module.url(forResource: "human_eval", withExtension: "jsonl", subdirectory: "Fixtures"))
    let rows = try String(contentsOf: url, encoding: .utf8).split(separator: "\n").map {
      try JSONDecoder().decode(Row.self, from: Data($0.utf8))
    }
    let reports = rows.map { row in
      [row.question + row.answer, row.question].map {
        TrialRunner().report(
          of: .python(PythonTrial(program: $0, entry: row.entry, tests: row.tests, prelude: row.question)))
      }
    }
    #expect(reports.count == 164)
    #expect(reports.count { $0[0].isPassed } == 164)
    #expect(reports.count { !$0[1].isPassed && $0[1].unknownReason == nil } == 164)
  }
}
