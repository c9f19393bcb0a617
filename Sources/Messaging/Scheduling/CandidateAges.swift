/// How old candidates are, compared with one another.
///
/// An event has a *place*, its position in the order of creation, also of those that have left. O(log n) each.
struct CandidateAges: ~Copyable {
  /// The slot of each place's event, or -1 if it has left.
  private var slots = Buffer<Int32>()
  /// By slot.
  private var places = Buffer<Int32>()
  /// The places of candidates.
  private var candidates = RankedBits()
  private var count = 0

  /// Adds the event in `slot`, the youngest.
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

  /// The event in `slot` became a candidate.
  mutating func enter(_ slot: Int32) {
    let place = Int(places[Int(slot)])
    if place >= candidates.capacity { candidates.grow(to: max(64, 2 * place)) }
    candidates.insert(place)
  }

  /// The candidate in `slot` has left.
  mutating func leave(_ slot: Int32) {
    let place = Int(places[Int(slot)])
    candidates.remove(place)
    slots[place] = -1
    count -= 1
  }

  func slot(ofRank rank: Int) -> Int32 { slots[candidates.select(rank)] }
  func rank(of slot: Int32) -> Int { candidates.rank(of: Int(places[Int(slot)])) }

  /// Forgets the places of those that have left.
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
