import Actors
import Messaging
import Policy
import Testing

@Suite("Episodes")
struct EpisodeTests {
  private func agents(maximumCalls: Int = 8, settings: AgentSettings = AgentSettings()) throws -> AgentSetup {
    try AgentSetup(
      families: try allFamilies(), grammar: try ScriptGrammar(maximumCalls: maximumCalls), settings: settings)
  }

  private func task(_ family: any TaskFamily, level: Int, seed: UInt64 = 1) throws -> TaskInstance {
    var generator = SplitMix(seed)
    return try family.instance(level: level, split: .train, using: &generator)
  }

  @Test("perfect executors under optimal designs succeed, and the transcript has every token")
  func perfect() throws {
    let policy = ScriptedPolicy(families: try allFamilies())
    let tokenizer = TroupeVocabulary.tokenizer
    // The families whose level is the number of steps, and whose steps are short enough for the limit of tokens.
    for family in try allFamilies() where ["arithmetic", "synthesis"].contains(family.name) {
      for level in family.levels {
        let task = try task(family, level: level)
        let run = try runEpisode(EpisodeStart(task: task), agents: agents(), policy: policy)
        let outcome = run.transcript.outcome
        #expect(outcome.success && outcome.designFault == nil && outcome.formatErrors == 0)
        #expect(outcome.script == family.optimalScript(level: level).description)
        #expect(outcome.calls.count == level)
        #expect(outcome.toolCalls.count == family.stepTools.count * (level - 1))
        let design = try #require(run.transcript.design)
        #expect(try design.call.prompt == tokenizer.encode(family.designPrompt(task)))
        #expect(outcome.designTokens == design.generation.tokens.count)
        for (record, turn) in zip(outcome.calls, run.transcript.turns) {
          let turn = try #require(turn)
          #expect(turn.call.caller == .executor(record.id) && turn.call.role == record.role)
          #expect(record.tokens == turn.generation.tokens.count && record.onPath)
          let prompt = try #require(ExecutorPrompt(parsing: tokenizer.decode(turn.call.prompt)))
          #expect(prompt.role == record.role)
        }
        #expect(run.notes.contains { $0 == EnvironmentActor.reward && $1 == [1] })
      }
    }
  }

  @Test("a malformed output is counted and noted, and the episode goes on")
  func malformed() throws {
    let family = try arithmetic.get()
    let policy = ScriptedPolicy(
      families: [family], designer: .text("a = agent step(task); b = agent solve(a); answer b"),
      executor: .texts(["step": "dup", "solve": "7"]))
    let start = EpisodeStart(task: try task(family, level: 2))
    let run = try runEpisode(start, agents: agents(), policy: policy)
    let outcome = run.transcript.outcome
    #expect(outcome.formatErrors == 1 && outcome.answer == "7")
    #expect(outcome.calls.map(\.onPath) == [false, true])
    #expect(run.notes.count { $0.0 == "format error" } == 1)
  }

  @Test("a text that is no script, or was cut off, is a failure with its reason and no calls")
  func badDesigns() throws {
    let family = try arithmetic.get()
    let start = EpisodeStart(task: try task(family, level: 1))
    var policy = ScriptedPolicy(families: [family], designer: .text("a = agent step ( b ) ; answer a"))
    let undefined = try runEpisode(start, agents: agents(), policy: policy).transcript.outcome
    #expect(undefined.designFault == "1:18: `b` is not defined; defined here: `task`")
    #expect(!undefined.success && undefined.script == nil && undefined.calls.isEmpty)
    policy.designer = .optimal
    var settings = AgentSettings()
    settings.designer.maximumTokens = 4
    let cut = try runEpisode(start, agents: agents(settings: settings), policy: policy).transcript
    #expect(cut.outcome.designFault == "truncated" && cut.design?.generation.stop == .length)
  }

  @Test("a given script is run without a designer")
  func givenScript() throws {
    let family = try synthesis.get()
    let script = family.optimalScript(level: 2).description
    let start = EpisodeStart(task: try task(family, level: 2), script: script)
    let run = try runEpisode(start, agents: agents(), policy: ScriptedPolicy(families: [family]))
    #expect(run.transcript.outcome.success && run.transcript.design == nil)
    #expect(run.transcript.outcome.designTokens == 0 && run.transcript.outcome.script == script)
  }

