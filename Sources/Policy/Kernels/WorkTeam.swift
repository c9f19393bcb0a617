/// Threads that share one piece of work, cut by the data alone: who does which part never shows in the result.
///
/// Owns the memory that each needs meanwhile. Used by one caller at a time.
final class WorkTeam {
  let threads: Int
  private let scratches: [FloatBuffer]

  init(threads: Int = 1) {
    self.threads = threads
    scratches = (0..<threads).map { _ in FloatBuffer() }
  }

  /// Memory of one thread: what it held is lost with the next piece of work.
  func scratch(_ thread: Int) -> FloatBuffer { scratches[thread] }

  /// `body` for 0 ..< count, each on whatever thread is free; it may write only to what no other call touches, and to
  /// what is its thread's.
  @inline(__always)
  func forEach(_ count: Int, _ body: (_ index: Int, _ thread: Int) -> Void) {
    guard threads > 1, count > 1 else {
      for index in 0..<count { body(index, 0) }
      return
    }
    Crew.share(count, helpers: threads - 1, body)
  }

  /// `body` for consecutive parts of 0 ..< count, each of `length` but for the last.
  @inline(__always)
  func forEachPart(of count: Int, length: Int, _ body: (_ range: Range<Int>, _ thread: Int) -> Void) {
    guard count > 0 else { return }
    forEach((count + length - 1) / length) { part, thread in
      body(part * length..<min(count, (part + 1) * length), thread)
    }
  }
}
