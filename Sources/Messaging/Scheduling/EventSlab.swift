/// The memory of an episode's pending events. Each event has a slot, from which it is moved out when it happens.
///
/// Slots are used again, the latest first, so few events stay in little memory.
/// - Complexity: O(1) for each method.
struct EventSlab: ~Copyable {
  private var events: UnsafeMutablePointer<PendingEvent>
  private var capacity: Int
  /// The number of slots that were ever used.
  private(set) var used = 0
  /// The slots that are free again.
  private var free = Buffer<Int32>()

  init() {
    capacity = 16
    events = Self.allocate(capacity)
  }

  deinit {
    var isFree = [Bool](repeating: false, count: used)
    for index in 0..<free.count { isFree[Int(free[index])] = true }
    for slot in 0..<used where !isFree[slot] { (events + slot).deinitialize(count: 1) }
    events.deallocate()
  }

  /// The event in `slot`, where there must be one.
  subscript(slot: Int32) -> PendingEvent {
    _read { yield events[Int(slot)] }
    _modify { yield &events[Int(slot)] }
  }

  mutating func insert(_ event: consuming PendingEvent) -> Int32 {
    if !free.isEmpty {
      let slot = free.removeLast()
      (events + Int(slot)).initialize(to: event)
      return slot
    }
    if used == capacity { grow() }
    (events + used).initialize(to: event)
    used += 1
    return Int32(used - 1)
  }

  /// - Precondition: there is an event in `slot`.
  mutating func remove(_ slot: Int32) -> PendingEvent {
    free.append(slot)
    return (events + Int(slot)).move()
  }

  private static func allocate(_ capacity: Int) -> UnsafeMutablePointer<PendingEvent> {
    // The memory begins at a line of the cache, and two events share a line.
    UnsafeMutableRawPointer.allocate(byteCount: capacity * MemoryLayout<PendingEvent>.stride, alignment: 64)
      .bindMemory(to: PendingEvent.self, capacity: capacity)
  }

  private mutating func grow() {
    let larger = Self.allocate(2 * capacity)
    larger.moveInitialize(from: events, count: used)
    events.deallocate()
    events = larger
    capacity *= 2
  }
}
