/// The events of the current instant, by their slots, where the oldest always goes first. O(1) each.
struct ReadyQueue: ~Copyable {
  private var slots = Buffer<Int32>()
  /// How many of `slots` have left.
  private var head = 0

  var isEmpty: Bool { head == slots.count }

  mutating func append(_ slot: Int32) {
    if head > 512, 2 * head > slots.count {
      slots.removeFirst(head)
      head = 0
    }
    slots.append(slot)
  }

  /// Removes the oldest; returns its slot.
  /// - Precondition: there is one.
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
