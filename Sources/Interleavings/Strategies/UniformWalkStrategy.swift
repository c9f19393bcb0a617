import Messaging

/// Selectively uniform random walk (SURW, ASPLOS 2025): all orders of the parts on one actor are about equally probable.
///
/// For each schedule one actor is drawn among those that several tasks enter. A task goes first with a probability in
/// proportion to the number of parts that it, and the tasks that it has yet to make, still run on this actor; the first
/// schedule is the guess of these numbers. When the task that was drawn has a part on the actor ready, that part runs, and
/// another task is drawn. Between these parts every task is equally probable, without those whose next part is on the
/// actor and which were not drawn.
struct UniformWalkStrategy: InterleavingStrategy {
  private var stream = SeededStream(seed: 0, name: "surw")
  private var profile = InterleavingProfile()
  /// The key of the actor that was drawn; 0 for none.
  private var actor: UInt64 = 0
  /// The number of parts on the actor that each task, with all tasks below it, still has.
  private var weights: [UInt64: Int] = [:]
  private var seen: Set<UInt64> = []
  private var drawn: UInt64?

  mutating func begin(seed: UInt64, profile: InterleavingProfile) {
    stream = SeededStream(seed: seed, name: "surw")
    self.profile = profile
    (drawn, seen) = (nil, [])
    weights.removeAll(keepingCapacity: true)
    var users: [UInt64: Int] = [:]
    for actors in profile.parts.values { for actor in actors.keys { users[actor, default: 0] += 1 } }
    let shared = users.filter { $0.key != 0 && $0.value > 1 }.keys.sorted()
    actor = shared.randomElement(using: &stream) ?? 0
    // The order of the dictionary does not matter, because these are sums.
    for (task, actors) in profile.parts {
      guard let count = actors[actor] else { continue }
      var above: UInt64? = task
      while let next = above {
        weights[next, default: 0] += count
        above = profile.makers[next]
      }
    }
  }

  mutating func choose(among ready: [ReadyStep], straight: Int) -> Int {
    for step in ready where seen.insert(step.key).inserted {
      passOn(to: step.key)
      // What a task does is no longer to be done by its makers.
      var above = profile.makers[step.key]
      while let next = above {
        weights[next, default: 0] -= weights[step.key] ?? 0
        above = profile.makers[next]
      }
    }
    guard ready.count > 1 else { return 0 }
    if drawn == nil || !ready.contains(where: { $0.key == drawn }) { drawn = draw(among: ready) }
    let open = ready.indices.filter { ready[$0].actorKey != actor || ready[$0].key == drawn }
    if let index = ready.firstIndex(where: { $0.key == drawn && $0.actorKey == actor }) { return index }
    return open.randomElement(using: &stream) ?? straight
  }

  /// The draw of a task is also one of the tasks that it has yet to make: when it makes one, the draw passes to that one with a
  /// probability in proportion to its parts.
  private mutating func passOn(to child: UInt64) {
    guard let drawn, profile.makers[child] == drawn else { return }
    let (whole, part) = (weights[drawn] ?? 0, weights[child] ?? 0)
    if whole > 0, Int.random(in: 0..<whole, using: &stream) < part { self.drawn = child }
  }

  private mutating func draw(among ready: [ReadyStep]) -> UInt64? {
    let weight = ready.map { max(0, weights[$0.key] ?? 0) }
    let sum = weight.reduce(0, +)
    guard sum > 0 else { return ready.randomElement(using: &stream)?.key }
    var rest = Int.random(in: 0..<sum, using: &stream)
    for (index, part) in weight.enumerated() {
      if rest < part { return ready[index].key }
      rest -= part
    }
    return nil
  }

  mutating func ran(_ step: ReadyStep, _ effect: StepEffect) {
    guard step.actorKey == actor else { return }
    weights[step.key, default: 0] -= 1
    if step.key == drawn { drawn = nil }
  }
}
