/// A growing list of plain values with one owner. It is an array that is never shared, and only debug builds check its
/// bounds. The scheduler reads and writes its lists several times an event.
struct Buffer<Element: BitwiseCopyable>: ~Copyable {
  private var elements: UnsafeMutablePointer<Element>
  private var capacity = 0
  private(set) var count = 0

  /// Makes an empty buffer, which takes no memory.
  init() { elements = .allocate(capacity: 0) }

  init(repeating element: Element, count: Int) {
    elements = .allocate(capacity: count)
    elements.initialize(repeating: element, count: count)
    capacity = count
    self.count = count
  }

  deinit { elements.deallocate() }

  var isEmpty: Bool { count == 0 }

  subscript(index: Int) -> Element {
    get {
      assert(index >= 0 && index < count)
      return elements[index]
    }
    set {
      assert(index >= 0 && index < count)
      elements[index] = newValue
    }
  }

  mutating func append(_ element: Element) {
    if count == capacity { grow() }
    (elements + count).initialize(to: element)
    count += 1
  }

  /// - Precondition: the buffer is not empty.
  mutating func removeLast() -> Element {
    assert(count > 0)
    count -= 1
    return elements[count]
  }

  /// Removes the first `amount` elements.
  /// - Precondition: the buffer holds that many.
  mutating func removeFirst(_ amount: Int) {
    assert(amount <= count)
    count -= amount
    elements.update(from: elements + amount, count: count)
  }

  /// Empties the buffer and keeps its memory.
  mutating func removeAll() { count = 0 }

  private mutating func grow() {
    capacity = max(16, 2 * capacity)
    let larger = UnsafeMutablePointer<Element>.allocate(capacity: capacity)
    larger.update(from: elements, count: count)
    elements.deallocate()
    elements = larger
  }
}
