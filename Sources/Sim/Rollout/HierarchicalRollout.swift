import Actors
import Dispatch
import Messaging
import Policy
import Synchronization

/// A rollout that plays M designs of each task, and N executions of each design as forks of its episode.
///
/// A design is generated once and logged once. Its executions repeat the few events of that episode and go on under
/// seeds of their own (P3). Tasks are dealt out to threads. Neither events nor generations depend on the other tasks,
/// so the result is the same for any number of threads.
///
/// If the estimator asks for `forks`, every execution is run again with some of its calls replaced (`ForkRollout`).
public struct HierarchicalRollout: Sendable {
  package var agents: AgentSetup
  package var designs: Int
  package var executions: Int
  /// The number of the M designs that the earlier designer makes.
  package var earlierDesigns = 0
  package var strategy: Scenario.Strategy
  package var threads: Int
  /// The forks that are played of every execution; `nil` for none.
  package var forks: CreditForks?
  /// Whether every execution is also played without each statement of its script, for the credit of spans.
  package var deletesStatements = false

  public init(
    agents: AgentSetup, designs: Int, executions: Int, strategy: Scenario.Strategy = .fifo, threads: Int = 1
  ) {
    self.agents = agents
    self.designs = designs
    self.executions = executions
    self.strategy = strategy
    self.threads = threads
  }

  /// The servers that answer on one thread. Roles with the same weights have the same object.
  public struct Servers {
    package var designer: any GenerationServer
    package var executor: any GenerationServer
    /// The server that makes the last ``HierarchicalRollout/earlierDesigns`` designs of each task.
    package var earlierDesigner: (any GenerationServer)?

    public init(
      designer: any GenerationServer, executor: any GenerationServer,
      earlierDesigner: (any GenerationServer)? = nil
    ) {
      self.designer = designer
      self.executor = executor
      self.earlierDesigner = earlierDesigner
    }

    /// Makes a decoder for each model. Roles that share a model share its decoder.
    public init(
      designer: Transformer, executor: Transformer, earlierDesigner: Transformer? = nil, threads: Int = 1
    ) {
      let server = Decoder(executor, threads: threads)
      self.init(
        designer: designer === executor ? server : Decoder(designer, threads: threads), executor: server,
        earlierDesigner: earlierDesigner.map { Decoder($0, threads: threads) })
    }

    /// Returns the servers, each replaced by the result of `transform`. If both roles share an object, they still do.
    func mapped(_ transform: (any GenerationServer) -> any GenerationServer) -> Servers {
      let executor = transform(self.executor)
      return Servers(
        designer: designer === self.executor ? executor : transform(designer), executor: executor,
        earlierDesigner: earlierDesigner.map(transform))
    }

    /// Makes servers in which one server answers both roles.
    public static func both(_ server: any GenerationServer) -> Servers {
      .init(designer: server, executor: server)
    }

    /// The sum of the statistics of all servers, each object counted once.
    package var statistics: Decoder.Statistics {
      var result = executor.statistics
      if designer !== executor { result.add(designer.statistics) }
      if let earlierDesigner { result.add(earlierDesigner.statistics) }
      return result
    }
  }

  /// Plays `tasks`. The seeds derive from `seed` and `name`, with which the ids of the episodes begin.
  ///
  /// Where `scripts` has a script for a task, its designer is not asked.
  public func run(
    _ tasks: [TaskInstance], name: String, seed: UInt64, scripts: [String?]? = nil,
    servers: @escaping @Sendable () throws -> Servers
  ) throws -> RolloutTree {
    let results = Mutex<[Result<RolloutTree.Task, any Error>?]>(Array(repeating: nil, count: tasks.count))
    let workers = max(1, min(threads, tasks.count))
    let totals = Mutex(
      (generation: Decoder.Statistics(), forks: RolloutTree.ForkCost(), time: RolloutTime(threads: workers)))
    let begin = ContinuousClock.now
    DispatchQueue.concurrentPerform(iterations: workers) { worker in
      let mine = Array(stride(from: worker, to: tasks.count, by: workers))
      let (begin, stopwatch) = (ContinuousClock.now, Stopwatch())
      let played = Result {
        let servers = try stopwatch.measure { try servers() }.mapped { TimedServer($0, stopwatch) }
        var cost = RolloutTree.ForkCost()
        let played = try play(mine.map { ($0, tasks[$0], scripts?[$0] ?? nil) }, name, seed, servers, &cost)
        totals.withLock {
          $0.forks.add(cost)
          $0.generation.add(servers.statistics)
          $0.time.decodeOfThreads += stopwatch.elapsed
          $0.time.actorsOfThreads += ContinuousClock.now - begin - stopwatch.elapsed
        }
        return played
      }
      results.withLock { results in
        for (place, index) in mine.enumerated() { results[index] = played.map { $0[place] } }
      }
    }
    var (generation, cost, time) = totals.withLock { $0 }
    let played = try results.withLock { try $0.compactMap { try $0?.get() } }
    time.wall = ContinuousClock.now - begin
    return RolloutTree(tasks: played, generation: generation, forkCost: cost, time: time)
  }