  @Test(
    "structure matters: with fallible executors a vote beats a single agent, and by tests beats a majority")
  func structure() throws {
    let family = try synthesis.get()
    let policy = ScriptedPolicy(families: [family], executor: .reference(errorRate: 0.5))
    var rates: [Int] = []
    for node in [
      "agent solve(task)", "ensemble 5 solve(task) by majority", "ensemble 5 solve(task) by tests",
    ] {
      var successes = 0
      for seed in 0..<60 {
        let start = EpisodeStart(
          task: try task(family, level: 2, seed: UInt64(seed)), script: "a = \(node); answer a")
        let run = try runEpisode(start, agents: agents(), policy: policy, seed: UInt64(seed))
        successes += run.transcript.outcome.success ? 1 : 0
      }
      rates.append(successes)
    }
    #expect(rates[0] + 5 < rates[1] && rates[1] < rates[2], "\(rates)")
  }

  @Test("the start of an episode round-trips, and a damaged one is an error")
  func start() throws {
    let start = EpisodeStart(task: try task(synthesis.get(), level: 3), script: "answer a")
    let bytes = start.encoded
    let back = try EpisodeStart(encoded: bytes)
    #expect(back.task == start.task && back.script == start.script)
    for length in 0..<bytes.count {
      #expect(throws: MalformedRecord.self) { try EpisodeStart(encoded: Array(bytes[..<length])) }
    }
  }

  @Test("P2: an episode of agents replays from its record alone")
  func replay() throws {
    let family = try synthesis.get()
    let policy = ScriptedPolicy(families: [family], executor: .reference(errorRate: 0.3))
    let agents = try agents()
    for seed in 0..<20 as Range<UInt64> {
      let start = EpisodeStart(task: try task(family, level: 2, seed: seed))
      let run = try runEpisode(start, agents: agents, policy: policy, seed: seed)
      let history = try EpisodeHistory([try EpisodeRecord(encoded: run.record.encoded)])
      let again = try EpisodeStart(encoded: history.input)
      let replay = Episode(replaying: history) { agents.setUp($0, again) }
      #expect(replay.run() == .finished(result: run.transcript.outcome.encoded))
    }
  }

  @Test(
    "P7: an episode of any script of the whole language keeps to its worst case of calls, tokens and virtual time"
  )
  func worstCase() throws {
    let grammar = try wholeGrammar(statements: 4, calls: 24, parts: 2)
    let tokenizer = vocabulary(of: grammar)
    var settings = AgentSettings()
    (settings.latencyPerToken, settings.toolLatency) = (.milliseconds(20), .milliseconds(50))
    settings.executor.maximumTokens = 12
    let agents = try AgentSetup(
      families: try allFamilies(), grammar: grammar, settings: settings, tokenizer: tokenizer)
    var generator = SplitMix(12)
    for family in try allFamilies() {
      let task = try task(family, level: 2)
      let words = [
        "pick": "chain", "cut": "\(task.statement) ; \(task.statement)", "join": "7", "check": "no",
        "step": task.solution, "solve": task.solution,
      ]
      for executor in [ScriptedPolicy.Executor.texts(words), .reference(errorRate: 0.5)] {
        let policy = ScriptedPolicy(families: try allFamilies(), executor: executor, tokenizer: tokenizer)
        for _ in 0..<60 {
          let script = randomScript(grammar, using: &generator)
          let cost = script.worstCase(
            CallLimits(timePerToken: .milliseconds(20), toolTime: .milliseconds(50)) { _ in 12 })
          let run = try runEpisode(
            EpisodeStart(task: task, script: script.description), agents: agents, policy: policy)
          let outcome = run.transcript.outcome
          #expect(outcome.script == script.description && outcome.designFault == nil)
          #expect(outcome.calls.count <= cost.calls && outcome.toolCalls.count <= cost.toolCalls)
          #expect(outcome.calls.reduce(0) { $0 + $1.tokens } <= cost.tokens)
          #expect(run.end <= cost.time, "\(script)")
        }
      }
    }
  }
}
