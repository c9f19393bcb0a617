import Foundation
import InterleavingTesting
import Synchronization
import Testing

@testable import Interleavings

@Suite("chance in a schedule")
struct ChanceTests {
  /// What a test draws, and how its dictionaries lie.
  private static func drawn() -> String {
    var generator = SystemRandomNumberGenerator()
    let numbers = [
      Int.random(in: 0..<1_000_000), Int(generator.next() >> 40), [1, 2, 3, 4, 5, 6, 7].shuffled()[0],
    ]
    let order = Dictionary(uniqueKeysWithValues: (0..<20).map { ("key \($0)", $0) }).keys.joined(
      separator: ",")
    return "\(numbers) \(UUID()) \(order)"
  }

  @Test("random numbers and UUIDs are the same in each schedule, and one differs from the next")
  func sameEachTime() throws {
    let seen = Mutex<Set<String>>([])
    let found = try explored(schedules: 30) { sink in
      await Task.yield()
      sink.expect(UUID() != UUID(), "two are equal")
      seen.withLock { _ = $0.insert(Self.drawn()) }
    }
    #expect(found.failure == nil)
    #expect(seen.withLock(\.count) == 1, "\(seen.withLock(\.self))")
  }

  @Test("they are also the same in another process, and so is the order of a dictionary")
  func sameInProcesses() async throws {
    var texts: Set<String> = []
    for _ in 0..<2 {
      let result = await #expect(processExitsWith: .success, observing: [\.standardErrorContent]) {
        try await withInterleavings(1, named: "drawn") {
          FileHandle.standardError.write(Data("drawn: \(ChanceTests.drawn())\n".utf8))
        }
      }
      let text = String(decoding: try #require(result).standardErrorContent, as: UTF8.self)
      texts.insert(
        try #require(text.split(separator: "\n").map(String.init).first { $0.hasPrefix("drawn: ") }))
    }
    #expect(texts.count == 1, "\(texts)")
  }

  @Test("a thread that plays nothing draws from the system")
  func elsewhere() { #expect(UUID() != UUID() && Self.drawn() != Self.drawn()) }
}
