/// The events of a schedule with the relation "happens before": the order of each task, that of dependent events, and that from
/// an event to those which it makes ready.
///
/// An event costs time in proportion to the square of the number of events before it, in words of 64.
package struct HappensBefore: Sendable {
  package private(set) var events: [StepEvent] = []
  /// The events before each event, as a set of bits.
  private var before: [[UInt64]] = []
  /// The event that made each event ready, if one did.
  private var makers: [Int?] = []

  package init() {}

  package mutating func append(_ event: StepEvent) {
    let index = events.count
    var bits = [UInt64](repeating: 0, count: index / 64 + 1)
    var maker: Int?
    for earlier in (0..<index).reversed() {
      let isMaker = event.number >= 0 && events[earlier].effect.arrivals.contains(event.number)
      if isMaker { maker = earlier }
      guard isMaker || event.depends(on: events[earlier]), bits[earlier / 64] & 1 << (earlier % 64) == 0
      else {
        continue
      }
      for word in before[earlier].indices { bits[word] |= before[earlier][word] }
      bits[earlier / 64] |= 1 << (earlier % 64)
    }
    events.append(event)
    before.append(bits)
    makers.append(maker)
  }

  package mutating func removeLast() {
    events.removeLast()
    before.removeLast()
    makers.removeLast()
  }

  /// Whether the event at `first` happens before the one at `second`, which is a later one.
  package func isOrdered(_ first: Int, _ second: Int) -> Bool {
    before[second][first / 64] & 1 << (first % 64) != 0
  }

  /// The events with which the event at `index` is in a race that can be turned round: events of other tasks that happen before
  /// it with no event between, and that did not make it ready.
  package func races(of index: Int) -> [Int] {
    (0..<index).filter { first in
      guard isOrdered(first, index), events[first].key != events[index].key, makers[index] != first else {
        return false
      }
      return !(first + 1..<index).contains { isOrdered(first, $0) && isOrdered($0, index) }
    }
  }

  /// The events after the one at `first` and before the one at `last` that do not happen after the first, and the last itself:
  /// what has to run so that the last one runs before the first.
  package func reversal(_ first: Int, _ last: Int) -> [Int] {
    (first + 1..<last).filter { !isOrdered(first, $0) } + [last]
  }

  /// A number that is the same for two schedules if they have the same events in the same relation.
  package var equivalenceClass: UInt64 {
    var turns: [UInt64: Int] = [:]
    let names = events.map { event in
      turns[event.key, default: 0] += 1
      return Self.mix(event.key, UInt64(turns[event.key] ?? 0))
    }
    // Sums, so that the order of independent events does not matter.
    return events.indices.reduce(0) { sum, index in
      let earlier = (0..<index).reduce(UInt64(0)) {
        $0 &+ (isOrdered($1, index) ? Self.mix(names[$1], 1) : 0)
      }
      return sum &+ Self.mix(names[index], earlier)
    }
  }

  private static func mix(_ first: UInt64, _ second: UInt64) -> UInt64 {
    var bits = first &* 0x9E37_79B9_7F4A_7C15 ^ second &* 0xBF58_476D_1CE4_E5B9
    bits = (bits ^ bits >> 31) &* 0x94D0_49BB_1331_11EB
    return bits ^ bits >> 29
  }
}
