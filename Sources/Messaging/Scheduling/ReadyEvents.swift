/// The events of the current instant, in order of creation.
///
/// Events of one channel (sender and receiver) leave in the order in which they entered; the first of each channel,
/// and every event that is bound to none, is a *candidate*. O(1) under `fifo`, where nobody asks for candidates;
/// else O(log n).
struct ReadyEvents {
  /// Under `fifo` a queue, in order of creation, of which those before `head` have left; else in no order, with gaps.
  private var events: [PendingEvent?] = []
  private var head = 0
  private(set) var count = 0

  // Unless `fifo`: a *place* is a position in the order of creation, also of those that have left.
  private let findsCandidates: Bool
  /// Where in `events` the event of a place is; -1 if it has left.
  private var slots: [Int32] = []
  /// Gaps in `events`.
  private var gaps: [Int32] = []
  /// The places of candidates.
  private var candidates = RankedBits()
  /// Of each channel with ready events the place of the last.
  private var lastOfChannel = IntegerTable<Int32>()
  /// Of each place the next one of its channel, or -1.
  private var nextOfChannel: [Int32] = []
  /// Whether there is one event, of which nothing was noted yet: it often leaves before another comes.
  private var isLone = false

  // If somebody wants to know each candidate.
  private let isWatched: Bool
  /// Candidates since this was last emptied.
  var newCandidates: [Candidate] = []
  /// The numbers of events, by place.
  private var numbers: [Int] = []

  init(findsCandidates: Bool, isWatched: Bool) {
    self.findsCandidates = findsCandidates
    self.isWatched = isWatched
  }

  var isEmpty: Bool { count == 0 }
  /// - Precondition: made to find candidates.
  var candidateCount: Int { isLone ? 1 : candidates.count }

  mutating func append(_ event: PendingEvent) {
    guard findsCandidates else {
      if head > 512, 2 * count < events.count { compactQueue() }
      events.append(event)
      count += 1
      return
    }
    if slots.count > 1024, 4 * count < slots.count { compactPlaces() }
    if let gap = gaps.popLast() {
      events[Int(gap)] = event
      slots.append(gap)
    } else {
      slots.append(Int32(events.count))
      events.append(event)
    }
    count += 1
    nextOfChannel.append(-1)
    if isWatched {
      numbers.append(event.number)
    } else if count == 1 {
      isLone = true
      return
    }
    if isLone {
      isLone = false
      let place = slots.count - 2
      if let lone = events[Int(slots[place])] { note(lone, at: place) }
    }
    note(event, at: slots.count - 1)
  }

  /// Finds out whether an event is a candidate.
  private mutating func note(_ event: PendingEvent, at place: Int) {
    if let channel = event.channel, let last = lastOfChannel.update(Int32(place), at: channel) {
      nextOfChannel[Int(last)] = Int32(place)
    } else {
      makeCandidate(place)
    }
  }

  private mutating func makeCandidate(_ place: Int) {
    if place >= candidates.capacity { candidates.grow(to: max(64, 2 * place)) }
    candidates.insert(place)
    if isWatched, let event = events[Int(slots[place])] { newCandidates.append(event.candidate) }
  }

  /// Removes and returns the oldest.
  /// - Precondition: not made to find candidates.
  mutating func takeFirst() -> PendingEvent? {
    guard count > 0, let event = events[head] else { return nil }
    events[head] = nil
    head += 1
    count -= 1
    if count == 0 { clear() }
    return event
  }

  /// How many candidates are older than the one with `number`; `nil` if none has it.
  /// - Precondition: watched.
  func rank(ofNumber number: Int) -> Int? {
    guard let first = numbers.first, number >= first else { return nil }
    // Places are in order of creation, and mostly without a gap.
    var place = min(number - first, numbers.count - 1)
    if numbers[place] != number {
      var low = 0
      while low < place {
        let middle = (low + place) / 2
        if numbers[middle] < number { low = middle + 1 } else { place = middle }
      }
    }
    return numbers[place] == number && place < candidates.capacity && candidates.contains(place)
      ? candidates.rank(of: place) : nil
  }

  /// Removes and returns the candidate that `rank` candidates are older than.
  mutating func take(_ rank: Int) -> PendingEvent? {
    guard count > 0 else { return nil }
    let place = isLone ? slots.count - 1 : candidates.select(rank)
    let slot = slots[place]
    guard let event = events[Int(slot)] else { return nil }
    events[Int(slot)] = nil
    slots[place] = -1
    gaps.append(slot)
    count -= 1
    if isLone {
      isLone = false
    } else {
      candidates.remove(place)
      if let channel = event.channel {
        if nextOfChannel[place] >= 0 {
          makeCandidate(Int(nextOfChannel[place]))
        } else {
          lastOfChannel.remove(channel)
        }
      }
    }
    if count == 0 { clear() }
    return event
  }

  private mutating func clear() {
    events.removeAll(keepingCapacity: true)
    slots.removeAll(keepingCapacity: true)
    gaps.removeAll(keepingCapacity: true)
    numbers.removeAll(keepingCapacity: true)
    nextOfChannel.removeAll(keepingCapacity: true)
    head = 0
  }

  private mutating func compactQueue() {
    events.removeFirst(head)
    head = 0
  }

  /// Forgets the places of those that have left.
  private mutating func compactPlaces() {
    let rest = slots.compactMap { $0 < 0 ? nil : events[Int($0)] }
    let known = newCandidates
    self = ReadyEvents(findsCandidates: findsCandidates, isWatched: isWatched)
    for event in rest { append(event) }
    newCandidates = known
  }
}
