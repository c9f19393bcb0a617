/// The pending events of an episode: those of the current instant, and the later ones by virtual time.
struct EventQueue: ~Copyable {
  private struct Future {
    var time: Duration
    var number: Int
    var slot: Int32
  }
  private(set) var now = Duration.zero
  private var slab = EventSlab()
  /// The events of this instant, if the oldest is always taken. Otherwise they are in `ready`.
  private var inOrder = ReadyQueue()
  private var ready: ReadyEvents
  private let takesFirst: Bool
  /// The later events, as a binary heap by (time, number).
  private var heap: [Future] = []
  private var created = 0

  /// Makes an empty queue. With `takesFirst` the oldest event is always taken. Otherwise `isRanked` keeps the ranks of
  /// candidates, and `isWatched` keeps a list of new candidates.
  init(takesFirst: Bool, isRanked: Bool = false, isWatched: Bool = false) {
    self.takesFirst = takesFirst
    ready = ReadyEvents(isRanked: isRanked, isWatched: isWatched)
  }

  /// Whether this instant has no events left.
  var isQuiet: Bool { takesFirst ? inOrder.isEmpty : ready.isEmpty }
  /// The time of the next event; `nil` if there is none.
  var nextTime: Duration? { isQuiet ? heap.first?.time : now }

  /// How many events were created or have a number reserved.
  var createdCount: Int { created }

  /// Reserves a number for an event that is added later, so that its place among equals does not depend on when.
  mutating func reserveNumber() -> Int {
    defer { created += 1 }
    return created
  }

  /// Adds an event of this instant.
  mutating func add(_ event: consuming PendingEvent) {
    event.number = reserveNumber()
    makeReady(slab.insert(event))
  }

  private mutating func makeReady(_ slot: Int32) {
    if takesFirst { inOrder.append(slot) } else { ready.append(slot, in: &slab) }
  }

  /// Adds an event of a later time. If `time` has passed, it is an event of this instant.
  mutating func add(_ event: consuming PendingEvent, at time: Duration, number: Int? = nil) {
    guard time > now else { return add(event) }
    event.number = number ?? reserveNumber()
    heap.append(Future(time: time, number: event.number, slot: slab.insert(event)))
    var child = heap.count - 1
    while child > 0, precedes(child, (child - 1) / 2) {
      heap.swapAt(child, (child - 1) / 2)
      child = (child - 1) / 2
    }
  }

  /// Moves on to the time of the next event.
  /// - Precondition: this instant has no events left, and there is a later event.
  mutating func advance() {
    guard let next = heap.first else { preconditionFailure("no event is to come") }
    now = next.time
    while let first = heap.first, first.time == now {
      makeReady(first.slot)
      removeFirst()
    }
  }

  private func precedes(_ a: Int, _ b: Int) -> Bool {
    (heap[a].time, heap[a].number) < (heap[b].time, heap[b].number)
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

  // MARK: What happens next

  /// Takes the oldest event of this instant.
  /// - Precondition: this instant has an event, and the oldest is always taken.
  mutating func takeFirst() -> PendingEvent { slab.remove(inOrder.removeFirst()) }

  /// The kinds and actors of the events that may be the next, the oldest first, and the names of their messages.
  /// - Precondition: the oldest event is always taken, or candidates are ranked.
  /// - Complexity: O(n log n).
  func forEachReady(
    _ body: (_ kind: PendingEvent.Kind, _ sender: Int, _ receiver: Int, _ name: String) -> Void
  ) {
    func tell(_ slot: Int32) {
      body(slab[slot].kind, Int(slab[slot].sender), Int(slab[slot].receiver), slab[slot].parcel?.name ?? "")
    }
    if takesFirst {
      inOrder.forEach(tell)
    } else {
      for rank in 0..<candidateCount { tell(slot(ofRank: rank)) }
    }
  }

  /// The number, in the order of creation, of the event that is at place `rank` among those that may be the next.
  /// - Precondition: the oldest event is always taken, or candidates are ranked.
  func number(atRank rank: Int) -> Int { slab[takesFirst ? inOrder.first : slot(ofRank: rank)].number }

  // These are for strategies that choose: see ``ReadyEvents``.
  var candidateCount: Int { ready.candidateCount }
  func slot(at index: Int) -> Int32 { ready.slot(at: index) }
  func slot(ofRank rank: Int) -> Int32 { ready.slot(ofRank: rank) }
  func slot(of candidate: Candidate) -> Int32 { ready.slot(of: candidate) }
  func rank(of slot: Int32) -> Int { ready.rank(of: slot) }
  mutating func take(_ slot: Int32) -> PendingEvent { ready.take(slot, from: &slab) }
  var newCandidates: [Candidate] { ready.newCandidates }
  mutating func forgetNewCandidates() { ready.newCandidates.removeAll(keepingCapacity: true) }
}
