import Dispatch
import Foundation
import InterleavingTesting
import Synchronization
import Testing

@testable import Interleavings

@Suite("Dispatch in a schedule")
struct DispatchTests {
  final class Heard: Sendable {
    private let words = Mutex<[String]>([])
    func say(_ word: String) { words.withLock { $0.append(word) } }
    var all: [String] { words.withLock(\.self) }
  }

  private static func wait(_ start: (@escaping @Sendable () -> Void) -> Void) async {
    await withUnsafeContinuation { continuation in start { continuation.resume() } }
  }

  @Test("work after a delay takes virtual time, to the nanosecond, on the main queue and on others")
  func delays() throws {
    let queue = DispatchQueue(label: "queue")
    let found = try explored(schedules: 20) { sink in
      let clock = ContinuousClock()
      for queue in [DispatchQueue.main, .global(), queue] {
        let start = clock.now
        await Self.wait { queue.asyncAfter(deadline: .now() + .seconds(3600), execute: $0) }
        sink.expect(clock.now - start == .seconds(3600), "\(clock.now - start)")
        await Self.wait { queue.asyncAfter(wallDeadline: .now() + .seconds(60), execute: $0) }
        // The wall clock is kept in floating point by who adds to it.
        let passed = clock.now - start - .seconds(3660)
        sink.expect(passed < .microseconds(1) && passed > .microseconds(-1), "\(passed)")
      }
    }
    #expect(found.failure == nil, "\(found.failure?.failure.text ?? "")")
  }

  @Test(
    "work of the main queue is the main actor's, and that of one queue keeps its order in every order of parts"
  )
  func order() throws {
    let queue = DispatchQueue(label: "queue")
    var explorer = InterleavingExplorer()
    explorer.budget = .schedules(300)
    let seen = Mutex<Set<[String]>>([])
    let found = try explorer.explore(
      InterleavingTest("order") {
        let heard = Heard()
        await withTaskGroup(of: Void.self) { group in
          group.addTask {
            await Self.wait { done in
              queue.async { heard.say("one") }
              queue.async {
                heard.say("two")
                done()
              }
            }
          }
          group.addTask {
            await Self.wait { done in
              DispatchQueue.main.async {
                MainActor.assumeIsolated { heard.say("main") }
                done()
              }
            }
          }
        }
        seen.withLock { _ = $0.insert(heard.all) }
      })
    #expect(found.failure == nil, "\(found.failure?.failure.text ?? "")")
    #expect(
      seen.withLock(\.self) == [["main", "one", "two"], ["one", "main", "two"], ["one", "two", "main"]])
  }

  @Test(
    "work that is done at once comes after what waits for the queue, and a group is left when its work is done"
  )
  func sync() throws {
    let queue = DispatchQueue(label: "queue")
    let found = try explored(schedules: 50) { sink in
      let heard = Heard()
      let group = DispatchGroup()
      queue.async(group: group) { heard.say("first") }
      queue.sync { heard.say("second") }
      DispatchQueue.main.sync { heard.say("third") }
      sink.expect(heard.all == ["first", "second", "third"], "\(heard.all)")
      sink.expect(group.wait(timeout: .now()) == .success, "the group was not left")
    }
    #expect(found.failure == nil, "\(found.failure?.failure.text ?? "")")
  }

  @Test("a race between work of Dispatch and a task is found, and its plan plays it again")
  func race() throws {
    func explore() throws -> InterleavingExplorer.Exploration {
      try explored(schedules: 200) { sink in
        let heard = Heard()
        await withTaskGroup(of: Void.self) { group in
          group.addTask {
            await Self.wait { done in
              DispatchQueue.global().async {
                heard.say("queue")
                done()
              }
            }
          }
          group.addTask { heard.say("task") }
        }
        sink.expect(heard.all == ["queue", "task"] || heard.all == [], "\(heard.all)")
      }
    }
    let failure = try #require(try explore().failure)
    #expect(try #require(try explore().failure).shrunk == failure.shrunk)
  }

  @Test("Dispatch does its own work on a thread that plays nothing")
  func elsewhere() async {
    let start = ContinuousClock.now
    await Self.wait { DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(20), execute: $0) }
    #expect(ContinuousClock.now - start >= .milliseconds(19))
  }
}
