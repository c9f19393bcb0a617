/// The events of the current instant, in order of creation.
///
/// Events of one channel (sender and receiver) leave in the order in which they entered; the first of each channel,
/// and every event that is bound to none, is a *candidate*. O(1) under `fifo`, where nobody asks for candidates;
/// else O(log n).
struct ReadyEvents {
  /// The events from number `base` on; `nil` for those that have left.
  private var events: [PendingEvent?] = []
  /// Where the oldest may be.
  private var head = 0
  private(set) var count = 0
  private let findsCandidates: Bool
  /// The places of candidates; empty under `fifo`.
  private var candidates = RankedBits()
  /// The numbers of events, by place; those that have left included. Empty unless watched.
  private var numbers: [Int] = []
  /// Whether there is one event, of which nothing was noted yet: it often leaves before another comes.
  private var isLone = false
  /// Candidates since this was last emptied, if anybody wants to know.
  var newCandidates: [Candidate] = []
  private let isWatched: Bool
  /// Of each channel with ready events the place of the last.
  private var lastOfChannel = IntegerTable<Int32>()
  /// Of each place the next one of its channel, or -1.
  private var nextOfChannel: [Int32] = []

  init(findsCandidates: Bool, isWatched: Bool) {
    self.findsCandidates = findsCandidates
    self.isWatched = isWatched
  }

  var isEmpty: Bool { count == 0 }
  /// - Precondition: made to find candidates.
  var candidateCount: Int { isLone ? 1 : candidates.count }

  mutating func append(_ event: PendingEvent) {
    if events.count > 1024, 4 * count < events.count { compact() }
    events.append(event)
    count += 1
    guard findsCandidates else { return }
    nextOfChannel.append(-1)
    if isWatched {
      numbers.append(event.number)
    } else if count == 1 {
      isLone = true
      return
    }
    if isLone {
      isLone = false
      let place = events.count - 2
      if let lone = events[place] { note(lone, at: place) }
    }
    note(event, at: events.count - 1)
  }

  /// Finds out whether an event is a candidate.
  private mutating func note(_ event: PendingEvent, at place: Int) {
    if let channel = event.channel, let last = lastOfChannel.update(Int32(place), at: channel) {
      nextOfChannel[Int(last)] = Int32(place)
      return
    }
    makeCandidate(place)
  }

  private mutating func makeCandidate(_ place: Int) {
    if place >= candidates.capacity { candidates.grow(to: 2 * place) }
    candidates.insert(place)
    if isWatched, let event = events[place] { newCandidates.append(event.candidate) }
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
    return numbers[place] == number && candidates.contains(place) ? candidates.rank(of: place) : nil
  }

  /// Removes and returns the candidate that `rank` candidates are older than.
  mutating func take(_ rank: Int) -> PendingEvent? {
    guard count > 0 else { return nil }
    if isLone {
      let event = events[events.count - 1]
      isLone = false
      count = 0
      clear()
      return event
    }
    let place = candidates.select(rank)
    guard let event = events[place] else { return nil }
    events[place] = nil
    count -= 1
    candidates.remove(place)
    if let channel = event.channel {
      if nextOfChannel[place] >= 0 {
        makeCandidate(Int(nextOfChannel[place]))
      } else {
        lastOfChannel.remove(channel)
      }
    }
    if count == 0 { clear() }
    return event
  }

  private mutating func clear() {
    events.removeAll(keepingCapacity: true)
    numbers.removeAll(keepingCapacity: true)
    nextOfChannel.removeAll(keepingCapacity: true)
    head = 0
  }

  /// Forgets the places of those that have left.
  private mutating func compact() {
    let rest = events[head...].compactMap(\.self)
    let known = newCandidates
    self = ReadyEvents(findsCandidates: findsCandidates, isWatched: isWatched)
    events.reserveCapacity(2 * rest.count)
    for event in rest { append(event) }
    newCandidates = known
  }
}
