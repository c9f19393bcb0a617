import Foundation
import Synchronization
import Testing

@testable import Policy

@Suite("Threads that share work")
struct WorkTeamTests {
  @Test("every piece is done once, and done when the caller goes on, by crews beside each other")
  func once() {
    DispatchQueue.concurrentPerform(iterations: 4) { caller in
      for round in 0..<500 {
        let count = (round * 7 + caller) % 40
        let team = WorkTeam(threads: 1 + (round + caller) % 5)
        var done = [Int](repeating: 0, count: count)
        done.withUnsafeMutableBufferPointer { done in
          nonisolated(unsafe) let done = done
          team.forEach(count) { index, thread in
            done[index] += 1 + (thread < team.threads ? 0 : 1)
          }
        }
        #expect(done.allSatisfy { $0 == 1 })
      }
    }
  }

  @Test("the others come, whether they wait awake or asleep", arguments: [0.0, 0.02])
  func others(pause: Double) {
    let team = WorkTeam(threads: 3)
    for _ in 0..<20 {
      Thread.sleep(forTimeInterval: pause)
      let present = Atomic<Int>(0)
      let deadline = ContinuousClock.now + .seconds(30)
      team.forEach(3) { _, _ in
        present.add(1, ordering: .relaxed)
        // No thread can do two pieces, because each piece waits for the rest.
        while present.load(ordering: .relaxed) < 3, ContinuousClock.now < deadline {}
      }
      #expect(ContinuousClock.now < deadline)
    }
  }
}
