/// The decisions of an episode: which ready event went first, and which faults struck.
///
/// The plan, the seed and the set-up together determine the episode. Where a plan says nothing, the oldest event goes
/// first and no fault strikes. A plan prints as a short text that can be read back: `12=1,40=2;3:drop,9:delay 0.5`.
public struct EpisodePlan: Sendable, Hashable {
  /// A choice among several ready events.
  package struct Choice: Sendable, Hashable {
    /// The number of events that had happened before.
    package var event: Int
    /// The age rank of the event that was taken among the ready ones. The oldest, 0, is never listed.
    package var index: Int

    package init(event: Int, index: Int) {
      self.event = event
      self.index = index
    }
  }

  /// The choices, in the order of their events.
  package var choices: [Choice]
  /// The faults, in the order of their places.
  package var faults: [StruckFault]

  package init(choices: [Choice] = [], faults: [StruckFault] = []) {
    self.choices = choices
    self.faults = faults
  }

  /// The number of choices and faults.
  public var decisionCount: Int { choices.count + faults.count }
}

extension EpisodePlan: CustomStringConvertible {
  public var description: String {
    choices.map { "\($0.event)=\($0.index)" }.joined(separator: ",")
      + (faults.isEmpty ? "" : ";" + faults.map { "\($0.place):\($0.effect.text)" }.joined(separator: ","))
  }

  /// Reads a text that ``description`` printed.
  public init(parsing text: String) throws(PlanError) {
    self.init()
    let parts = text.split(separator: ";", maxSplits: 1, omittingEmptySubsequences: false)
    for part in parts[0].split(separator: ",") {
      let pair = part.split(separator: "=", omittingEmptySubsequences: false)
      guard pair.count == 2, let event = Self.count(pair[0]), let index = Self.count(pair[1]),
        event > choices.last?.event ?? -1
      else { throw PlanError(part: String(part)) }
      choices.append(.init(event: event, index: index))
    }
    for part in parts.count > 1 ? parts[1].split(separator: ",") : [] {
      let pair = part.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
      guard pair.count == 2, let place = Self.count(pair[0]), let effect = FaultEffect(parsing: pair[1]),
        place > faults.last?.place ?? -1
      else { throw PlanError(part: String(part)) }
      faults.append(StruckFault(place: place, effect: effect))
    }
  }

  private static func count(_ text: Substring) -> Int? {
    text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) ? Int(text) : nil
  }
}

/// The error for a text that is not a plan.
public struct PlanError: Error, Hashable, Sendable, CustomStringConvertible {
  package var part: String
  public var description: String {
    "`\(part)` is no part of a schedule: a choice is EVENT=INDEX, a fault PLACE:EFFECT, both in ascending order"
  }
}

extension FaultEffect {
  /// The effect as a text: `drop`, `delay 0.5`, `crash`, `crash 2`, ...; durations are in seconds.
  package var text: String {
    switch self {
    case .drop: "drop"
    case .duplicate: "duplicate"
    case .delay(let duration): "delay \(duration.seconds)"
    case .reorder(let duration): "reorder \(duration.seconds)"
    case .isolate(let duration): "isolate \(duration.seconds)"
    case .crash(let restart): restart.map { "crash \($0.seconds)" } ?? "crash"
    case .fail: "fail"
    case .slow(let factor): "slow \(factor)"
    }
  }

  init?(parsing text: Substring) {
    let words = text.split(separator: " ", omittingEmptySubsequences: false)
    let duration = words.count == 2 ? Duration(seconds: words[1]) : nil
    switch (words[0], words.count, duration) {
    case ("drop", 1, _): self = .drop
    case ("duplicate", 1, _): self = .duplicate
    case ("fail", 1, _): self = .fail
    case ("crash", 1, _): self = .crash(restartAfter: nil)
    case ("slow", 2, _):
      guard let factor = Int(words[1]), (1...1_000_000).contains(factor) else { return nil }
      self = .slow(factor)
    case ("delay", 2, let duration?): self = .delay(duration)
    case ("reorder", 2, let duration?): self = .reorder(duration)
    case ("isolate", 2, let duration?): self = .isolate(duration)
    case ("crash", 2, let duration?): self = .crash(restartAfter: duration)
    default: return nil
    }
  }
}

extension Duration {
  /// The duration in seconds as a decimal number, exact to the nanosecond: `0.5`.
  var seconds: String {
    let (seconds, attoseconds) = components
    let nanoseconds = attoseconds / 1_000_000_000
    guard nanoseconds > 0 else { return "\(seconds)" }
    var digits = "\(nanoseconds)"
    digits = String(repeating: "0", count: 9 - digits.count) + digits
    while digits.hasSuffix("0") { digits.removeLast() }
    return "\(seconds).\(digits)"
  }

  /// Reads a duration that ``seconds`` printed; at most a thousand years.
  init?(seconds text: Substring) {
    let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy({ (0x30...0x39).contains($0) }) }),
      let whole = Int64(parts[0]), whole < 31_557_600_000, parts.count == 1 || parts[1].count <= 9
    else { return nil }
    let digits = parts.count == 1 ? "" : String(parts[1])
    let nanoseconds = Int64(digits + String(repeating: "0", count: 9 - digits.count)) ?? 0
    self = .seconds(whole) + .nanoseconds(nanoseconds)
  }
}
