/// The order of candidates by age.
///
/// An event has a *place*, which is its position in the order of creation among all events, also those that have left.
/// - Complexity: O(log n) for each method.
struct CandidateAges: ~Copyable {
  /// The slot of the event at each place; -1 if the event has left.
  private var slots = Buffer<Int32>()
  /// The place of each event, by slot.
  private var places = Buffer<Int32>()
  /// The places of the candidates.
  private var candidates = RankedBits()
  private var count = 0

  /// Adds the event in `slot`, which is the youngest.
  mutating func append(_ slot: Int32) {
    if count == 0 {
      slots.removeAll()
    } else if slots.count > 1024, 4 * count < slots.count {
      compact()
    }
    while places.count <= slot { places.append(-1) }
    places[Int(slot)] = Int32(slots.count)
    slots.append(slot)
    count += 1
  }

  /// Notes that the event in `slot` became a candidate.
  mutating func enter(_ slot: Int32) {
    let place = Int(places[Int(slot)])
    if place >= candidates.capacity { candidates.grow(to: max(64, 2 * place)) }
    candidates.insert(place)
  }

  /// Notes that the candidate in `slot` has left.
  mutating func leave(_ slot: Int32) {
    let place = Int(places[Int(slot)])
    candidates.remove(place)
    slots[place] = -1
    count -= 1
  }

  func slot(ofRank rank: Int) -> Int32 { slots[candidates.select(rank)] }
  func rank(of slot: Int32) -> Int { candidates.rank(of: Int(places[Int(slot)])) }

  /// Removes the places of the events that have left.
  private mutating func compact() {
    var rest = Buffer<Int32>()
    var restingCandidates = RankedBits(capacity: 4 * count)
    for place in 0..<slots.count where slots[place] >= 0 {
      if place < candidates.capacity, candidates.contains(place) { restingCandidates.insert(rest.count) }
      places[Int(slots[place])] = Int32(rest.count)
      rest.append(slots[place])
    }
    slots = rest
    candidates = restingCandidates
  }
}
