/// A growing list of plain values that one owner has: an array that is never shared, and whose bounds only debug
/// builds check. The scheduler's lists are read and written several times an event.
struct Buffer<Element: BitwiseCopyable>: ~Copyable {
  private var elements: UnsafeMutablePointer<Element>
  private var capacity = 0
  private(set) var count = 0

  /// Takes no memory until something is in it.
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

  /// - Precondition: it is not empty.
  mutating func removeLast() -> Element {
    assert(count > 0)
    count -= 1
    return elements[count]
  }

  /// - Precondition: there are `amount`.
  mutating func removeFirst(_ amount: Int) {
    assert(amount <= count)
    count -= amount
    elements.update(from: elements + amount, count: count)
  }

  /// Keeps the memory.
  mutating func removeAll() { count = 0 }

  private mutating func grow() {
    capacity = max(16, 2 * capacity)
    let larger = UnsafeMutablePointer<Element>.allocate(capacity: capacity)
    larger.update(from: elements, count: count)
    elements.deallocate()
    elements = larger
  }
}
