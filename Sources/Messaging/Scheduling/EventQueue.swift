/// The pending events of an episode, by virtual time; a value without effects.
///
/// Events of one channel (sender and receiver) leave in the order in which they entered. Entering is O(log n);
/// taking is O(log n) under `fifo`. A strategy that looks at candidates costs O(ready events of the instant).
struct EventQueue<Payload: Sendable>: Sendable {
  struct Event: Sendable {
    var time: Duration
    /// In order of creation.
    var number: Int
    /// Events of one channel keep their order; `nil` is bound to nothing.
    var channel: Channel?
    var payload: Payload
  }

  struct Channel: Hashable, Sendable {
    var sender: Int
    var receiver: Int
  }

  /// Binary heap by (time, number).
  private var heap: [Event] = []
  private var created = 0

  var count: Int { heap.count }
  var nextTime: Duration? { heap.first?.time }

  /// A number to add an event under later: its place among equals does not depend on when it is added.
  mutating func reserveNumber() -> Int {
    defer { created += 1 }
    return created
  }

  mutating func add(at time: Duration, number: Int? = nil, channel: Channel? = nil, _ payload: Payload) {
    restore(Event(time: time, number: number ?? reserveNumber(), channel: channel, payload: payload))
  }

  /// Removes and returns the event that `strategy` chooses among those of the earliest time.
  mutating func take(_ strategy: inout some Strategy) -> Event? {
    guard let first = removeFirst() else { return nil }
    if strategy is FIFOStrategy { return first }
    var ready = [first]
    while let next = heap.first, next.time == first.time, let event = removeFirst() { ready.append(event) }
    var seen: Set<Channel> = []
    let candidates = ready.indices.filter { index in
      ready[index].channel.map { seen.insert($0).inserted } ?? true
    }
    let chosen = candidates.count > 1 ? candidates[strategy.choose(among: candidates.count)] : candidates[0]
    for index in ready.indices where index != chosen { restore(ready[index]) }
    return ready[chosen]
  }

  private func precedes(_ a: Int, _ b: Int) -> Bool {
    (heap[a].time, heap[a].number) < (heap[b].time, heap[b].number)
  }

  private mutating func restore(_ event: Event) {
    heap.append(event)
    var child = heap.count - 1
    while child > 0, precedes(child, (child - 1) / 2) {
      heap.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  private mutating func removeFirst() -> Event? {
    guard let first = heap.first, let last = heap.popLast() else { return nil }
    if heap.isEmpty { return first }
    heap[0] = last
    var parent = 0
    while true {
      var least = parent
      for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count && precedes(child, least) {
        least = child
      }
      if least == parent { return first }
      heap.swapAt(parent, least)
      parent = least
    }
  }
}
