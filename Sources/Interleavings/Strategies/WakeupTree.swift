/// The beginnings of schedules that are still to be played from one place, as a tree of events (Abdulla et al., POPL 2014,
/// section 6).
struct WakeupTree: Sendable {
  var event: StepEvent
  var children: [WakeupTree] = []

  /// Puts a sequence of events into `trees`, unless a schedule that is there already shows the same. `sequence` are indices
  /// into `order`.
  static func insert(
    _ sequence: [Int], _ order: HappensBefore, into trees: inout [WakeupTree], from start: Int = 0
  ) {
    for index in trees.indices.dropFirst(start) {
      let event = trees[index].event
      guard let rest = without(event, sequence, order) else { continue }
      if rest.isEmpty || trees[index].children.isEmpty { return }
      return insert(rest, order, into: &trees[index].children)
    }
    var branch: WakeupTree?
    for index in sequence.reversed() {
      branch = WakeupTree(event: order.events[index], children: branch.map { [$0] } ?? [])
    }
    if let branch { trees.append(branch) }
  }

  /// Returns what is left of a sequence after `event`, if the event could be its first one; `nil` if it could not.
  ///
  /// It could if it is the first of its task in the sequence and nothing there happens before it, or if its task is not there,
  /// and it depends on nothing there. These are the weak initials.
  static func without(_ event: StepEvent, _ sequence: [Int], _ order: HappensBefore) -> [Int]? {
    if let place = sequence.firstIndex(where: { order.events[$0].key == event.key }) {
      guard !sequence[..<place].contains(where: { order.isOrdered($0, sequence[place]) }) else { return nil }
      var rest = sequence
      rest.remove(at: place)
      return rest
    }
    return sequence.contains { event.depends(on: order.events[$0]) } ? nil : sequence
  }
}
