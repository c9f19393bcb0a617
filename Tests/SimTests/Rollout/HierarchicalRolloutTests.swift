import Actors
import Messaging
import Policy
import Testing

@testable import Sim

@Suite("Hierarchical rollouts")
struct HierarchicalRolloutTests {
  static let scenario = {
    var scenario = Scenario()
    scenario.tasks.families = [.init("arithmetic"), .init("synthesis")]
    scenario.tasks.families[1].levels = 2...3
    scenario.tasks.heldOut.perFamily = 8
    scenario.tools = ["run"]
    return scenario
  }()
  private let source: TaskSource
  private let agents: AgentSetup

  init() throws {
    source = try TaskSource(Self.scenario)
    agents = try AgentSetup(Self.scenario, families: source.families)
  }

  private func server(_ designer: ScriptedPolicy.Designer = .optimal, errors: Double = 0.3) -> ScriptedServer
  {
    ScriptedServer(
      ScriptedPolicy(families: source.families, designer: designer, executor: .reference(errorRate: errors)))
  }

  private func run(threads: Int = 1, tasks: Int = 6) throws -> RolloutTree {
    let rollout = HierarchicalRollout(agents: agents, designs: 3, executions: 2, threads: threads)
    return try rollout.run(source.trainingTasks(step: 0, count: tasks), name: "test", seed: 4) {
      let server = server()
      return .init(designer: server, executor: server)
    }
  }

  @Test("P1: records do not depend on the number of threads", arguments: [2, 3, 16])
  func threads(threads: Int) throws {
    #expect(try run(threads: threads).records == run().records)
  }

  @Test("P3: M designs of a task are generated and logged, N executions of each share one")
  func shape() throws {
    let tree = try run()
    #expect(tree.tasks.count == 6)
    #expect(
      tree.tasks.allSatisfy { $0.designs.count == 3 && $0.designs.allSatisfy { $0.executions.count == 2 } })
    let records = try tree.records.map { try EpisodeRecord(encoded: $0) }
    let designs = records.filter { $0.parent == nil }
    let roots = try Dictionary(uniqueKeysWithValues: designs.map { ($0.id, try EpisodeHistory($0)) })
    #expect(designs.count == 18 && records.count == 18 * 3)
    func designerCalls(_ record: EpisodeRecord) throws -> Int {
      let own = record.parent?.event ?? 0
      let parent = record.parent.flatMap { roots[$0.episode] }
      let history = try parent.map { try EpisodeHistory(record, of: $0) } ?? EpisodeHistory(record)
      return history.events[own...].count { $0.kind == .call && $0.subject == "root/environment/designer" }
    }
    #expect(try designs.allSatisfy { try designerCalls($0) == 1 })
    #expect(try records.reduce(0) { try $0 + designerCalls($1) } == 18)
    // Executions of one design see different errors.
    let outcomes = Set(tree.executions.map(\.transcript.outcome.success))
    #expect(outcomes == [true, false])
  }

  /// A server that takes time to be asked and to answer, and counts both.
  private final class SlowServer: GenerationServer {
    static let (asking, answering) = (Duration.microseconds(100), Duration.microseconds(300))
    private let server: ScriptedServer
    /// The number of its questions, reported as tokens.
    private(set) var statistics = Decoder.Statistics()

    init(_ server: ScriptedServer) { self.server = server }

    func submit(_ request: GenerationRequest) throws -> Int {
      wait(Self.asking)
      statistics.tokens += 1
      return try server.submit(request)
    }

    func step() -> [Decoder.Update] {
      wait(Self.answering)
      statistics.steps += 1
      return server.step()
    }
  }

  @Test("time in the policy is told from time in actors, and neither is counted twice", arguments: [1, 2])
  func time(threads: Int) throws {
    let rollout = HierarchicalRollout(agents: agents, designs: 3, executions: 2, threads: threads)
    let tree = try rollout.run(source.trainingTasks(step: 0, count: 3), name: "test", seed: 4) {
      .both(SlowServer(server()))
    }
    let (time, counted) = (tree.time, tree.generation)
    #expect(time.threads == threads && counted.tokens >= 27 && counted.steps > 1)
    #expect(
      time.decodeOfThreads >= SlowServer.asking * counted.tokens + SlowServer.answering * counted.steps)
    #expect(time.actorsOfThreads > .zero)
    #expect(time.decodeOfThreads + time.actorsOfThreads <= time.wall * threads)
    #expect(time.waiting >= .zero && time.decode + time.actors + time.waiting == time.wall)
  }

  @Test("an earlier designer makes the last designs of each task, and is marked")
  func earlierDesigner() throws {
    var rollout = HierarchicalRollout(agents: agents, designs: 3, executions: 1)
    rollout.earlierDesigns = 1
    let direct = "a = agent solve(task);\nanswer a"
    let tree = try rollout.run(source.trainingTasks(step: 0, count: 4), name: "test", seed: 4) {
      let server = server()
      return .init(designer: server, executor: server, earlierDesigner: self.server(.text(direct)))
    }
    for task in tree.tasks {
      #expect(task.designs.map(\.isEarlier) == [false, false, true])
      let scripts = task.designs.compactMap { $0.executions[0].transcript.outcome.script }
      #expect(scripts[0] == scripts[1] && scripts[2].contains("agent solve(task)"))
    }
    #expect(tree.current.tasks.allSatisfy { $0.designs.count == 2 })
    #expect(tree.tasks.allSatisfy { $0.designs.count == 3 })
  }

  @Test("a text that is no script is an outcome with its fault, and is penalized")
  func noScript() throws {
    let rollout = HierarchicalRollout(agents: agents, designs: 1, executions: 2)
    let tree = try rollout.run(source.trainingTasks(step: 0, count: 1), name: "test", seed: 4) {
      let server = server(.text("answer answer"))
      return .init(designer: server, executor: server)
    }
    let outcome = tree.tasks[0].designs[0].executions[0].transcript.outcome
    #expect(outcome.designFault != nil && !outcome.success)
    let rewards = tree.rewards(Self.scenario.credit)
    #expect(rewards.tasks[0].designs[0].reward == -Self.scenario.credit.formatPenalty)
  }
}
