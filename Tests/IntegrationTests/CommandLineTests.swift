import Foundation
import Policy
import Testing

/// Runs the `troupe` that was built beside these tests, as a user would.
@Suite("The command line")
struct CommandLineTests {
  private let files = Result { try TemporaryFiles() }

  private func file(_ name: String, _ text: String) throws -> String { try files.get().file(name, text) }

  @Test("bad usage and bad input end with exit code 2 and one line that says what and where")
  func badInput() throws {
    let cases: [(arguments: [String], says: String)] = [
      (["chek"], "did you mean 'check'?"),
      (["check"], "FILE is missing"),
      (["check", "x", "--quite"], "did you mean --quiet?"),
      (
        ["check", "/nonexistent"],
        "/nonexistent: cannot be read, because there is no such file; check the path"
      ),
      (["replay", "/nonexistent"], "/nonexistent: no such file"),
      (["eval", "scenarios/quickstart.json5"], "--policy DIR is missing"),
      (["eval", "scenarios/quickstart.json5", "--log", "x"], "--log keeps the episodes of one temperature"),
      (["eval", "scenarios/quickstart.json5", "--temperature", "-1"], "'-1' is not a number from 0 to 100"),
      (["run", try file("t.json5", scripted), "--log", "/dev/full"], "/dev/full: exists"),
      (
        ["run", try file("t.json5", scripted), "--policy", "/nonexistent"],
        "/nonexistent/config.json: cannot be read"
      ),
      (
        ["train", try file("m.json5", "{ rollout: { designs: 0 } }")],
        "1:23: rollout.designs: 0 must be from 1 to 256"
      ),
      (
        ["bench", "--products", "openblas", "--blas-kernel", "Foo"],
        "BLAS kernel 'Foo' is unknown to OpenBLAS"
      ),
      (["bench", "--blas-kernel", "Haswell"], "add --products openblas to use it"),
      (["bench", "--products", "own", "--blas-kernel", "Haswell"], "add --products openblas to use it"),
      (["bench", "--products", "opnblas"], "did you mean openblas?"),
      (["bench", "--inexact", "--products", "own"], "give one of them"),
      (["bench", "--threads", "0"], "'0' is not a whole number from 1 to 64"),
      (
        ["check", try file("s.json5", "{ sed: 1 }")],
        "1:3: unknown key \"sed\"; did you mean \"seed\"? (see docs/scenario-keys.md)\n"
      ),
      (
        ["check", try file("crash.json5", "{ timeline: [{ at: 1, do: 'crash', actor: 'a' }] }")],
        "unknown key \"actor\"; known: at, do, agent, restart (see docs/scenario-keys.md#timeline)\n"
      ),
      (
        ["study", try file("study.json5", "{ scenario: 'x', seeds: [1], arms: [{ nam: 'y' }] }"), "--plan"],
        "(see docs/studies.md#the-file)\n"
      ),
      (["check", try file("role.mas", "a = agent stp(task);\nanswer a")], "1:11: unknown role `stp`"),
      (["check", try file("name.mas", "a = agent step(b);\nanswer a")], "1:16"),
    ]
    for (arguments, says) in cases {
      let process = try TroupeProcess(arguments)
      #expect(process.code == 2, "\(arguments)")
      #expect(process.error.contains(says), "\(process.error)")
      #expect(process.error.split(separator: "\n").count == 1, "\(process.error)")
      #expect(process.output.isEmpty)
    }
  }

  @Test("-h after a verb prints that verb's help, as --help does, wherever it stands")
  func shortHelp() throws {
    for verb in [
      "train", "study", "run", "explore", "eval", "generate", "replay", "fork", "log", "check", "bench",
    ] {
      let long = try TroupeProcess([verb, "--help"])
      let short = try TroupeProcess([verb, "-h"])
      #expect(short.code == 0 && short.output == long.output && short.error.isEmpty, "\(short.error)")
      #expect(short.output.contains("usage: troupe \(verb)"))
    }
    #expect(try TroupeProcess(["check", "a file", "-h"]).output.contains("usage: troupe check"))
  }

