import Messaging

/// Partial order sampling (Yuan, Yang and Gu, CAV 2018), in which each part has a random priority.
///
/// The part with the highest priority is next. Afterwards those parts which run on the same actor as it did get new
/// priorities, because the order among them is now another question. Parts on no actor count as parts on one actor.
struct PartialOrderSampling: InterleavingStrategy {
  private var stream = SeededStream(seed: 0, name: "pos")
  /// The priority of each part that has been seen and has not run, by its number.
  private var priorities: [(number: Int, actor: Int, priority: UInt64)] = []

  mutating func begin(seed: UInt64, profile: InterleavingProfile) {
    stream = SeededStream(seed: seed, name: "pos")
    priorities.removeAll(keepingCapacity: true)
  }

  mutating func choose(among ready: [ReadyStep], straight: Int) -> Int {
    var best = (index: 0, priority: UInt64(0))
    for (index, step) in ready.enumerated() {
      let priority = priority(of: step)
      if index == 0 || priority > best.priority { best = (index, priority) }
    }
    return best.index
  }

  private mutating func priority(of step: ReadyStep) -> UInt64 {
    if let known = priorities.first(where: { $0.number == step.number }) { return known.priority }
    priorities.append((step.number, step.actor, stream.next()))
    return priorities[priorities.count - 1].priority
  }

  mutating func ran(_ step: ReadyStep, _ effect: StepEffect) {
    priorities.removeAll { $0.number == step.number || $0.actor == step.actor }
  }
}
