/// Decides at each place of an episode which fault strikes there.
struct FaultInjector: Sendable {
  let plan: FaultPlan
  /// Whether any fault can strike.
  let isActive: Bool
  private var stream: SeededStream
  /// For each fault of the timeline that counts messages or operations: how many more it waits for.
  private var remaining: [Int]
  private var places = 0
  private(set) var struck: [StruckFault] = []
  /// The faults of the timeline that struck, by their indices in it. Crashes are events, and are not among them.
  private(set) var struckTimeline: Set<Int> = []
  /// The faults that struck in an earlier run of the same episode, in order. They replace chance and counting.
  private let recorded: [StruckFault]
  private var nextRecorded = 0
  /// The actors that are cut off, each with the time until which it is.
  private var isolated: [String: Duration] = [:]

  /// - Precondition: the effects that the plan has for messages are effects on messages.
  init(_ plan: FaultPlan, seed: UInt64, recorded: [StruckFault]?) {
    for case .message(let effect, _, _, _, _) in plan.timeline {
      precondition(effect.site == .message, "\(effect.text) happens to no message")
    }
    self.plan = plan
    self.recorded = recorded ?? []
    isActive = !plan.isEmpty || recorded?.isEmpty == false
    stream = SeededStream(seed: seed, name: "faults")
    remaining = plan.timeline.map { fault in
      switch fault {
      case .message(_, _, _, let nth, _), .failure(_, _, let nth, _): nth
      case .crash, .partition, .slowness: 0
      }
    }
  }

  mutating func reseed(_ seed: UInt64) { stream = stream.reseeded(seed) }

  /// Returns the effect of the fault that strikes at the next place; the recorded one if `repeating`.
  ///
  /// Chance is drawn and messages are counted in both cases, so that a fork goes on as its parent did.
  mutating func strike(_ site: FaultSite, at now: Duration, repeating: Bool) -> FaultEffect? {
    let place = places
    places += 1
    let scripted = scripted(site, at: now)
    var effect = scripted?.effect ?? drawn(site)
    if repeating {
      effect = nil
      if nextRecorded < recorded.count, recorded[nextRecorded].place == place {
        effect = recorded[nextRecorded].effect
        nextRecorded += 1
      }
    }
    guard let effect, effect.site == site.kind else { return nil }
    struck.append(StruckFault(place: place, effect: effect))
    if let scripted, scripted.effect == effect { struckTimeline.insert(scripted.fault) }
    if case .isolate(let duration) = effect { isolated[site.from] = now + duration }
    return effect
  }

  private mutating func drawn(_ site: FaultSite) -> FaultEffect? {
    guard !plan.rates.isZero, let effect = plan.rates.draw(at: site.kind, using: &stream) else { return nil }
    return struck.count < plan.rates.most ? effect : nil
  }

  /// Returns the effect that the timeline has for the place, with the index of the fault that has it.
  private mutating func scripted(_ site: FaultSite, at now: Duration) -> (fault: Int, effect: FaultEffect)? {
    var result: (fault: Int, effect: FaultEffect)?
    for (index, fault) in plan.timeline.enumerated() {
      switch fault {
      case .message(let effect, let from, let to, _, let after):
        guard site.kind == .message, from == site.from, to == site.actor, now >= after else { continue }
        if countDown(index) { result = (index, effect) }
      case .failure(let name, let actor, _, let after):
        guard site.kind == .operation, name == site.name, actor ?? site.actor == site.actor, now >= after
        else { continue }
        if countDown(index) { result = (index, .fail) }
      case .slowness(let actor, let factor, let start, let end):
        guard site.kind == .call, actor ?? site.actor == site.actor, (start..<end).contains(now) else {
          continue
        }
        result = (index, .slow(factor))
      case .crash, .partition: continue
      }
    }
    return result
  }

  private mutating func countDown(_ index: Int) -> Bool {
    remaining[index] -= 1
    return remaining[index] == 0
  }

  /// Whether no message gets from one actor to the other at this time.
  mutating func separates(_ from: String, _ to: String, at now: Duration) -> Bool {
    for actor in [from, to] { if let end = isolated[actor], now < end { return true } }
    var isSeparated = false
    for (index, fault) in plan.timeline.enumerated() {
      guard case .partition(let groups, let start, let end) = fault, (start..<end).contains(now),
        let one = groups.firstIndex(where: { $0.contains(from) }),
        let other = groups.firstIndex(where: { $0.contains(to) }), one != other
      else { continue }
      struckTimeline.insert(index)
      isSeparated = true
    }
    return isSeparated
  }
}
