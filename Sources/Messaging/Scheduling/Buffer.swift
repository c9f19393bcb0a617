/// A growing list of plain values that one owner has: an array that is never shared, and whose bounds only debug
/// builds check. The scheduler's lists are read and written several times an event.
struct Buffer<Element: BitwiseCopyable>: ~Copyable {
  private var memory = UnsafeMutableBufferPointer<Element>(start: nil, count: 0)
  private(set) var count = 0

  /// Takes no memory until something is in it: every episode has several that stay empty.
  init() {}

  init(repeating element: Element, count: Int) {
    guard count > 0 else { return }
    memory = .allocate(capacity: count)
    memory.initialize(repeating: element)
    self.count = count
  }

  deinit { memory.deallocate() }

  var isEmpty: Bool { count == 0 }

  subscript(index: Int) -> Element {
    get {
      assert(index >= 0 && index < count)
      return memory[index]
    }
    set {
      assert(index >= 0 && index < count)
      memory[index] = newValue
    }
  }

  mutating func append(_ element: Element) {
    if count == memory.count { grow() }
    memory.initializeElement(at: count, to: element)
    count += 1
  }

  /// - Precondition: it is not empty.
  mutating func removeLast() -> Element {
    assert(count > 0)
    count -= 1
    return memory[count]
  }

  /// Keeps the memory.
  mutating func removeAll() { count = 0 }

  private mutating func grow() {
    let larger = UnsafeMutableBufferPointer<Element>.allocate(capacity: max(16, 2 * count))
    _ = larger.initialize(fromContentsOf: memory[..<count])
    memory.deallocate()
    memory = larger
  }
}