  /// Plays one thread's share of the tasks.
  private func play(
    _ tasks: [(index: Int, instance: TaskInstance, script: String?)], _ name: String, _ seed: UInt64,
    _ servers: Servers, _ cost: inout RolloutTree.ForkCost
  ) throws -> [RolloutTree.Task] {
    let driver = EpisodeDriver(designer: servers.designer, executor: servers.executor)
    // Executors are asked through a memo only if there are forks, which share generations with their executions.
    let memo = forks != nil || deletesStatements ? GenerationMemo(servers.executor) : nil
    let executing = memo.map { EpisodeDriver(designer: $0, executor: $0) } ?? driver
    var roots: [Branch] = []
    for task in tasks {
      let start = EpisodeStart(task: task.instance, script: task.script)
      for design in 0..<designs {
        let id = "\(name)/task-\(task.index)/design-\(design)"
        let seed = EpisodeSeed.of(id, run: seed)
        let episode = Episode(seed: seed, strategy: strategy.made(seed: seed)) { agents.setUp($0, start) }
        let isEarlier = servers.earlierDesigner != nil && design >= designs - earlierDesigns
        roots.append(Branch(id: id, start: start, episode: episode, isEarlier: isEarlier))
      }
    }
    try self.design(roots.filter { !$0.isEarlier }, driver)
    if let designer = servers.earlierDesigner {
      try self.design(
        roots.filter(\.isEarlier), EpisodeDriver(designer: designer, executor: servers.executor))
    }
    let records = roots.map { $0.episode.record(id: $0.id, input: $0.start.encoded) }
    for root in roots { root.episode.close() }

    let histories = try records.map { record in
      var history = try EpisodeHistory(record)
      history.provenEvents = record.eventCount
      return history
    }
    var branches: [Branch] = []
    for (root, history) in zip(roots, histories) {
      for execution in 0..<executions {
        let id = "\(root.id)/execution-\(execution)"
        let episode = Episode(forking: history, at: history.eventCount, seed: EpisodeSeed.of(id, run: seed)) {
          agents.setUp($0, root.start)
        }
        branches.append(Branch(id: id, start: root.start, episode: episode))
      }
    }
    let states = try executing.run(branches.map(\.episode))
    try check(states, branches) { if case .finished = $0 { true } else { false } }
    var originals: [ForkRollout.Original] = []
    var played = try zip(branches.indices, states).map { index, state in
      let (branch, design) = (branches[index], histories[index / executions])
      let fork = EpisodeRecord.Fork(episode: design.id, event: design.eventCount)
      let record = branch.episode.record(id: branch.id, forkedFrom: fork)
      let execution = try execution(branch, state, record)
      originals.append(
        .init(
          id: branch.id, seed: EpisodeSeed.of(branch.id, run: seed), start: branch.start, design: design,
          record: record, calls: execution.transcript.outcome.calls))
      return execution
    }
    for branch in branches { branch.episode.close() }
    if let memo {
      let before = memo.counts
      var count = 0
      if let asked = forks {
        let forks = try ForkRollout(agents: agents, asked: asked, driver: executing).play(originals)
        for (index, forks) in forks.enumerated() { played[index].forks = forks }
        count += forks.reduce(0) { $0 + $1.played.count }
      }
      if deletesStatements {
        let deletions = try ForkRollout(agents: agents, driver: executing).deletions(originals)
        for (index, deletions) in deletions.enumerated() { played[index].deletions = deletions }
        count += deletions.reduce(0) { $0 + $1.count }
      }
      cost = RolloutTree.ForkCost(
        forks: count, calls: memo.counts.questions - before.questions,
        generations: memo.counts.generations - before.generations,
        tokens: memo.counts.tokens - before.tokens)
    }

    return tasks.enumerated().map { place, task in
      let range = (place * designs)..<((place + 1) * designs)
      return RolloutTree.Task(
        instance: task.instance,
        designs: range.map { root in
          let executions = Array(played[(root * executions)..<((root + 1) * executions)])
          return RolloutTree.Design(
            turn: executions.first?.transcript.design, isEarlier: roots[root].isEarlier,
            record: records[root].encoded, executions: executions)
        })
    }
  }

  private struct Branch {
    var id: String
    var start: EpisodeStart
    var episode: Episode
    var isEarlier = false
  }

  private func design(_ roots: [Branch], _ driver: EpisodeDriver) throws {
    try check(driver.run(roots.map(\.episode), untilCheckpoint: EnvironmentActor.designed), roots) {
      $0 == .paused
    }
  }

  private func check(
    _ states: [EpisodeStatus], _ branches: [Branch], _ isExpected: (EpisodeStatus) -> Bool
  ) throws {
    for (state, branch) in zip(states, branches) where !isExpected(state) {
      throw RolloutError.failed(episode: branch.id, state.text)
    }
  }

  private func execution(
    _ branch: Branch, _ state: EpisodeStatus, _ record: EpisodeRecord
  ) throws -> RolloutTree.Execution {
    guard case .finished(let result) = state else { preconditionFailure("checked before") }
    let transcript = try Transcript(result: result, events: branch.episode.events)
    try agents.check(transcript.outcome, of: branch.id)
    return RolloutTree.Execution(
      id: branch.id, transcript: transcript,
      duration: branch.episode.now, record: record.encoded)
  }
}
