import ActorTesting
import Actors
import Foundation
import Messaging
import Policy
import Testing

@testable import Sim

@Suite("Reading a log", .enabled(if: CreditTable.isRelease))
struct LoggedEpisodeTests {
  /// A scenario with which one training step was played by a policy that has learned nothing, and the step's tree and log.
  private struct Played {
    var scenario: Scenario
    var tree: RolloutTree
    var setup: EpisodeSetup
    var records: [(EpisodeRecord, EpisodeHistory)] = []

    init(_ change: (inout Scenario) -> Void = { _ in }) throws {
      scenario = try Scenario(
        json5: """
          { name: "reading", policy: { preset: "nano" },
            tasks: { families: [{ name: "synthesis", levels: [2, 3] }], heldOut: { perFamily: 4 } },
            rollout: { tasks: 3, designs: 4, executions: 3 } }
          """, file: "reading.json5")
      change(&scenario)
      let trainer = try Trainer(scenario, threads: 1)
      let state = TrainerState(scenario, trainer.configuration)
      tree = try trainer.rollOut(state)
      setup = try EpisodeSetup(scenario)
      var parents: [String: EpisodeHistory] = [:]
      for bytes in tree.records {
        let record = try EpisodeRecord(encoded: bytes)
        let parent = record.parent.flatMap { parents[$0.episode] }
        let history = try parent.map { try EpisodeHistory(record, of: $0) } ?? EpisodeHistory(record)
        parents[record.id] = history
        records.append((record, history))
      }
    }

    func episodes() throws -> [LoggedEpisode] { try records.map { try LoggedEpisode($0.0, $0.1, setup) } }
  }

