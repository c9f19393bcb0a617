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
  /// `nil` under `fifo`.
  private var candidates: RankedBits?
  /// Candidates since this was last emptied, if anybody wants to know.
  var newCandidates: [Candidate] = []
  private let isWatched: Bool
  /// Of each channel with ready events the place of the last; of each place the next one of its channel.
  private var lastOfChannel: [Int: Int] = [:]
  private var nextOfChannel: [Int: Int] = [:]

  init(findsCandidates: Bool, isWatched: Bool) {
    candidates = findsCandidates ? RankedBits() : nil
    self.isWatched = isWatched
  }

  var isEmpty: Bool { count == 0 }
  /// - Precondition: made to find candidates.
  var candidateCount: Int { candidates?.count ?? 0 }

  mutating func append(_ event: PendingEvent) {
    if events.count > 128, 2 * count < events.count { compact() }
    let place = events.count
    events.append(event)
    count += 1
    guard candidates != nil else { return }
    if let channel = event.channel {
      if let last = lastOfChannel.updateValue(place, forKey: channel) {
        nextOfChannel[last] = place
        return
      }
    }
    makeCandidate(place)
  }

  private mutating func makeCandidate(_ place: Int) {
    if let bits = candidates, place >= bits.capacity {
      var larger = RankedBits(capacity: 2 * bits.capacity)
      for rank in 0..<bits.count { larger.insert(bits.select(rank)) }
      candidates = larger
    }
    candidates?.insert(place)
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
    // Places are in order of creation, but those that have left have no number any more.
    var (low, high) = (0, candidateCount)
    guard let candidates else { return nil }
    while low < high {
      let middle = (low + high) / 2
      guard let event = events[candidates.select(middle)] else { return nil }
      if event.number == number { return middle }
      if event.number < number { low = middle + 1 } else { high = middle }
    }
    return nil
  }

  /// Removes and returns the candidate that `rank` candidates are older than.
  mutating func take(_ rank: Int) -> PendingEvent? { candidates.flatMap { take(at: $0.select(rank)) } }

  private mutating func take(at place: Int) -> PendingEvent? {
    guard let event = events[place] else { return nil }
    events[place] = nil
    count -= 1
    candidates?.remove(place)
    if let channel = event.channel {
      if let next = nextOfChannel.removeValue(forKey: place) {
        makeCandidate(next)
      } else {
        lastOfChannel[channel] = nil
      }
    }
    if count == 0 { clear() }
    return event
  }

  private mutating func clear() {
    events.removeAll(keepingCapacity: true)
    head = 0
  }

  /// Forgets the places of those that have left.
  private mutating func compact() {
    let rest = events[head...].compactMap(\.self)
    let known = newCandidates
    self = ReadyEvents(findsCandidates: candidates != nil, isWatched: isWatched)
    events.reserveCapacity(2 * rest.count)
    for event in rest { append(event) }
    newCandidates = known
  }
}
