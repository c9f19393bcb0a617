/// The pending events of an episode: those of the current instant, and by virtual time those to come.
struct EventQueue {
  private struct Future {
    var time: Duration
    var event: PendingEvent
  }
  private(set) var now = Duration.zero
  var ready: ReadyEvents
  /// Binary heap by (time, number).
  private var heap: [Future] = []
  private var created = 0

  /// `findsCandidates` unless the oldest is always taken; `isWatched` if somebody wants to know each.
  init(findsCandidates: Bool, isWatched: Bool = false) {
    ready = ReadyEvents(findsCandidates: findsCandidates, isWatched: isWatched)
  }

  /// When the next event happens; `nil` if none will.
  var nextTime: Duration? { ready.isEmpty ? heap.first?.time : now }

  /// A number to add an event under later: its place among equals does not depend on when it is added.
  mutating func reserveNumber() -> Int {
    defer { created += 1 }
    return created
  }

  /// Adds an event of this instant.
  mutating func add(_ event: PendingEvent) {
    var event = event
    event.number = reserveNumber()
    ready.append(event)
  }

  /// Adds an event of a later time, or of this one if `time` has passed.
  mutating func add(_ event: PendingEvent, at time: Duration, number: Int? = nil) {
    guard time > now else { return add(event) }
    var event = event
    event.number = number ?? reserveNumber()
    heap.append(Future(time: time, event: event))
    var child = heap.count - 1
    while child > 0, precedes(child, (child - 1) / 2) {
      heap.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  /// Goes on to the time of the next event.
  /// - Precondition: there is no event of this instant, and one to come.
  mutating func advance() {
    guard let next = heap.first else { preconditionFailure("no event is to come") }
    now = next.time
    while let first = heap.first, first.time == now {
      ready.append(first.event)
      removeFirst()
    }
  }

  private func precedes(_ a: Int, _ b: Int) -> Bool {
    (heap[a].time, heap[a].event.number) < (heap[b].time, heap[b].event.number)
  }

  private mutating func removeFirst() {
    guard let last = heap.popLast(), !heap.isEmpty else { return }
    heap[0] = last
    var parent = 0
    while true {
      var least = parent
      for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count && precedes(child, least) {
        least = child
      }
      if least == parent { return }
      heap.swapAt(parent, least)
      parent = least
    }
  }
}
