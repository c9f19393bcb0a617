import Foundation
import Messaging
import Policy
import Sim

extension Verb {
  private static let kind = Option(
    "--kind", "NAME",
    "faults (default), training, llm: what the scenario is about; own-actors: a package with actors of your own"
  )
  private static let package = Option(
    "--package", "PATH|URL",
    "own-actors: where Troupe is (default: the checkout in which this program was built)")

  /// The verb that writes a commented scenario, which runs as it is, or a package that has one.
  static let new = Verb(
    name: "new", operands: ["FILE|DIR"],
    summary: "writes a commented scenario that runs, or a package for actors of your own, to begin with",
    options: [kind, package, .json]
  ) { arguments in
    let path = arguments.positional[0]
    let name = arguments.string(kind) ?? ScenarioTemplate.faults.rawValue
    let command: String, what: String
    if name == PackageTemplate.kind {
      let template = try PackageTemplate(troupe: arguments.string(package))
      try template.write(to: URL(filePath: path))
      (command, what) = (template.command(path), template.what)
    } else {
      guard let template = ScenarioTemplate(rawValue: name) else {
        let known = ScenarioTemplate.allCases.map(\.rawValue) + [PackageTemplate.kind]
        throw UsageError(Spelling.complaint(about: name, as: "kind of scenario", known: known))
      }
      guard !arguments.has(package) else {
        throw UsageError("new: --package goes with --kind \(PackageTemplate.kind)")
      }
      try write(template.text, to: path)
      (command, what) = (template.command(path), template.what)
    }
    if arguments.has(.json) {
      ResultLine("new", ["file": .text(path), "kind": .text(name), "next": .text(command)]).print()
    } else {
      Console.print("\(path): \(what); go on with\n\(command)")
    }
    return 0
  }

  private static func write(_ scenario: String, to path: String) throws {
    guard Arguments.isScenario(URL(filePath: path)) else {
      throw UsageError("\(path): the name of a scenario ends in .json5")
    }
    guard !FileManager.default.fileExists(atPath: path) else { throw UsageError("\(path): exists") }
    do {
      try Data(scenario.utf8).write(to: URL(filePath: path), options: .withoutOverwriting)
    } catch {
      throw UsageError("\(path): \(FileFailure(error, .written))")
    }
  }
}

/// A scenario to begin with.
enum ScenarioTemplate: String, CaseIterable {
  case faults, training, llm

  /// What the scenario is.
  var what: String {
    switch self {
    case .faults: "agents with lines, and a message that gets lost"
    case .training: "a designer and executors that learn arithmetic"
    case .llm: "tasks for a published chat model, as a designer and as executors"
    }
  }

  /// The command that runs it.
  func command(_ path: String) -> String {
    switch self {
    case .faults: ShellCommand("run", path).description
    case .training: ShellCommand("train", path).description
    case .llm: ShellCommand("eval", path, "--policy", "DIR", "--episodes", "4").description
    }
  }

  var text: String {
    switch self {
    case .faults:
      """
      // Agents with lines. `troupe run` plays it, `troupe explore` looks for an order or a fault by which an expectation fails.
      {
        name: "a question that is asked again",
        seed: 1,
        // Each line has a cue (`on`); a line without one is said at the start. `after` is virtual time, which costs nothing.
        // A line to nobody is the episode's answer, and may have a reward.
        agents: [
          {
            name: "asker",
            lines: [
              { say: "what is 2 + 2?", to: "solver" },
              { after: "3s", say: "what is 2 + 2?", to: "solver" },   // asks again: the first question may get lost
              { on: "4", say: "4", reward: 1 },
            ],
          },
          { name: "solver", lines: [{ on: "what is 2 + 2?", after: "500ms", say: "4", to: "asker" }] },
        ],
        // What is done at which virtual time. Others: duplicate, delay, reorder, isolate, crash (with `restart`), partition, fail,
        // slow, and say: { at: "4s", do: "say", agent: "asker", text: "still there?", to: "solver" }
        timeline: [{ at: 0, do: "drop", from: "asker", to: "solver", nth: 1 }],
        // Take the second question out, and the first expectation fails: troupe prints the command that shows it again.
        expect: [
          { kind: "eventually", that: { answer: "4" }, within: "5s" },
          { kind: "never", that: { sent: { from: "solver", least: 3 } } },
          { kind: "atEnd", that: { reward: { least: 1 } } },
        ],
      }

      """
    case .training:
      """
      // The whole method in about half a minute: a cold start by supervised learning, then the designer and the executors learn in turn.
      // troupe prints where the report is. docs/reading-a-report.md says what it shows.
      {
        name: "my training",
        seed: 1,
        // Held-out tasks are drawn by a seed of their own and are in no training.
        tasks: { families: [{ name: "arithmetic", levels: [2, 3] }], heldOut: { perFamily: 64 } },
        policy: { preset: "nano" },
        roles: ["step", "solve"],
        tools: ["run"],
        // What a designer may write: at most these many calls, statements and nodes.
        script: { nodes: ["agent", "ensemble", "tool"], maximumCalls: 4, maximumStatements: 4 },
        coldStart: { steps: 300, warmup: 20, designer: { batch: 16 }, executor: { batch: { arithmetic: 32 } } },
        // In a step: 8 tasks, 4 designs of each (M), 4 executions of each design (N).
        rollout: { tasks: 8, designs: 4, executions: 4 },
        stages: { count: 2, executorSteps: 15, designerSteps: 15 },
        evaluation: { every: 10, tasks: 32 },
      }

      """
    case .llm:
      """
      // Tasks for a published chat model: DIR is a Hugging Face directory of the Qwen3, Qwen2 or Llama architecture with tokenizer.json.
      // The model designs under the grammar of scripts, and executes; the answers are verified exactly.
      {
        name: "a published model",
        seed: 1,
        tasks: { families: [{ name: "arithmetic", levels: [2, 2] }], heldOut: { perFamily: 16 } },
        roles: ["step", "solve"],
        tools: ["run"],
        script: { nodes: ["agent", "ensemble", "tool"], maximumCalls: 3, maximumStatements: 3 },
        // The most tokens of one answer. Troupe's own words are few; a chat model needs more.
        executor: { maximumTokens: 48 },
        // Virtual time: it orders the events of agents that work side by side.
        latency: { perToken: "20ms" },
      }

      """
    }
  }
}
