import Messaging

/// Makes a failing plan smaller as long as it fails in the same way: first its decisions, then the system's sizes.
///
/// Decisions are removed by delta debugging (Zeller and Hildebrandt, IEEE TSE 28(2), 2002), and then lowered singly.
/// A plan says little about a system of another size, so the shrinker looks for another failure in a smaller one.
struct Shrinker {
  private(set) var seed: UInt64
  private(set) var plan: EpisodePlan
  private(set) var timeline: [Fault]
  private(set) var sizes: [String: SimulatedSystem.Size]
  private(set) var budget: Int
  /// Returns the plan as the episode used it, if it still fails; otherwise `nil`.
  let fails: (UInt64, EpisodePlan, [Fault], [String: Int]) throws -> EpisodePlan?
  /// Returns the plan that the strategy plays under a seed, if it fails; otherwise `nil`.
  let plays: (UInt64, [Fault], [String: Int]) throws -> EpisodePlan?
  /// The number of seeds that are played in a smaller system.
  private static let seedsOfSmaller: UInt64 = 100

  mutating func run() throws {
    try shrinkDecisions()
    while try reduceSizes() { try shrinkDecisions() }
  }

  private mutating func shrinkDecisions() throws {
    var before: Int
    repeat {
      before = plan.decisionCount + timeline.count
      try removeDecisions()
      try removeTimeline()
      try moveFaults()
      try lower()
    } while plan.decisionCount + timeline.count < before
  }

  /// Keeps a smaller plan if it still fails, and returns whether it does.
  private mutating func accept(
    _ plan: EpisodePlan, _ timeline: [Fault]? = nil, _ sizes: [String: SimulatedSystem.Size]? = nil
  ) throws -> Bool {
    guard budget > 0 else { return false }
    budget -= 1
    let timeline = timeline ?? self.timeline
    let sizes = sizes ?? self.sizes
    guard let used = try fails(seed, plan, timeline, sizes.mapValues(\.value)) else { return false }
    // Decisions that never came up are gone, but a plan is never made larger.
    self.plan = used.decisionCount <= plan.decisionCount ? used : plan
    self.timeline = timeline
    self.sizes = sizes
    return true
  }

  /// Returns the plan without a range of decisions, which are numbered: first the choices of events, then those of jobs, then the faults.
  private func without(_ gone: Range<Int>) -> EpisodePlan {
    var smaller = EpisodePlan()
    for (index, choice) in plan.choices.enumerated() where !gone.contains(index) {
      smaller.choices.append(choice)
    }
    for (index, choice) in plan.jobs.enumerated() where !gone.contains(plan.choices.count + index) {
      smaller.jobs.append(choice)
    }
    let before = plan.choices.count + plan.jobs.count
    for (index, fault) in plan.faults.enumerated() where !gone.contains(before + index) {
      smaller.faults.append(fault)
    }
    return smaller
  }

  private mutating func removeDecisions() throws {
    var size = plan.decisionCount
    while size > 0, budget > 0 {
      var start = 0
      while start < plan.decisionCount, budget > 0 {
        let end = min(start + size, plan.decisionCount)
        if try !accept(without(start..<end)) { start = end }
      }
      size = min(size, plan.decisionCount + 1) / 2
    }
  }

  private mutating func removeTimeline() throws {
    var index = 0
    while index < timeline.count {
      var smaller = timeline
      smaller.remove(at: index)
      if try !accept(plan, smaller) { index += 1 }
    }
  }

  /// Tries each fault at other places, without any choices: a choice may only bring a message to a fault's place.
  ///
  /// It tries round durations at the same time.
  private mutating func moveFaults() throws {
    for index in plan.faults.indices where plan.decisionCount > plan.faults.count {
      var neighbours = [plan.faults[index].effect]
      if let round = plan.faults[index].effect.rounded { neighbours.append(round) }
      let taken = Set(plan.faults.map(\.place))
      search: for effect in neighbours {
        for place in 0..<min(64, 2 * plan.faults[index].place + 16) {
          guard place == plan.faults[index].place || !taken.contains(place) else { continue }
          var moved = EpisodePlan(faults: plan.faults)
          moved.faults[index] = StruckFault(place: place, effect: effect)
          moved.faults.sort { $0.place < $1.place }
          if try accept(moved) { break search }
        }
      }
    }
    try movePair()
    for index in plan.faults.indices {
      guard index < plan.faults.count, let round = plan.faults[index].effect.rounded else { continue }
      var simpler = plan
      simpler.faults[index].effect = round
      _ = try accept(simpler)
    }
  }

  /// Tries to move two faults at once, among the first places.
  private mutating func movePair() throws {
    guard plan.faults.count == 2, plan.decisionCount > 2 else { return }
    let (one, other) = (plan.faults[0].effect, plan.faults[1].effect)
    let most = min(16, plan.faults[1].place + 8)
    for first in 0..<most {
      for second in first + 1..<most + 1 {
        let moved = EpisodePlan(faults: [
          .init(place: first, effect: one), .init(place: second, effect: other),
        ])
        if try accept(moved) { return }
      }
    }
  }

  /// Tries smaller indices, which stand for older events of the same instant, or for older jobs.
  private mutating func lower() throws {
    try lower(\.choices, \.index)
    try lower(\.jobs, \.index)
  }

  private mutating func lower<Choice>(
    _ choices: WritableKeyPath<EpisodePlan, [Choice]>, _ number: WritableKeyPath<Choice, Int>
  ) throws {
    var index = 0
    while index < plan[keyPath: choices].count {
      var isLowered = false
      if plan[keyPath: choices][index][keyPath: number] > 1 {
        var smaller = plan
        smaller[keyPath: choices][index][keyPath: number] /= 2
        isLowered = try accept(smaller)
      }
      if !isLowered { index += 1 }
    }
  }

  /// Makes one size smaller, as far as the system still fails; false if no size can be smaller.
  private mutating func reduceSizes() throws -> Bool {
    for name in sizes.keys.sorted() {
      guard let size = sizes[name] else { continue }
      for value in size.smaller {
        var smaller = sizes
        smaller[name]?.value = value
        if try accept(plan, nil, smaller) { return true }
      }
      guard size.value > size.least else { continue }
      var smaller = sizes
      smaller[name]?.value -= 1
      for other in (0..<Self.seedsOfSmaller).map({ seed &+ $0 }) where budget > 0 {
        budget -= 1
        guard let found = try plays(other, timeline, smaller.mapValues(\.value)) else { continue }
        (seed, plan, sizes) = (other, found, smaller)
        return true
      }
    }
    return false
  }
}

extension SimulatedSystem.Size {
  /// The values to try in place of this one: first the smallest, then values nearer and nearer to this one.
  fileprivate var smaller: [Int] {
    var (result, step) = ([Int](), value - least)
    while step > 0 {
      result.append(value - step)
      step /= 2
    }
    return result
  }
}

extension FaultEffect {
  /// The same effect with a round time; `nil` if it has no time, or if the time is round.
  fileprivate var rounded: FaultEffect? {
    func round(_ duration: Duration) -> Duration? {
      let target: Duration = duration > .milliseconds(100) ? .seconds(1) : .milliseconds(100)
      return duration == target ? nil : target
    }
    return switch self {
    case .delay(let duration): round(duration).map { .delay($0) }
    case .reorder(let duration): round(duration).map { .reorder($0) }
    case .isolate(let duration): round(duration).map { .isolate($0) }
    case .crash(let restart): restart.flatMap(round).map { .crash(restartAfter: $0) }
    case .drop, .duplicate, .fail, .slow: nil
    }
  }
}
