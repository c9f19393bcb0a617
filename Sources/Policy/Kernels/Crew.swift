import CKernels
import Foundation
import Synchronization

/// A group of threads that wait for work without sleeping for a while.
///
/// While a model decodes, the next piece of work comes within microseconds, and waking a thread takes longer than
/// that. A step of `nano` with 64 sequences takes 300 µs on one thread; `concurrentPerform` needed 16 µs to share it.
// Sendable unchecked: `work` is written while no helper is inside, and only helpers that are inside read it.
final class Crew: @unchecked Sendable {
  private typealias Work = (_ index: Int, _ helper: Int) -> Void

  private let helpers: Int
  private var work: Work = { _, _ in }
  private var count = 0
  private let next = Atomic<Int>(0)
  /// The number of helpers that are working. While no work is open, `closed` is added to it, and helpers that arrive
  /// then do not enter.
  private let inside = Atomic<Int>(closed)
  private static let closed = 1 << 32
  /// The number of pieces of work so far. Helpers watch it to notice a new one.
  private let generation = Atomic<Int>(0)
  private let sleeping = Atomic<Int>(0)
  private let alarm = NSCondition()

  /// The number of times a helper looks at the generation before it sleeps, which takes some 30 µs.
  private static let patience = 2_000

  private init(helpers: Int) {
    self.helpers = helpers
    for helper in 1...helpers {
      let thread = Thread { [self] in serve(helper) }
      thread.name = "troupe \(helper)"
      thread.start()
    }
  }

  /// The crews that nobody uses, by their number of helpers. They are never dismissed.
  private static let idle = Mutex<[Int: [Crew]]>([:])

  /// Calls `body` for 0 ..< count, on the caller's thread and on those of `helpers` others that are free.
  ///
  /// `helper` is the number of the thread, in 0 ... helpers.
  static func share(_ count: Int, helpers: Int, _ body: (_ index: Int, _ helper: Int) -> Void) {
    let crew = idle.withLock { $0[helpers]?.popLast() } ?? Crew(helpers: helpers)
    withoutActuallyEscaping(body) { crew.run(count, $0) }
    idle.withLock { $0[helpers, default: []].append(crew) }
  }

  private func run(_ count: Int, _ body: @escaping (_ index: Int, _ helper: Int) -> Void) {
    (work, self.count) = (body, count)
    next.store(0, ordering: .relaxed)
    inside.store(0, ordering: .releasing)
    generation.add(1, ordering: .sequentiallyConsistent)
    if sleeping.load(ordering: .sequentiallyConsistent) > 0 {
      alarm.lock()
      alarm.broadcast()
      alarm.unlock()
    }
    takePart(as: 0)
    // A helper that has not entered by now is not waited for.
    inside.add(Self.closed, ordering: .acquiring)
    var looks = 0
    while inside.load(ordering: .acquiring) != Self.closed { Self.pause(&looks) }
    work = { _, _ in }
  }

  private func takePart(as helper: Int) {
    while true {
      let index = next.add(1, ordering: .relaxed).oldValue
      guard index < count else { return }
      work(index, helper)
    }
  }

  private func serve(_ helper: Int) {
    var seen = 0
    while true {
      wait(past: seen)
      seen = generation.load(ordering: .acquiring)
      guard enter() else { continue }
      takePart(as: helper)
      inside.subtract(1, ordering: .releasing)
    }
  }

  private func enter() -> Bool {
    var present = inside.load(ordering: .relaxed)
    while present < Self.closed {
      let (entered, now) = inside.compareExchange(
        expected: present, desired: present + 1, ordering: .acquiring)
      if entered { return true }
      present = now
    }
    return false
  }

  private func wait(past seen: Int) {
    for _ in 0..<Self.patience {
      if generation.load(ordering: .relaxed) != seen { return }
      kernels_pause()
    }
    alarm.lock()
    sleeping.add(1, ordering: .sequentiallyConsistent)
    while generation.load(ordering: .sequentiallyConsistent) == seen { alarm.wait() }
    sleeping.subtract(1, ordering: .relaxed)
    alarm.unlock()
  }

  /// Waits for a moment, and for longer after many looks, in case the thread that it waits for has no processor.
  private static func pause(_ looks: inout Int) {
    looks += 1
    if looks < patience { kernels_pause() } else { sched_yield() }
  }
}
