import Foundation
import Messaging
import Testing

/// Exploring, forking and schedules on the command line.
@Suite("Explore and fork")
struct ExploreTests {
  private let files = Result { try TemporaryFiles() }

  private func file(_ name: String, _ text: String) throws -> String { try files.get().file(name, text) }

  /// The agent that is heard first decides. In the order of sending it is the left one.
  private let race = """
    {
      agents: [
        { name: "left", lines: [{ say: "left", to: "judge" }] },
        { name: "right", lines: [{ say: "right", to: "judge" }] },
        { name: "judge", lines: [{ on: "left", say: "left", reward: 1 }, { on: "right", say: "right", reward: 0 }] },
      ],
      timeline: [{ at: 5, do: "delay", from: "left", to: "right", by: 2 }],
      expect: [{ kind: "rewardAtLeast", value: 1 }],
    }
    """

  @Test("explore finds an order that fails, shrinks it, keeps it, and says how to see it again")
  func explores() throws {
    let scenario = try file("race.json5", race)
    #expect(try TroupeProcess(["run", scenario]).code == 0, "the order of sending is fine")
    var outputs: Set<String> = []
    for threads in ["1", "2"] {
      let log = try files.get().url("found by \(threads).log").path
      let found = try TroupeProcess([
        "explore", scenario, "--seeds", "1..100", "--threads", threads, "--log", log,
      ])
      #expect(found.code == 1, "\(found.output)\(found.error)")
      #expect(found.output.contains("the reward is 0.0, not at least 1.0"))
      #expect(found.output.contains("decisions to 1, from 1 faults on the timeline to 0"), "\(found.output)")
      outputs.insert(found.output.replacing(log, with: "LOG"))
      let replay = try TroupeProcess(printed: try #require(found.line(after: "see it again")))
      #expect(
        replay.code == 0 && replay.output.contains("the reward is 0.0, not at least 1.0"), "\(replay.error)")
      // The shrunk scenario has no faults any more, and the log has it.
      let live = try TroupeProcess(printed: try #require(found.line(after: "play it live")))
      #expect(live.code == 1 && live.error.contains("the reward is 0.0"), "\(live.error)")
      let word = try #require(found.line(after: "play it live")?.split(separator: " ").last)
      let schedule = word.filter { $0 != "'" }
      let other = try TroupeProcess(["run", scenario, "--schedule", schedule])
      #expect(other.code == 2 && other.error.contains("another scenario"))
    }
    #expect(outputs.count == 1, "the answer does not depend on the number of threads")
  }

  @Test("--html writes one page that says what was explored, draws what failed, and loads nothing")
  func page() throws {
    let scenario = try file("drawn.json5", race)
    let (page, log) = (try files.get().url("drawn.html"), try files.get().url("drawn.log").path)
    let found = try TroupeProcess([
      "explore", scenario, "--seeds", "1..100", "--log", log, "--html", page.path,
    ])
    #expect(found.code == 1, "\(found.error)")
    let html = try String(contentsOf: page, encoding: .utf8)
    #expect(html.contains("the reward is 0.0, not at least 1.0") && html.contains("class=\"arrow\""))
    #expect(html.contains("before 1 older"), "the order is not that of sending")
    for forbidden in ["<script", "http://", "https://", "src=", "@import"] {
      #expect(!html.contains(forbidden))
    }
    // With the failure out of the way, the page says what was looked through.
    let fine = try TroupeProcess([
      "explore", scenario, "--strategy", "fifo", "--seeds", "1..3", "--html", page.path,
    ])
    #expect(fine.code == 0, "\(fine.output)\(fine.error)")
    #expect(try String(contentsOf: page, encoding: .utf8).contains("no failure found"))
    let nowhere = try TroupeProcess([
      "explore", scenario, "--strategy", "fifo", "--seeds", "1..1", "--html", "/nowhere/at/all.html",
    ])
    #expect(nowhere.code == 2 && nowhere.error.contains("/nowhere/at/all.html"), "\(nowhere.error)")
  }

  @Test(
    "a recorded episode of tasks is explored with the answers of its log; what is not in a log is refused")
  func recordedEpisode() throws {
    let scenario = try file(
      "vote.json5",
      """
      { tasks: { families: [{ name: "repair", levels: [2, 2] }], heldOut: { perFamily: 4 } }, roles: ["solve"],
        script: { nodes: ["agent", "ensemble"], votes: ["majority"], maximumCalls: 4 },
        coldStart: { executor: { shares: { solve: 1 } } }, stages: { designerSteps: 0 }, rollout: { scripts: {
        repair: "a = ensemble 3 solve(task) by majority; answer a" } }, expect: [{ kind: "rewardAtLeast", value: 1 }] }
      """)
    let log = try files.get().url("vote.log").path
    #expect(
      try TroupeProcess(["run", scenario, "--policy", "scripted", "--episodes", "2", "--log", log]).code == 0)
    let found = try TroupeProcess([
      "explore", log, "--episode", "run/episode-1", "--strategy", "dfs", "--seeds", "1..1",
    ])
    #expect(
      found.code == 0 && found.output.contains("every expectation holds"), "\(found.output)\(found.error)")
    #expect(!found.output.contains("left there") && !found.output.hasPrefix("1 episodes"), "\(found.output)")
    let json = try TroupeProcess(["explore", log, "--episode", "run/episode-1", "--seeds", "1..5", "--json"])
    #expect(json.output.contains(#""unanswered": 0"#), "\(json.output)")
    for (path, wanted) in [(scenario, "is none"), (log, "there is no episode run/none")] {
      let refused = try TroupeProcess(["explore", path, "--episode", "run/none"])
      #expect(refused.code == 2 && refused.error.contains(wanted), "\(refused.error)")
    }
  }

  @Test("--diagram prints the failure as a picture: a lane for each agent, and who was heard before whom")
  func diagram() throws {
    let scenario = try file("picture.json5", race)
    let log = try files.get().url("picture.log").path
    let found = try TroupeProcess(["explore", scenario, "--seeds", "1..100", "--log", log, "--diagram"])
    let lines = found.output.split(separator: "\n").map(String.init)
    let start = try #require(lines.firstIndex { $0.hasPrefix("what happened to whom") }, "\(found.output)")
    #expect(["left", "right", "judge"].allSatisfy { lines[start + 1].contains($0) }, "\(found.output)")
    #expect(
      lines[(start + 2)...].contains { $0.contains("●") && $0.contains("from right") }, "\(found.output)")
    let other = try files.get().url("plain.log").path
    let plain = try TroupeProcess(["explore", scenario, "--seeds", "1..100", "--log", other])
    #expect(found.code == 1 && plain.code == 1 && !plain.output.contains("●"))
  }

  @Test("--granularity awaits is told in the coverage, and another word is refused")
  func granularity() throws {
    let scenario = try file("jobs.json5", race)
    let all = ["explore", scenario, "--strategy", "dfs", "--seeds", "1..1"]
    // The failure comes first, so only the words are looked at where there is none.
    let wrong = try TroupeProcess(all + ["--granularity", "await"])
    #expect(wrong.code == 2 && wrong.error.contains("did you mean 'awaits'?"), "\(wrong.error)")
    let fine = try file("fine.json5", race.replacing(#/expect: .*\n/#, with: "\n"))
    let found = try TroupeProcess([
      "explore", fine, "--strategy", "dfs", "--seeds", "1..1", "--granularity", "awaits",
    ])
    #expect(
      found.code == 0 && found.output.contains("every order of ready events and jobs under 1 seed"),
      "\(found.output)")
  }

  @Test("what explore prints of a scenario that it did not shrink plays with the scenario's file")
  func unshrunk() throws {
    let scenario = try file("the race.json5", race.replacing(#/timeline: .*\n/#, with: "\n"))
    let log = try files.get().url("unshrunk.log").path
    let found = try TroupeProcess(["explore", scenario, "--seeds", "1..100", "--log", log])
    let command = try #require(found.line(after: "play it live"))
    #expect(command.contains("'\(scenario)'"), "\(found.output)")
    let live = try TroupeProcess(printed: command)
    #expect(live.code == 1 && live.error.contains("the reward is 0.0"), "\(live.error)")
  }

  @Test("P10: dfs says which orders it has covered, under how many seeds, and what it did not enumerate")
  func proof() throws {
    let fine = race.replacing("value: 1 }]", with: "value: 0 }]")
    let proof = try TroupeProcess([
      "explore", file("fine.json5", fine), "--seeds", "1..1", "--strategy", "dfs",
    ])
    #expect(
      proof.code == 0
        && proof.output.contains(
          "every order of ready events under 1 seed; not enumerated: other orders of jobs (plain actors, tasks)"
        ),
      "\(proof.output)\(proof.error)")
  }

  @Test("P1: --check-determinism plays twice and compares")
  func determinism() throws {
    let run = try TroupeProcess(["run", file("race.json5", race), "--check-determinism", "--episodes", "5"])
    #expect(run.code == 0)
  }

  /// A log with one episode of the race.
  private func log() throws -> String {
    let log = try files.get().url("race.log").path
    let run = try TroupeProcess(["run", file("race.json5", race), "--log", log])
    #expect(run.code == 0, "\(run.error)")
    return log
  }

  @Test("P3: forks share what came before, go on live, replace a message, and can be forked again")
  func forks() throws {
    let log = try log()
    let place = try #require(
      try TroupeProcess(["log", log, "--episode", "run/episode-0"]).event("root/left -> root/judge"))
    let forks = try files.get().url("forks.log").path
    let said = try TroupeProcess([
      "fork", log, "--episode", "run/episode-0", "--at", "\(place)", "--count", "3", "--log", forks,
      "--replace", #"{"say": {"_0": "right"}}"#,
    ])
    #expect(said.code == 0, "\(said.error)")
    #expect(said.output.components(separatedBy: ": answer \"right\"").count == 4, "\(said.output)")
    // Each fork stands beside its episode, with the first event that differs.
    let compared = said.output.split(separator: "\n").filter { $0.contains("  \(place)  ") }
    #expect(compared.count == 6 && compared[0].contains("episode  ") && compared[1].contains("\"right\""))
    let replay = try TroupeProcess(["replay", forks])
    #expect(replay.code == 0 && replay.output.contains("4 episodes"), "\(replay.output)\(replay.error)")
    let again = try TroupeProcess([
      "fork", forks, "--episode", "run/episode-0/fork-\(place)-1", "--at", "\(place + 1)", "--seed", "4",
    ])
    #expect(again.code == 0 && again.output.contains("answer \"right\""), "\(again.output)\(again.error)")

    let cases: [(arguments: [String], says: String)] = [
      (["fork", log, "--episode", "run/episode-0"], "--episode ID and --at EVENT"),
      (["fork", log, "--episode", "nobody", "--at", "1"], "there is no episode nobody"),
      (["fork", log, "--episode", "run/episode-0", "--at", "999"], "so none can follow number 999"),
      (
        ["fork", forks, "--episode", "run/episode-0/fork-\(place)-0", "--at", "0"],
        "is its parent's: fork run/episode-0"
      ),
      (
        ["fork", log, "--episode", "run/episode-0", "--at", "0", "--replace", "x"],
        "event 0 brings no message"
      ),
      (
        ["fork", log, "--episode", "run/episode-0", "--at", "\(place)", "--replace", "nonsense"],
        "the replacement:"
      ),
    ]
    for (arguments, says) in cases {
      let process = try TroupeProcess(arguments)
      #expect(process.code == 2 && process.error.contains(says), "\(arguments): \(process.error)")
      #expect(process.error.split(separator: "\n").count == 1, "\(process.error)")
    }
  }

  @Test("P3: a generation can be replaced by other words, and the fork replays")
  func replacedGeneration() throws {
    let log = try files.get().url("design.log").path
    #expect(try TroupeProcess(["run", file("t.json5", "{}"), "--log", log]).code == 0)
    let place = try #require(
      try TroupeProcess(["log", log, "--episode", "run/episode-0"]).event("  completion  "))
    let forks = try files.get().url("designs.log").path
    let fork = try TroupeProcess([
      "fork", log, "--episode", "run/episode-0", "--at", "\(place)", "--log", forks,
      "--replace", "a = agent solve(task); answer a",
    ])
    #expect(fork.code == 0, "\(fork.error)")
    let designed = try TroupeProcess(["log", forks, "--episode", "run/episode-0/fork-\(place)-0"]).output
    #expect(designed.contains("a = agent solve ( task ) ; answer a"), "\(designed)")
    #expect(try TroupeProcess(["replay", forks]).code == 0)
  }

  @Test("a log is compacted to chosen episodes, with what they were forked from")
  func compaction() throws {
    let log = try log()
    let forks = try files.get().url("all.log").path
    #expect(
      try TroupeProcess([
        "fork", log, "--episode", "run/episode-0", "--at", "4", "--count", "5", "--log", forks,
      ]).code == 0)
    let small = try files.get().url("small.log").path
    let compacted = try TroupeProcess([
      "log", forks, "--episode", "run/episode-0/fork-4-3", "--compact", small,
    ])
    #expect(compacted.code == 0, "\(compacted.error)")
    let replay = try TroupeProcess(["replay", small])
    #expect(replay.code == 0 && replay.output.contains("2 episodes"), "\(replay.output)")
  }

  @Test("faults that contradict each other, or name nobody, are errors of the file with their place")
  func badFaults() throws {
    let head = "{ agents: [{ name: 'a', lines: [] }, { name: 'b', lines: [] }], "
    let cases: [(text: String, says: String)] = [
      ("timeline: [{ at: 0, do: 'drop', from: 'a', to: 'c' }] }", "timeline[0].to"),
      ("timeline: [{ at: 0, do: 'explode' }] }", "timeline[0].do"),
      (
        "timeline: [{ at: 2, do: 'partition', until: 1, groups: [['a'], ['b']] }] }",
        "a partition ends after it begins"
      ),
      (
        "timeline: [{ at: 0, do: 'partition', until: 1, groups: [['a'], ['a', 'b']] }] }",
        "nobody is on two sides"
      ),
      (
        "timeline: [{ at: 0, do: 'drop', from: 'a', to: 'b' }, { at: 0, do: 'duplicate', from: 'a', to: 'b' }] }",
        "two faults of the same message"
      ),
      (
        "timeline: [{ at: 0, do: 'partition', until: 3, groups: [['a'], ['b']] }, "
          + "{ at: 1, do: 'partition', until: 2, groups: [['a'], ['b']] }] }",
        "two partitions at the same time"
      ),
      (
        "timeline: [{ at: 0, do: 'crash', agent: 'a' }, { at: 1, do: 'crash', agent: 'a' }] }",
        "a is down already"
      ),
      ("chance: { drop: 0.8, delay: 0.4 } }", "add up to 1"),
      ("chance: { drop: 2 } }", "chance.drop: 2.0 must be from 0.0 to 1.0"),
    ]
    for (text, says) in cases {
      let check = try TroupeProcess(["check", file("f.json5", head + text)])
      #expect(check.code == 2 && check.error.contains(says), "\(text): \(check.error)")
    }
    let stranger = try TroupeProcess(["check", file("k.json5", "{ agents: [{ name: 'a', kind: 'nod' }] }")])
    #expect(stranger.code == 2 && stranger.error.contains("agents[0].kind"), "\(stranger.error)")
  }
}
