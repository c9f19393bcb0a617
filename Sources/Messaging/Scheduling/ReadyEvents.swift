/// The events of the current instant, by their slots, where not always the oldest goes first.
///
/// Events of one channel (sender and receiver) leave in the order in which they entered; the first of each channel,
/// and every event that is bound to none, is a *candidate*. O(1) each; O(log n) if candidates are ranked.
struct ReadyEvents: ~Copyable {
  private(set) var count = 0
  /// The slots of candidates, in an order that means nothing but is the same in every run.
  private var candidates = Buffer<Int32>()
  /// By slot: where it is among `candidates`, `isBehind`, or `isElsewhere`.
  private var positions = Buffer<Int32>()
  /// Of each channel the slot where its last event was put.
  private var lastOfChannel = ChannelTable()

  /// Kept only if somebody asks how old candidates are.
  private var ages: CandidateAges
  private let isRanked: Bool
  /// Candidates since this was last emptied, if somebody wants to know each.
  var newCandidates: [Candidate] = []
  private let isWatched: Bool

  private static var isBehind: Int32 { -1 }
  private static var isElsewhere: Int32 { -2 }

  init(isRanked: Bool, isWatched: Bool) {
    self.isRanked = isRanked
    self.isWatched = isWatched
    ages = CandidateAges()
  }

  var isEmpty: Bool { count == 0 }
  var candidateCount: Int { candidates.count }

  /// Adds the event that is in `slot`.
  mutating func append(_ slot: Int32, in slab: inout EventSlab) {
    while positions.count < slab.used { positions.append(Self.isElsewhere) }
    count += 1
    if isRanked { ages.append(slot) }
    let channel = slab[slot].channel
    if channel >= 0 {
      if lastOfChannel.count > 4096, lastOfChannel.count > 4 * count { forgetChannels(in: slab) }
      let last = lastOfChannel.update(slot, at: channel)
      // What was put there may have left, and another event have come there since, such as this one.
      if last >= 0, positions[Int(last)] != Self.isElsewhere, slab[last].channel == channel {
        slab[last].next = slot
        positions[Int(slot)] = Self.isBehind
        return
      }
    }
    makeCandidate(slot, in: slab)
  }

  private mutating func makeCandidate(_ slot: Int32, in slab: borrowing EventSlab) {
    positions[Int(slot)] = Int32(candidates.count)
    candidates.append(slot)
    if isRanked { ages.enter(slot) }
    if isWatched { newCandidates.append(Candidate(slab[slot], in: slot)) }
  }

  // Strategies can be anybody's: what they choose is checked in release builds, too.

  /// The slot of a candidate, by its index in an order that means nothing.
  func slot(at index: Int) -> Int32 {
    precondition(index >= 0 && index < candidates.count, "a strategy chose an index that no candidate has")
    return candidates[index]
  }
  /// The slot of the candidate that `rank` candidates are older than.
  func slot(ofRank rank: Int) -> Int32 {
    precondition(isRanked, "a strategy chose by rank and had not said so")
    precondition(rank >= 0 && rank < candidates.count, "a strategy chose a rank that no candidate has")
    return ages.slot(ofRank: rank)
  }
  /// The slot of a candidate that was told.
  func slot(of candidate: Candidate) -> Int32 {
    let slot = Int(candidate.slot)
    precondition(slot < positions.count && positions[slot] >= 0, "a strategy chose an event that is none")
    return candidate.slot
  }
  /// How many candidates are older than the one in `slot`.
  func rank(of slot: Int32) -> Int { ages.rank(of: slot) }

  /// Takes the candidate out of `slot`.
  mutating func take(_ slot: Int32, from slab: inout EventSlab) -> PendingEvent {
    let index = Int(positions[Int(slot)])
    positions[Int(slot)] = Self.isElsewhere
    let last = candidates.removeLast()
    if last != slot {
      candidates[index] = last
      positions[Int(last)] = Int32(index)
    }
    count -= 1
    if isRanked { ages.leave(slot) }
    let event = slab.remove(slot)
    if event.next >= 0 { makeCandidate(event.next, in: slab) }
    return event
  }

  /// Forgets the channels of which nothing is ready.
  private mutating func forgetChannels(in slab: borrowing EventSlab) {
    var ready = ChannelTable()
    lastOfChannel.forEach { channel, slot in
      if positions[Int(slot)] != Self.isElsewhere, slab[slot].channel == channel {
        _ = ready.update(slot, at: channel)
      }
    }
    lastOfChannel = ready
  }
}
