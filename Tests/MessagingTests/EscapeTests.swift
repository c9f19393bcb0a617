import Foundation
import Messaging
import Testing

@Suite("Escapes")
struct EscapeTests {
  /// A worker that does `work` when told to go.
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
  func memory() throws {
    func residentPages() throws -> Int {
      let text = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8)
      return Int(text.split(separator: " ")[1]) ?? 0
    }
    func abandon(_ count: Int) {
      for seed in 0..<UInt64(count) {
        let episode = Episode(seed: seed, setup: ReplayTests.setUp)
        if seed % 2 == 0 { _ = episode.run() }
      }
    }
    abandon(500)
    let before = try residentPages()
    abandon(3000)
    // Other tests run meanwhile; `Examples/planted-bugs` measures 100,000 alone.
    #expect(try residentPages() - before < 1500)
  }
}
