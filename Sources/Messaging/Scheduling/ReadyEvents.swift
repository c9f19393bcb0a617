/// The events of the current instant, by their slots, for strategies that do not always take the oldest.
///
/// Events of one channel (sender and receiver) leave in the order in which they entered. The first event of each
/// channel and every event without a channel is a *candidate*.
/// - Complexity: O(1) for each method; O(log n) if candidates are ranked.
struct ReadyEvents: ~Copyable {
  private(set) var count = 0
  /// The slots of candidates, in an arbitrary order that is the same in every run.
  private var candidates = Buffer<Int32>()
  /// The index of each slot in `candidates`, or `isBehind` or `isElsewhere`.
  private var positions = Buffer<Int32>()
  /// The slot of the last event of each channel.
  private var lastOfChannel = ChannelTable()

  /// The order of candidates by age, which is kept only if somebody needs ranks.
  private var ages: CandidateAges
  private let isRanked: Bool
  /// The candidates since this was last emptied, if somebody watches them.
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
      // The event in that slot may have left, and another one, such as this one, may have taken the slot.
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

  // A strategy may be a user's, so its choices are checked in release builds, too.

  /// Returns the slot of the candidate at an index of the arbitrary order.
  func slot(at index: Int) -> Int32 {
    precondition(index >= 0 && index < candidates.count, "a strategy chose an index that no candidate has")
    return candidates[index]
  }
  /// Returns the slot of the candidate that has `rank` older candidates.
  func slot(ofRank rank: Int) -> Int32 {
    precondition(isRanked, "a strategy chose by rank and had not said so")
    precondition(rank >= 0 && rank < candidates.count, "a strategy chose a rank that no candidate has")
    return ages.slot(ofRank: rank)
  }
  /// Returns the slot of a candidate of which the strategy was told.
  func slot(of candidate: Candidate) -> Int32 {
    let slot = Int(candidate.slot)
    precondition(slot < positions.count && positions[slot] >= 0, "a strategy chose an event that is none")
    return candidate.slot
  }
  /// Returns the number of candidates that are older than the one in `slot`.
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

  /// Forgets the channels that have no ready event.
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
