/// A team of threads that share one piece of work. Only the data decides how it is cut, so the result does not depend
/// on which thread does which part.
///
/// The team owns the memory that each thread needs meanwhile. One caller uses it at a time.
final class WorkTeam {
  let threads: Int
  private let scratches: [FloatBuffer]
  /// Memory that all threads read during a piece of work.
  let shared = FloatBuffer()

  init(threads: Int = 1) {
    self.threads = threads
    scratches = (0..<threads).map { _ in FloatBuffer() }
  }

  /// Returns a thread's own memory. Its contents are lost with the next piece of work.
  func scratch(_ thread: Int) -> FloatBuffer { scratches[thread] }

  /// Calls `body` for 0 ..< count, each on any free thread. A call may write only to what no other call uses, and to
  /// its thread's own memory.
  @inline(__always)
  func forEach(_ count: Int, _ body: (_ index: Int, _ thread: Int) -> Void) {
    guard threads > 1, count > 1 else {
      for index in 0..<count { body(index, 0) }
      return
    }
    Crew.share(count, helpers: threads - 1, body)
  }

  /// Calls `body` for consecutive parts of 0 ..< count. Each has `length` elements, except the last.
  @inline(__always)
  func forEachPart(of count: Int, length: Int, _ body: (_ range: Range<Int>, _ thread: Int) -> Void) {
    guard count > 0 else { return }
    forEach((count + length - 1) / length) { part, thread in
      body(part * length..<min(count, (part + 1) * length), thread)
    }
  }

  /// Calls `body` for the parts of a table's rows with each of the parts of its columns.
  @inline(__always)
  func forEachPart(
    of rows: Int, length: Int, and columns: Int, length width: Int,
    _ body: (_ rows: Range<Int>, _ columns: Range<Int>, _ thread: Int) -> Void
  ) {
    guard rows > 0, columns > 0 else { return }
    let across = (columns + width - 1) / width
    forEach((rows + length - 1) / length * across) { index, thread in
      let (row, column) = (index / across * length, index % across * width)
      body(row..<min(rows, row + length), column..<min(columns, column + width), thread)
    }
  }
}
