/// The events of the current instant, by their slots, if the oldest always goes first.
/// - Complexity: O(1) for each method.
struct ReadyQueue: ~Copyable {
  private var slots = Buffer<Int32>()
  /// The number of `slots` that have left.
  private var head = 0

  var isEmpty: Bool { head == slots.count }
  /// The slot of the oldest event.
  /// - Precondition: there is an event.
  var first: Int32 { slots[head] }

  mutating func append(_ slot: Int32) {
    if head > 512, 2 * head > slots.count {
      slots.removeFirst(head)
      head = 0
    }
    slots.append(slot)
  }

  /// Calls `body` with every slot, the oldest first.
  func forEach(_ body: (Int32) -> Void) { for index in head..<slots.count { body(slots[index]) } }

  /// Removes the oldest event, and returns its slot.
  /// - Precondition: there is an event.
  mutating func removeFirst() -> Int32 {
    let slot = slots[head]
    head += 1
    if head == slots.count {
      slots.removeAll()
      head = 0
    }
    return slot
  }
}
