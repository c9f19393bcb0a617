import Testing

@testable import Messaging

@Suite("Escapes")
struct EscapeTests {
  /// An actor that does `work` when it is told to go.
  static func run(
    escapes: EscapeRule = .fail, limits: EpisodeLimits = EpisodeLimits(),
    _ work: @escaping @Sendable (ActorContext) async throws -> Void
  ) -> (status: EpisodeStatus, events: [EventRecord]) {
    let episode = Episode(seed: 1, limits: limits, escapes: escapes) { root in
      let worker = root.spawn("worker") { context in Worker(context) { _, _ in try await work(context) } }
      root.send(.tell("go"), to: worker)
    }
    defer { episode.close() }
    return (episode.run(), episode.events)
  }

  @Test("the runtime still has the hook that shows tasks leaving their lanes")
  func hook() {
    #expect(
      Self.run { _ in Task.detached {} }.status == .failed(.escapedTask(path: "root/worker")),
      "this toolchain changed swift_task_enqueueGlobal_hook: see EscapeHook.swift")
  }

  @Test("P8: a detached task is an error with its actor's name, or is adopted and logged")
  func detached() {
    let work: @Sendable (ActorContext) async throws -> Void = { context in
      let value = await Task.detached { 20 + 1 }.value
      context.finish([UInt8(value)])
    }
    #expect(Self.run(work).status == .failed(.escapedTask(path: "root/worker")))
    let (status, events) = Self.run(escapes: .adopt, work)
    #expect(status == .finished(result: [21]))
    #expect(events.contains { $0.kind == .adoption && $0.subject == "root/worker" })
  }

  @Test("P8: a wait that the episode does not know ends it at once, and never hangs it")
  func outside() {
    let expected = EpisodeStatus.failed(.waitsOutsideSimulation(path: "root/worker"))
    #expect(Self.run { _ in try await Task.sleep(for: .seconds(3600)) }.status == expected)
    #expect(
      Self.run { _ in await withUnsafeContinuation { (_: UnsafeContinuation<Void, Never>) in } }.status
        == expected)
  }

  /// Code that was not written for Troupe: a default actor, and tasks of all kinds.
  private actor Tally {
    private var values: [Int] = []
    func add(_ value: Int) { values.append(value) }
    var all: [Int] { values }
  }

  private static func unmodified(_ detaches: Bool, _ tick: @escaping @Sendable () async throws -> Void)
    async throws -> [Int]
  {
    let tally = Tally()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for value in 0..<5 {
        group.addTask {
          try await tick()
          await tally.add(value)
          try await tick()
          await tally.add(10 + value)
        }
      }
      try await group.waitForAll()
    }
    if detaches {
      let tasks = (20..<25).map { value in
        Task.detached {
          await tally.add(value)
          try await tick()
          await tally.add(10 + value)
        }
      }
      for task in tasks { try await task.value }
    }
    return await tally.all
  }

  @Test(
    "P1: code that was not written for Troupe runs the same every time: default actors, groups, detached tasks"
  )
  func unmodified() {
    var ends: Set<[UInt8]> = []
    for detaches in [false, true] {
      var runs: Set<[EventRecord]> = []
      for _ in 0..<20 {
        let (status, events) = Self.run(escapes: detaches ? .adopt : .fail) { context in
          let all = try await Self.unmodified(detaches) { try await context.sleep(for: .seconds(1)) }
          context.finish(all.map { UInt8($0) })
        }
        guard case .finished(let result) = status else {
          Issue.record("\(status)")
          return
        }
        ends.insert(result)
        runs.insert(events)
        #expect(
          events.count { $0.kind == .adoption } == (detaches ? 5 : 0), "each task once, however often it hops"
        )
      }
      #expect(runs.count == 1)
    }
    #expect(ends.count == 2)
  }

  @Test("P8: what leaves the lanes in strict mode is named with its stack")
  func backtrace() {
    let episode = Episode(seed: 1) { root in
      let worker = root.spawn("worker") { context in Worker(context) { _, _ in Task.detached {} } }
      root.send(.tell("go"), to: worker)
    }
    defer { episode.close() }
    #expect(episode.run() == .failed(.escapedTask(path: "root/worker")))
    #expect(episode.escapeBacktrace?.contains("MessagingTests") == true)
  }

  @Test("a child task of structured concurrency stays on the lane")
  func structured() {
    let status = Self.run { context in
      async let a = Self.double(4)
      async let b = Self.double(5)
      context.finish([UInt8(await a + b)])
    }.status
    #expect(status == .finished(result: [18]))
  }

  @concurrent static func double(_ value: Int) async -> Int { 2 * value }

  @Test("more messages than a mailbox holds are an error with a name")
  func mailbox() {
    var limits = EpisodeLimits()
    limits.mailbox = 10
    let status = Self.run(limits: limits) { context in
      let ear = context.spawn("ear") { Worker($0) { _, _ in } }
      for _ in 0..<11 { context.send(.tell("x"), to: ear) }
    }.status
    #expect(status == .failed(.mailboxOverflow(path: "root/worker/ear", limit: 10)))
  }

  @Test("what is sent to an actor that has stopped is a dead letter")
  func stopped() {
    let events = Self.run { context in
      let ear = context.spawn("ear") { Worker($0) { _, _ in } }
      context.stop(ear)
      context.send(.tell("x"), to: ear)
      try await context.sleep(for: .seconds(1))
      context.finish([])
    }.events
    #expect(events.contains { $0.kind == .deadLetter && $0.subject == "root/worker/ear" })
  }

  @Test("abandoned and failed episodes leave nothing behind")
  func memory() {
    struct Weak { weak var core: EpisodeCore? }
    // How much memory is resident says little while other tests run: `Examples/planted-bugs` measures that, alone.
    var cores: [Weak] = []
    for seed in 0..<300 as Range<UInt64> {
      let episode = Episode(
        seed: seed, strategy: RandomStrategy(seed: seed), faults: FaultTests.everything, escapes: .adopt,
        setup: ReplayTests.setUp)
      if seed % 3 == 0 { _ = episode.run() }
      if seed % 3 == 1 { _ = ReplayTests.finish(episode) }
      cores.append(Weak(core: episode.core))
    }
    #expect(cores.allSatisfy { $0.core == nil })
  }
}