  @Test("--version prints the version that heads the changelog")
  func version() throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let changelog = try String(contentsOf: root.appending(path: "CHANGELOG.md"), encoding: .utf8)
    let heading = try #require(changelog.firstMatch(of: /## ([0-9]+\.[0-9]+\.[0-9]+)/))
    let process = try TroupeProcess(["--version"])
    #expect(process.code == 0 && process.output == "troupe \(heading.1)\n", "\(process.error)")
  }

  @Test("a benchmark says who multiplies: Troupe's own products and by what instructions, or OpenBLAS's")
  func benchmarkedProducts() throws {
    // VDPBF16PS is slow on processors of Intel, so on others than AMD's it is left to who asks for it.
    let isAMD = try String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8).contains("AuthenticAMD")
    let widest = InstructionSet.allCases.filter { $0.isSupported && ($0 != .avx512bf16 || isAMD) }[0]
    for (more, says) in [
      ([], "\"products\":\"\(widest)\""),
      (["--products", "scalar"], "\"products\":\"scalar\""),
      (["--inexact"], "\"products\":\"OpenBLAS "),
      (["--products", "openblas"], "\"products\":\"OpenBLAS "),
    ] {
      // No work has this name, so only what every report begins with is measured.
      let process = try TroupeProcess(["bench", "policy", "nano", "--work", "none", "--json"] + more)
      #expect(process.code == 0 && process.output.contains(says), "\(process.output)\(process.error)")
    }
  }

  @Test("a sound scenario and a sound script are said to be so")
  func soundInput() throws {
    let scenario = try TroupeProcess(["check", file("s.json5", "{ name: 'small' } // comments are fine")])
    #expect(scenario.code == 0 && scenario.output.contains("a scenario, \"small\""))
    let script = try TroupeProcess([
      "check", file("s.mas", "a = agent step(task);\nb = agent solve(a);\nanswer b"),
    ])
    #expect(script.code == 0 && script.output.contains("at most 2 executor calls"))
    let text = "define p(x) [ a = agent solve(x)\nanswer a ]\na = ensemble 3 p(task) by majority\nanswer a"
    let limits =
      "{ roles: ['solve'], coldStart: { executor: { shares: { solve: 1 } } }, script: { nodes: ['ensemble'], maximumParts: 1 }, latency: { perToken: 0.01 } }"
    let whole = try TroupeProcess([
      "check", file("w.mas", text), "--scenario",
      file("w.json5", limits.replacing("'ensemble'", with: "'ensemble', 'agent'")),
    ])
    #expect(
      whole.output.contains("at most 3 executor calls, 72 tokens, 0 tool calls and 0.24 seconds"),
      "\(whole.error)")
    let narrow = try TroupeProcess(["check", file("w.mas", text), "--scenario", file("n.json5", limits)])
    #expect(
      narrow.code == 2 && narrow.error.contains("w.mas:1:19: expected `ensemble`, found `agent`"),
      "\(narrow.error)")
    for (script, says) in [
      ("{ script: { library: ['define one(x) [ a = agent sovle(x); answer a ]'] } }", "did you mean `solve`"),
      (
        "{ script: { nodes: ['reflect'], maximumCalls: 1 }, roles: ['solve'], coldStart: { executor: { shares: { solve: 1 } } } }",
        "no statement that the grammar allows"
      ),
      ("{ script: { nodes: ['agent', 'loop'] } }", "loop"),
    ] {
      let refused = try TroupeProcess(["check", file("bad.json5", script)])
      #expect(refused.code == 2 && refused.error.contains(says), "\(refused.output)\(refused.error)")
    }
    #expect(try TroupeProcess(["--help"]).code == 0)
  }

  /// One question, and an answer that comes after two seconds.
  private let scripted = """
    {
      agents: [
        { name: "a", lines: [{ say: "why?", to: "b" }, { on: "because", say: "I see", reward: 1 }] },
        { name: "b", lines: [{ on: "why?", after: 2, say: "because", to: "a" }] },
      ],
      expect: [{ kind: "answerWithin", seconds: 5 }, { kind: "rewardAtLeast", value: 1 }],
    }
    """

  @Test("an expectation that does not hold is exit code 1 and one line that shows it again")
  func failingScenario() throws {
    let good = try TroupeProcess(["run", file("good.json5", scripted)])
    #expect(good.code == 0 && good.output.contains("every expectation holds"), "\(good.output)\(good.error)")

    let slow = scripted.replacing("after: 2", with: "after: 9")
    let log = try files.get().url("slow.log").path
    let run = try TroupeProcess(["run", file("slow.json5", slow), "--log", log])
    #expect(run.code == 1)
    #expect(run.error.contains("came at 9.0 seconds, not within 5.0 seconds"), "\(run.error)")
    let line = try #require(run.output.split(separator: "\n").last).split(separator: " ").map(String.init)
    #expect(line[1...] == ["replay", log, "--episode", "run/episode-0"])
    let replay = try TroupeProcess(Array(line.dropFirst()))
    #expect(replay.code == 0 && replay.output.contains("came at 9.0 seconds, not within 5.0 seconds"))
  }

  @Test("P10: a scenario that expects nothing is said to expect nothing, by run and by explore")
  func noExpectations() throws {
    let silent = try file("silent.json5", scripted.replacing(/expect: .*/, with: ""))
    let run = try TroupeProcess(["run", silent, "--episodes", "3"])
    #expect(run.code == 0 && !run.output.contains("every expectation holds"))
    #expect(run.output.hasSuffix("3 episodes, none failed; the scenario expects nothing\n"), "\(run.output)")
    let explored = try TroupeProcess(["explore", silent, "--seeds", "1..3"])
    #expect(explored.code == 0 && !explored.output.contains("every expectation holds"))
    #expect(
      explored.output.hasSuffix("3 episodes, none failed; the scenario expects nothing\n"),
      "\(explored.output)")
  }

  @Test("P8: each fault on the timeline that struck in no episode is one line with its place in the scenario")
  func idleFaults() throws {
    // `a` and `b` say "why?" at once and "because" after two seconds; the reward is 1 whatever is late.
    func scenario(_ entries: [String]) -> String {
      scripted.replacing("expect:", with: "timeline: [\n\(entries.joined(separator: ",\n"))\n], expect:")
        .replacing("seconds: 5", with: "seconds: 500")
    }
    let idle: [(fault: String, says: String)] = [
      ("{ at: 0, do: 'drop', from: 'a', to: 'b', nth: 2 }", "timeline[0] (drop from a to b)"),
      ("{ at: 3, do: 'delay', from: 'b', to: 'a' }", "timeline[1] (delay from b to a)"),
      ("{ at: 90, do: 'crash', agent: 'a' }", "timeline[2] (crash of a)"),
      ("{ at: 3, do: 'partition', until: 4, groups: [['a'], ['b']] }", "timeline[3] (partition)"),
      ("{ at: 0, do: 'fail', operation: 'read', agent: 'b' }", "timeline[4] (fail of read by b)"),
      ("{ at: 0, do: 'slow', until: 9 }", "timeline[5] (slow)"),
    ]
    let path = try file("idle.json5", scenario(idle.map(\.fault)))
    let run = try TroupeProcess(["run", path, "--episodes", "2"])
    #expect(run.code == 0, "\(run.error)")
    let lines = run.error.split(separator: "\n").map(String.init)
    #expect(
      lines
        == idle.enumerated().map { index, fault in
          "\(path):\(index + 7):1: \(fault.says) struck in none of the 2 episodes"
        })
    let striking = [
      "{ at: 0, do: 'delay', from: 'a', to: 'b', by: 0.5 }", "{ at: 100, do: 'crash', agent: 'b' }",
      "{ at: 0.1, do: 'partition', until: 0.2, groups: [['a'], ['b']] }",
    ]
    let some = try TroupeProcess(["run", file("some.json5", scenario(striking))])
    #expect(some.error.split(separator: "\n").count == 2, "only the delay strikes: \(some.error)")
    #expect(
      some.error.contains(":8:1: timeline[1] (crash of b) did not strike in the episode"), "\(some.error)")
    let cut = striking[2].replacing("at: 0.1", with: "at: 1")
      .replacing("until: 0.2", with: "until: 3")
    let crash = "{ at: 1, do: 'crash', agent: 'b' }"
    for fault in [cut, crash] {
      let failing = try TroupeProcess(["run", file("failing.json5", scenario([fault]))])
      #expect(failing.code == 1 && !failing.error.contains("timeline["), "\(failing.error)")
    }
  }

  @Test("what is no log, or a damaged or foreign one, is one line that says where, and what is sound is read")
  func badLogs() throws {
    let log = try files.get().url("good.log")
    #expect(
      try TroupeProcess(["run", file("good.json5", scripted), "--episodes", "400", "--log", log.path]).code
        == 0)
    let whole = try Data(contentsOf: log)
    func damaged(_ name: String, _ change: (inout Data) -> Void) throws -> String {
      let url = try files.get().url(name)
      var data = whole
      change(&data)
      try data.write(to: url)
      return url.path
    }
    let cases: [(path: String, says: String)] = [
      (try damaged("text.log") { $0 = Data("not a log".utf8) }, "not a replay log"),
      (try damaged("empty.log") { $0 = Data() }, "not a replay log"),
      (try damaged("version.log") { $0[8] = 99 }, "a replay log of version"),
      (try damaged("flip.log") { $0[$0.count / 2] ^= 4 }, "wrong checksum in block"),
    ]
    for (path, says) in cases {
      for verb in ["replay", "log"] {
        let process = try TroupeProcess([verb, path])
        #expect(process.code == 2 && process.error.contains(says), "\(verb) \(path): \(process.error)")
        #expect(process.error.split(separator: "\n").count == 1)
      }
    }
    // A crash leaves a torn tail. It is reported, and what was committed is read.
    let torn = try TroupeProcess(["replay", damaged("torn.log") { $0 = $0.dropLast(7) }])
    #expect(torn.code == 0 && torn.error.contains("torn"), "\(torn.error)")
  }
}
