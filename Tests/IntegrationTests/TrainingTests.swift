import Foundation
import Messaging
import Testing

/// The promises about whole runs, each kept across processes.
@Suite("A training run", .serialized)
struct TrainingTests {
  /// The whole method on a very small policy: both families, both roles, a hundred and ten cold steps.
  static let tiny = """
    {
      name: "tiny",
      tasks: { families: [{ name: "arithmetic", levels: [2, 3] }, { name: "synthesis", levels: [2, 2] }],
        heldOut: { perFamily: 16 } },
      policy: { hiddenSize: 16, layers: 1, heads: 2, keyValueHeads: 1, headDimension: 8, intermediateSize: 24 },
      tools: ["run"],
      coldStart: { steps: 110, warmup: 5, designer: { batch: 8 }, executor: { batch: { arithmetic: 16, synthesis: 8 } } },
      rollout: { tasks: 4, designs: 3, executions: 2 },
      stages: { count: 4, executorSteps: 6, designerSteps: 4 },
      evaluation: { every: 4, tasks: 8, crossings: true }, checkpoints: { every: 1 },
    }
    """
  private let files: TemporaryFiles
  private let scenario: String

  init() throws {
    files = try TemporaryFiles()
    scenario = try files.file("tiny.json5", Self.tiny)
  }

  private func train(_ name: String, _ more: String..., shell: String? = nil) throws -> TroupeProcess {
    try TroupeProcess(["train", scenario, "--out", files.url(name).path, "--quiet"] + more, shell: shell)
  }

  /// The files that P1 speaks of, by name.
  private func results(_ name: String) throws -> [String: Data] {
    let root = files.url(name)
    var result: [String: Data] = [:]
    let names = try FileManager.default.subpathsOfDirectory(atPath: root.path)
    let others = ["timings.csv", "machine.json", "report.html"]
    for name in names where !name.hasPrefix("checkpoints") && !others.contains(name) {
      let url = root.appending(path: name)
      if try url.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile == true {
        result[name] = try Data(contentsOf: url)
      }
    }
    return result
  }

  private func expectSame(_ one: String, _ two: String, _ how: String = "") throws {
    let (first, second) = (try results(one), try results(two))
    #expect(first.keys.sorted() == second.keys.sorted(), "\(how)")
    #expect(first.keys.contains("episodes.log") && first.keys.contains("policy/model.safetensors"))
    for (name, data) in first { #expect(second[name] == data, "\(name); \(how)") }
  }

  @Test("P1: one and two threads write the same bytes; P2: the log replays; P3: designs are paid for once")
  func threads() throws {
    for threads in ["1", "2"] {
      let run = try train("run-\(threads)", "--threads", threads)
      #expect(run.code == 0, "\(run.error)")
      // This is P5, as a user sees it.
      #expect(run.output.contains("differ by at most 0.0 in log-probability, over "))
      try expectTimes("run-\(threads)", threads: threads)
    }
    try expectSame("run-1", "run-2")
    try expectProductsAreTold("run-1")
    try expectColumnsAreTold("run-2")

    let log = files.url("run-1").appending(path: "episodes.log").path
    let replay = try TroupeProcess(["replay", log])
    let (steps, tasks, designs, executions) = (20, 4, 3, 2)
    let episodes = steps * tasks * designs * (1 + executions)
    #expect(replay.code == 0 && replay.output.hasPrefix("\(episodes) episodes"), "\(replay.output)")

    let lines = try TroupeProcess(["log", log, "--json", "--events"]).output.split(separator: "\n")
    let events = lines.filter { $0.contains("\"type\": \"event\"") && $0.contains("\"inherited\": false") }
    let calls = events.filter { $0.contains("\"kind\": \"call\"") && $0.contains("\"name\": \"generate\"") }
    let byDesigners = calls.filter { $0.contains("\"subject\": \"root/environment/designer\"") }
    #expect(byDesigners.count == steps * tasks * designs)
    #expect(calls.count > byDesigners.count)

    // This is P5 in the file: all that is learned from was compared before, and other cells are empty.
    let metrics = try files.table("run-1", "metrics.csv")
    #expect(metrics.count == steps && metrics.contains { $0["sequences"] != "0.0" })
    for row in metrics {
      let isLearned = row["sequences"] != "0.0"
      #expect(row["logprob_gap"] == (isLearned ? "0.0" : "") && (row["checked_tokens"] != "0.0") == isLearned)
    }
  }

  /// Every part of every step is there, and together they are no more than the step.
  private func expectTimes(_ name: String, threads: String) throws {
    let (metrics, times) = (try files.table(name, "metrics.csv"), try files.table(name, "timings.csv"))
    let names = [
      "demonstrations", "decode", "actors", "waiting", "credit", "anchors", "gradient", "optimizer",
      "evaluation", "writing",
    ]
    #expect(times.count { $0["phase"] == "cold" } == 110 && times.count == 110 + metrics.count)
    for (index, row) in times.enumerated() {
      let parts = names.filter { row[$0] != "" }
      if index < 110 {
        #expect(parts == ["demonstrations", "gradient", "optimizer", "writing"])
      } else {
        let isLearned = metrics[index - 110]["sequences"] != "0.0"
        #expect(
          parts == ["decode", "actors", "waiting", "credit"]
            + (isLearned ? ["anchors", "gradient", "optimizer"] : [])
            + (index % 4 == 1 ? ["evaluation"] : []) + ["writing"])
      }
      let seconds = parts.map { row[$0].flatMap { Double($0) } ?? .nan }
      let whole = row["seconds"].flatMap { Double($0) } ?? .nan
      #expect(seconds.allSatisfy { $0 >= 0 } && seconds.reduce(0, +) <= whole * (1 + 1e-9))
      #expect(row["rollout_threads"] == (index < 110 ? "" : threads))
    }
  }