  @Test("rewards and credit that are read from a log are those that the trainer had, to the bit")
  func credit() throws {
    for (estimator, grouping) in [
      ("grpo", ExecutorGrouping.design), ("rloo", .question), ("peragent", .turn),
    ] {
      let played = try Played {
        $0.credit.estimator = estimator
        $0.credit.executorGrouping = grouping
        $0.credit.formatPenalty = 0.1
        $0.credit.costPerCall = 0.03
        $0.exploration.prior = 0
      }
      var step = LoggedStep(named: "step-0")
      for episode in try played.episodes() { step.add(episode) }
      let rewards = played.tree.rewards(played.scenario.credit)
      #expect(step.rewards(played.scenario.credit) == rewards)
      // A tree in which nothing differs would say nothing.
      #expect(Set(rewards.tasks.flatMap { $0.designs.flatMap(\.executions) }).count > 1)
      let advantages = try played.setup.registry.estimator(of: played.scenario).advantages(of: rewards)
      var why = ""
      let credit = try #require(try LoggedCredit(step, played.setup, why: &why))
      #expect(credit.lacks == nil)
      for (task, designs) in advantages.tasks.enumerated() {
        for (design, found) in designs.enumerated() {
          let id = "step-0/task-\(task)/design-\(design)"
          #expect(credit.designer(id) == found.designer)
          for execution in found.executions.indices {
            let calls = played.tree.tasks[task].designs[design].executions[execution].transcript.outcome.calls
            let name = "\(id)/execution-\(execution)"
            #expect(credit.execution(name) == found.executions[execution])
            #expect(
              credit.calls(name, count: calls.count)
                == calls.indices.map { found[execution: execution, call: $0] })
          }
        }
      }
      #expect(credit.designer("step-0/task-9/design-0") == nil && credit.execution("run/episode-0") == nil)
    }
  }

  @Test("credit that a log does not have says why: forks, a prior, an incomplete step")
  func creditThatIsMissing() throws {
    let played = try Played {
      $0.exploration.prior = 0.1
      $0.stages.first = .designer
    }
    var (step, torn) = (LoggedStep(named: "step-0"), LoggedStep(named: "step-0"))
    for episode in try played.episodes() { step.add(episode) }
    for episode in try played.episodes().dropLast() { torn.add(episode) }
    var why = ""
    #expect(try LoggedCredit(step, played.setup, why: &why)?.lacks?.contains("prior") == true)
    #expect(try LoggedCredit(torn, played.setup, why: &why) == nil)
    #expect(why.contains("whole step"))
    var forked = played.scenario
    forked.credit.estimator = "shapley"
    #expect(try LoggedCredit(step, EpisodeSetup(forked), why: &why) == nil)
    #expect(why.contains("forks"))
  }

  @Test("an execution is told with its task, its script, its answer, its calls and the parts of its reward")
  func execution() throws {
    let played = try Played {
      $0.credit.formatPenalty = 0.25
      $0.credit.costPerCall = 0.125
    }
    let episodes = try played.episodes()
    let executions = played.tree.executions
    #expect(episodes.count { $0.kind == .execution } == executions.count && executions.count == 36)
    #expect(episodes.count { $0.kind == .design } == 12)
    for execution in executions {
      let told = try #require(episodes.first { $0.id == execution.id })
      let outcome = execution.transcript.outcome
      #expect(told.outcome == outcome && told.time == execution.duration && told.isSolved == outcome.success)
      let reward = try #require(told.reward)
      #expect(reward.executors == (outcome.success ? 1 : 0) - 0.25 * Double(outcome.formatErrors))
      #expect(reward.parts.reduce(0) { $0 + $1.executors } == reward.executors)
      #expect(reward.parts.reduce(0) { $0 + $1.designer } == reward.designer)
      #expect(told.hasFailed == !outcome.success && told.firstOwnEvent == told.record.parent?.event)
      let design = try #require(episodes.first { $0.id == told.record.parent?.episode })
      #expect(design.kind == .design && design.status == nil && !design.hasFailed)
      #expect(design.task == told.task && design.task?.family == "synthesis")
      // The designer's own words, before they are printed as a script is.
      let script = try #require(design.design)
      #expect(script.filter { !$0.isWhitespace } == told.design?.filter { !$0.isWhitespace })
    }
  }

  @Test("a prompt and a generation are told in words, with probabilities and with what the grammar allowed")
  func events() throws {
    let played = try Played()
    let tokenizer = played.setup.agents.tokenizer
    var generations = 0
    for (record, history) in played.records {
      var reader = EventReader(played.setup)
      for event in history.events {
        switch reader.said(event) {
        case .question(let call, let prompt):
          #expect(event.kind == .call && tokenizer.decode(call.prompt) == prompt && !prompt.isEmpty)
        case .generation(let generation, let text, let tokens):
          generations += 1
          #expect(tokenizer.decode(generation.tokens) == text && tokens.map(\.id) == generation.tokens)
          #expect(tokens.map(\.logProbability) == generation.logProbabilities)
          let isDesign = event.subject.hasSuffix("/designer")
          for token in tokens {
            guard isDesign else {
              #expect(token.allowed == nil)
              continue
            }
            // What was sampled was allowed, and where nothing else was, it was certain.
            let allowed = try #require(token.allowed)
            #expect(allowed.texts.contains(token.text) && allowed.count == allowed.texts.count)
            if allowed.count == 1 { #expect(token.logProbability == 0) }
          }
        case .reward(let reward): #expect(reward == 0 || reward == 1)
        case .outcome(let outcome): #expect(event.kind == .finish && outcome.script != nil)
        case .text(let text): #expect(event.name == "format error" && text.contains(": "))
        case .answer: Issue.record("scripted actors answer so: \(record.id)")
        case nil: break
        }
      }
    }
    #expect(generations > 100)
  }

  @Test("filters choose what they say, and conditions compare as they read")
  func filters() throws {
    for (text, value, holds) in [
      ("<0.5", 0.4, true), ("<0.5", 0.5, false), ("<= 0.3", 0.1 + 0.2, true), (">0.3", 0.1 + 0.2, false),
      (">=1", 1, true), ("=0.9", 0.9, true), ("0.9", 0.8, false), ("!=1", 1, false), ("!=1", 0, true),
      ("<-0.1", -0.2, true),
    ] { #expect(EpisodeFilter.Condition(text)?.holds(value) == holds, "\(text) of \(value)") }
    for text in ["", "<", "x", "<x", "<<1", "1 or 2", "nan", "<inf"] {
      #expect(EpisodeFilter.Condition(text) == nil, "\(text)")
    }
    let played = try Played { $0.credit.formatPenalty = 0.25 }
    let episodes = try played.episodes()
    func chosen(_ change: (inout EpisodeFilter) -> Void) -> [LoggedEpisode] {
      var filter = EpisodeFilter()
      change(&filter)
      return episodes.filter(filter.wants)
    }
    #expect(chosen { _ in }.count == episodes.count)
    #expect(chosen { $0.onlyFailed = true }.allSatisfy { $0.isSolved == false })
    #expect(!chosen { $0.onlyFailed = true }.isEmpty)
    #expect(
      chosen { $0.family = "synthesis" }.count == episodes.count && chosen { $0.family = "repair" }.isEmpty)
    #expect(chosen { $0.level = 2 }.allSatisfy { $0.task?.level == 2 })
    let cheap = chosen { $0.reward = .init("<0") }
    #expect(!cheap.isEmpty && cheap.allSatisfy { $0.outcome.map { $0.formatErrors > 0 } == true })
    let script = try #require(episodes.first { $0.kind == .execution }?.design)
    #expect(chosen { $0.design = script.replacing("\n", with: "  ") }.count >= 4)
    #expect(chosen { $0.id = "step-0/task-0/design-0" }.map(\.id) == ["step-0/task-0/design-0"])
    var events = EpisodeFilter()
    (events.kinds, events.actor) = ([.reply], "designer")
    for event in episodes[0].history.events {
      #expect(events.wants(event, said: nil) == (event.kind == .reply && event.peer.hasSuffix("/designer")))
    }
  }
}