  /// A run does not continue with other products, and a fork of its log says that it cannot be the same.
  private func expectProductsAreTold(_ name: String) throws {
    let resumed = try train(name, "--resume", "--products", "openblas")
    #expect(
      resumed.code == 2 && resumed.error.contains("begun with another value of products (the default, not "),
      "\(resumed.error)")
    let root = files.url(name)
    let fork = try TroupeProcess([
      "fork", root.appending(path: "episodes.log").path, "--episode", "step-0/task-0/design-0", "--at", "0",
      "--policy",
      root.appending(path: "policy").path, "--products", "openblas",
    ])
    #expect(
      fork.code == 0 && fork.error.contains("recorded with another value of products (the default, not "),
      "\(fork.error)")
  }

  @Test("a run by OpenBLAS's products says so everywhere, and its sampler and trainer may differ")
  func openBLAS() throws {
    // Most kernels do give other bits, because OpenBLAS sums in another order in batches of another size.
    let run = try train("run", "--products", "openblas")
    #expect(run.code == 0, "\(run.error)")
    let root = files.url("run")
    let products = try Regex("OpenBLAS [0-9.]+, [A-Z][a-z]+")
    let log = try TroupeProcess(["log", root.appending(path: "episodes.log").path])
    #expect(log.output.contains(products))
    #expect(try String(contentsOf: root.appending(path: "report.html"), encoding: .utf8).contains(products))
    let checkpoint = try #require(
      FileManager.default.contentsOfDirectory(atPath: root.appending(path: "checkpoints").path).first)
    for name in [
      "policy/model", "cold-start/model", "checkpoints/\(checkpoint)/model",
      "checkpoints/\(checkpoint)/reference", "checkpoints/\(checkpoint)/cold",
    ] {
      let head = try Data(contentsOf: root.appending(path: "\(name).safetensors")).prefix(120)
      #expect(String(decoding: head, as: UTF8.self).contains(products), "\(name)")
    }
    let metrics = try String(contentsOf: root.appending(path: "metrics.csv"), encoding: .utf8)
      .split(separator: "\n").map { $0.split(separator: ",", omittingEmptySubsequences: false) }
    let column = try #require(metrics[0].firstIndex(of: "logprob_gap"))
    let gaps = metrics.dropFirst().compactMap { Double($0[column]) }
    #expect(
      !gaps.isEmpty && run.output.contains("differ by at most \(gaps.max() ?? -1) in log-probability"))
    for (more, says) in [
      ([], /value of products \(OpenBLAS .*, not the default\)/),
      (["--products", "openblas", "--blas-kernel", "Nehalem"], /OpenBLAS .*, not OpenBLAS .*, Nehalem\)/),
    ] {
      let resumed = try TroupeProcess(["train", scenario, "--out", root.path, "--quiet", "--resume"] + more)
      #expect(resumed.code == 2 && resumed.error.contains(says), "\(resumed.error)")
    }
    #expect(try train("run", "--resume", "--products", "openblas").code == 0)
  }

  @Test("a run that an older version began is not resumed: one line says so, and no file changes")
  func older() throws {
    #expect(try train("run").code == 0)
    let checkpoints = files.url("run").appending(path: "checkpoints")
    for name in try FileManager.default.contentsOfDirectory(atPath: checkpoints.path) {
      let state = checkpoints.appending(path: "\(name)/state.json")
      let text = try String(contentsOf: state, encoding: .utf8)
      #expect(text.contains("\"format\" : 2,"))
      try Data(text.replacing("\"format\" : 2,", with: "").utf8).write(to: state)
    }
    let before = try results("run")
    let resumed = try train("run", "--resume")
    #expect(resumed.code == 2 && resumed.error.contains("was begun by an older version"), "\(resumed.error)")
    #expect(resumed.error.split(separator: "\n").count == 1 && resumed.output.isEmpty)
    #expect(try results("run") == before)
  }

  @Test("progress fits the terminal, whatever its width, and tells the phase even where that is little")
  func progressWidth() throws {
    // The last terminal does not know its width, so the environment gives it.
    for (width, columns) in [(20, 20), (40, 40), (79, 79), (97, 97), (200, 200), (50, 0)] {
      let shown = try TerminalProcess(
        ["train", scenario, "--out", files.url("shown-\(width)").path], columns: columns,
        shell: "export COLUMNS=50")
      #expect(shown.code == 0, "\(shown.text)")
      let lines = shown.text.components(separatedBy: "\r\u{1B}[2K").dropFirst()
      #expect(!lines.isEmpty)
      for line in lines {
        let line = line.prefix { !$0.isNewline }
        #expect(line.count < width, "\(width) columns: \(line)")
      }
      let last = lines.last ?? ""
      #expect(last.contains("eval"), "\(width) columns: \(last)")
      #expect(lines.contains { $0.contains("held-out synthesis") } == (width == 200))
    }
  }

  /// A run whose tables have other columns, as those of an older program, is not continued.
  private func expectColumnsAreTold(_ name: String) throws {
    for (file, column) in [("metrics.csv", "checked_tokens"), ("timings.csv", "rollout_threads")] {
      let url = files.url(name).appending(path: file)
      let text = try String(contentsOf: url, encoding: .utf8)
      try text.replacing(column, with: String(column.reversed())).write(
        to: url, atomically: true, encoding: .utf8)
      let resumed = try train(name, "--resume")
      #expect(
        resumed.code == 2 && resumed.error.contains("\(file): was begun with other columns"),
        "\(resumed.error)")
      try text.write(to: url, atomically: true, encoding: .utf8)
    }
    #expect(try train(name, "--resume").code == 0)
  }

  /// The environment variable with the seed of the moments at which runs are killed.
  private static let killVariable = "TROUPE_KILL_SEED"
  /// The seed, which differs in every process, so that many moments are tried. A failure prints it.
  private static let killSeed =
    ProcessInfo.processInfo.environment[killVariable].flatMap { UInt64($0) } ?? .random(in: 0...UInt64.max)

  /// The seconds after which each of three processes is killed.
  private static func killDelays(seed: UInt64) -> [Double] {
    var stream = SeededStream(seed: seed, name: "kills")
    return (0..<3).map { _ in Double.random(in: 0...0.2, using: &stream) }
  }

  @Test("the moments at which runs are killed are a function of their seed")
  func killMoments() {
    let delays = Self.killDelays(seed: 1)
    #expect(delays == Self.killDelays(seed: 1) && delays != Self.killDelays(seed: 2))
    #expect(delays.allSatisfy { (0...0.2).contains($0) } && Set(delays).count == 3)
  }

  @Test(
    "P6: killed at random, and while it writes a checkpoint and the log, a run ends in the same bytes")
  func kills() throws {
    #expect(try train("whole").code == 0)
    let out = files.url("killed")
    let checkpoint = out.appending(path: "checkpoints/.writing")
    let log = out.appending(path: "episodes.log")
    func size(_ url: URL) -> UInt64 {
      (try? FileManager.default.attributesOfItem(atPath: url.path)[.size] as? UInt64) ?? 0
    }
    typealias Moment = (_ began: Date, _ logSize: UInt64) -> Bool
    let delays = Self.killDelays(seed: Self.killSeed)
    func after(_ delay: Double) -> Moment { { began, _ in began.timeIntervalSinceNow < -delay } }
    let moments: [Moment] = [
      after(delays[0]),
      { _, _ in size(checkpoint.appending(path: "model.safetensors")) > 0 },
      { _, before in size(log) > before + 1000 },
      after(delays[1]),
      { _, _ in FileManager.default.fileExists(atPath: checkpoint.path) },
      after(delays[2]),
    ]
    let again =
      "killed \(delays.map { "\($0) s" }.joined(separator: ", ")) after a start; again with \(Self.killVariable)=\(Self.killSeed)"
    for hasCome in moments {
      let arguments = ["train", scenario, "--out", out.path, "--quiet", "--threads", "2"]
      let isBegun = FileManager.default.fileExists(atPath: out.path)
      let process = TroupeProcess.process(arguments + (isBegun ? ["--resume"] : []))
      let before = size(log)
      let began = Date.now
      try process.run()
      while process.isRunning, !hasCome(began, before) { usleep(50) }
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
      #expect(process.terminationReason == .uncaughtSignal, "killed, not finished; \(again)")
    }
    let resumed = try train("killed", "--resume")
    #expect(resumed.code == 0, "\(resumed.error); \(again)")
    try expectSame("whole", "killed", "\(again)")
    // Times of all seven processes are kept, under one header.
    let timings = try String(contentsOf: out.appending(path: "timings.csv"), encoding: .utf8)
      .split(separator: "\n")
    #expect(timings.count { $0.hasPrefix("phase,") } == 1 && timings.count > 1 + 110 + 20)
  }

  @Test(
    "P1, P6 with an adapter a role, and with weights a role; what is written plays again",
    arguments: ["adapter", "split"])
  func ownWeights(kind: String) throws {
    let scenario = try files.file(
      "\(kind).json5", Self.tiny.replacing("tools:", with: "weights: { kind: \"\(kind)\", rank: 3 }, tools:"))
    func train(_ name: String, _ more: String...) throws -> TroupeProcess {
      try TroupeProcess(["train", scenario, "--out", files.url(name).path, "--quiet"] + more)
    }
    #expect(try train("one", "--threads", "1").code == 0)
    #expect(try train("two", "--threads", "2").code == 0)
    func expectSame(_ one: String, _ two: String) throws {
      let (first, second) = (try results(one), try results(two))
      #expect(first.keys.sorted() == second.keys.sorted() && first.keys.contains("episodes.log"))
      for (name, data) in first { #expect(second[name] == data, "\(name)") }
    }
    try expectSame("one", "two")
    let written = try results("one")
    let own = kind == "split" ? "model.safetensors" : "adapter_model.safetensors"
    let designer = try #require(written["policy/designer/\(own)"])
    #expect(designer != written["policy/executor/\(own)"])

    let out = files.url("killed")
    try killWhileTraining(scenario, in: out)
    #expect(try train("killed", "--resume").code == 0)
    try expectSame("one", "killed")

    let policy = files.url("one").appending(path: "policy").path
    let eval = try TroupeProcess(["eval", scenario, "--policy", policy])
    func generate(_ more: [String]) throws -> TroupeProcess {
      try TroupeProcess(["generate", "--policy", policy, "--prompt", "step : 1 + 1 =", "--max", "4"] + more)
    }
    for role in ["designer", "executor"] { #expect(try generate(["--role", role]).code == 0) }
    for (more, says) in [([], "the policy's roles differ"), (["--role", "chief"], "'chief' is neither")] {
      let refused = try generate(more)
      #expect(refused.code == 2 && refused.error.contains(says), "\(refused.error)")
    }
    #expect(eval.code == 0 && eval.output.contains("16 tasks a family"), "\(eval.error)")
    let replay = try TroupeProcess(["replay", files.url("one").appending(path: "episodes.log").path])
    #expect(replay.code == 0)
    try expectEpisodesAreKept(scenario, policy, eval.output)
  }

  @Test("P1, P5, P6 with a prior on scripts, and an M and an N of the designer's own")
  func exploration() throws {
    let exploring = "exploration: { prior: 0.3, finalPrior: 0.05, designs: 5, executions: 1 }, tools:"
    let scenario = try files.file("exploring.json5", Self.tiny.replacing("tools:", with: exploring))
    func train(_ name: String, _ more: String...) throws -> TroupeProcess {
      try TroupeProcess(["train", scenario, "--out", files.url(name).path, "--quiet"] + more)
    }
    let whole = try train("one", "--threads", "1")
    #expect(whole.code == 0 && whole.output.contains("differ by at most 0.0 in log-probability, over "))
    #expect(try train("two", "--threads", "2").code == 0)
    try expectSame("one", "two")
    try killWhileTraining(scenario, in: files.url("killed"))
    #expect(try train("killed", "--resume").code == 0)
    try expectSame("one", "killed")
    for row in try files.table("one", "metrics.csv") {
      #expect((row["prior"] != "" && row["prior_kl"] != "") == (row["role"] == "designer"))
    }
    let replay = try TroupeProcess(["replay", files.url("one").appending(path: "episodes.log").path])
    // Of 20 steps with 4 tasks, 8 have 5 designs of one execution.
    let episodes = 4 * (12 * 3 * (1 + 2) + 8 * 5 * (1 + 1))
    #expect(replay.code == 0 && replay.output.hasPrefix("\(episodes) episodes"), "\(replay.output)")
  }

  /// An evaluation that keeps its episodes measures the same, and its log replays and forks, sampled and greedy.
  private func expectEpisodesAreKept(_ scenario: String, _ policy: String, _ both: String) throws {
    for (temperature, column) in [("1", 2), ("0", 4)] {
      let log = files.url("eval-\(temperature).log").path
      let eval = try TroupeProcess([
        "eval", scenario, "--policy", policy, "--temperature", temperature, "--log", log,
      ])
      #expect(eval.code == 0, "\(eval.error)")
      func figures(_ text: String) -> [Substring] { text.matches(of: /[0-9.]+ \[[0-9., ]+\]/).map(\.output) }
      #expect(figures(eval.output).count == 2 && figures(both).count == 4)
      #expect(figures(eval.output) == Array(figures(both)[(column - 2)..<column]))
      let replay = try TroupeProcess(["replay", log])
      // Two families of 16 tasks, each with a design and its execution.
      #expect(replay.code == 0 && replay.output.hasPrefix("64 episodes"), "\(replay.output)\(replay.error)")
      let id = "evaluation/arithmetic/task-3/design-0"
      let (whole, fork) = (
        try TroupeProcess(["replay", log, "--episode", "\(id)/execution-0"]),
        try TroupeProcess(["fork", log, "--episode", id, "--at", "0", "--policy", policy])
      )
      #expect(fork.code == 0 && fork.error.isEmpty, "\(fork.error)")
      // Greedily every seed gives the same answer.
      let answer = whole.output.firstMatch(of: /answer "[^"]*"/).map(\.output)
      if temperature == "0" { #expect(fork.output.contains(try #require(answer)), "\(fork.output)") }
      let refused = try TroupeProcess([
        "eval", scenario, "--policy", policy, "--temperature", temperature, "--log", log,
      ])
      #expect(refused.code == 2 && refused.error.contains("eval-\(temperature).log"), "\(refused.error)")
    }
    let greedy = try files.file(
      "greedy.json5", Self.tiny.replacing("rollout: {", with: "rollout: { temperature: 0,"))
    let refused = try TroupeProcess(["train", greedy, "--out", files.url("greedy").path])
    #expect(
      refused.code == 2
        && refused.error.contains("greedy.json5:8:27: rollout.temperature: 0.0 must be above 0"),
      "\(refused.error)")
  }

  /// Begins a run and kills it after some steps of reinforcement learning.
  private func killWhileTraining(_ scenario: String, in out: URL) throws {
    let process = TroupeProcess.process(["train", scenario, "--out", out.path, "--quiet"])
    try process.run()
    while process.isRunning, (try? Data(contentsOf: out.appending(path: "metrics.csv")).count) ?? 0 < 1200 {
      usleep(50)
    }
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
    #expect(process.terminationReason == .uncaughtSignal, "killed, not finished")
  }

  @Test("weights that overflow end a run with the step and the last checkpoint, and `generate` with one line")
  func notFinite() throws {
    let long = try files.file(
      "long.json5", Self.tiny.replacing("executorSteps: 6", with: "executorSteps: 6000"))
    let out = files.url("overflowing")
    try killWhileTraining(long, in: out)
    let checkpoints = out.appending(path: "checkpoints")
    for name in try FileManager.default.contentsOfDirectory(atPath: checkpoints.path) {
      let file = checkpoints.appending(path: "\(name)/model.safetensors")
      if FileManager.default.fileExists(atPath: file.path) { try overflow(file) }
    }
    let resumed = try TroupeProcess(["train", long, "--out", out.path, "--quiet", "--resume"])
    #expect(resumed.code == 2)
    let last = resumed.error.split(separator: "\n").last ?? ""
    #expect(last.contains("a logit is not finite; the last good checkpoint is"), "\(resumed.error)")
    #expect(last.contains(try Regex("step [0-9]+: ")))

    #expect(try train("whole").code == 0)
    let policy = files.url("whole").appending(path: "policy")
    try overflow(policy.appending(path: "model.safetensors"))
    let said = try TroupeProcess(["generate", "--policy", policy.path, "--prompt", "step : 1 + 1 ="])
    #expect(said.code == 2 && said.output.isEmpty)
    #expect(said.error.split(separator: "\n") == ["troupe: a logit is not finite"], "\(said.error)")
  }

  /// Makes the last norm's weights so large that logits overflow.
  private func overflow(_ file: URL) throws {
    var data = try Data(contentsOf: file)
    let length = data.prefix(8).enumerated().reduce(0) { $0 | Int($1.element) << (8 * $1.offset) }
    let header = try #require(
      try JSONSerialization.jsonObject(with: data[8..<(8 + length)]) as? [String: [String: Any]])
    let place = try #require(header["model.norm.weight"]?["data_offsets"] as? [Int])
    for offset in stride(from: place[0], to: place[1], by: 4) {
      let start = 8 + length + offset
      data.replaceSubrange(
        start..<(start + 4), with: withUnsafeBytes(of: Float(3e38).bitPattern) { Data($0) })
    }
    try data.write(to: file)
  }

  @Test("a run that was killed before its first file is begun by resuming it")
  func nothingYet() throws {
    #expect(try train("whole").code == 0)
    try FileManager.default.createDirectory(at: files.url("empty"), withIntermediateDirectories: true)
    #expect(try train("empty", "--resume").code == 0)
    try expectSame("whole", "empty")
  }

  @Test("a run that goes on is what it was begun as, and nothing is overwritten")
  func beginnings() throws {
    #expect(try train("run").code == 0)
    let before = try results("run")
    let other = try files.file("other.json5", Self.tiny.replacing("tasks: 4", with: "tasks: 5"))
    let faulty = try files.file(
      "faulty.json5", Self.tiny.replacing("tools:", with: "chance: { drop: 0.1 }, tools:"))
    let own = try files.file("own.json5", "{ name: \"own\", agents: [{ name: \"a\" }] }")
    let out = files.url("run").path
    let policy = files.url("run").appending(path: "policy").path
    let cases: [(arguments: [String], says: String)] = [
      (["train", scenario, "--out", out], "exists; give --resume"),
      (["train", other, "--out", out, "--resume"], "was begun with another scenario or seed"),
      (
        ["train", scenario, "--out", out, "--resume", "--seed", "2"],
        "was begun with another scenario or seed"
      ),
      (["train", scenario, "--out", files.url("none").path, "--resume"], "there is no run to resume"),
      (["train", scenario, "--resume"], "--resume needs --out"),
      (["train", faulty, "--out", files.url("none").path], "play without faults"),
      (["train", own, "--out", files.url("none").path], "play with designers and executors"),
      (["eval", faulty, "--policy", policy], "play without faults"),
      (["train", scenario, "--out", "/proc/no"], "/proc/no: cannot be made"),
    ]
    for (arguments, says) in cases {
      let process = try TroupeProcess(arguments + ["--quiet"])
      #expect(process.code == 2, "\(arguments)")
      #expect(process.error.contains(says), "\(process.error)")
      #expect(process.error.split(separator: "\n").count == 1 && process.output.isEmpty)
    }
    #expect(try results("run") == before)
  }

  @Test("a full disk is one line, and the run goes on from there once there is room")
  func fullDisk() throws {
    #expect(try train("whole").code == 0)
    // A file may have 128 KiB: enough for the checkpoints, not for the log.
    let full = try train("full", shell: "trap '' XFSZ; ulimit -f 128")
    #expect(full.code == 2)
    #expect(
      full.error.contains("episodes.log") && full.error.split(separator: "\n").count == 1, "\(full.error)")
    #expect(try train("full", "--resume").code == 0)
    try expectSame("whole", "full")
  }
}
