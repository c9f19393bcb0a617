/// The decisions of an episode: which ready event or job went first, and which faults struck.
///
/// The plan, the seed and the set-up together determine the episode. Where a plan says nothing, the oldest event goes
/// first, then the oldest job, and no fault strikes. A plan prints as a short text that can be read back, such as
/// `12=1,40=2,12.3=1;3:drop,9:delay 0.5`: the event number 12 is the second oldest, and the fourth job after 12 events was the
/// second oldest job. A debug build may have other jobs than a release build, so a plan with jobs belongs to its build.
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

  /// A choice among several ready jobs.
  package struct JobChoice: Sendable, Hashable {
    /// The number of events that had happened before.
    package var event: Int
    /// The number of jobs that were chosen since the last of these events.
    package var job: Int
    /// The place by age of the job that was taken among the ready ones. The oldest, 0, is never listed.
    package var index: Int

    package init(event: Int, job: Int, index: Int) {
      (self.event, self.job, self.index) = (event, job, index)
    }
  }

  /// The choices, in the order of their events.
  package var choices: [Choice]
  /// The choices of jobs, in their order.
  package var jobs: [JobChoice]
  /// The faults, in the order of their places.
  package var faults: [StruckFault]

  package init(choices: [Choice] = [], jobs: [JobChoice] = [], faults: [StruckFault] = []) {
    self.choices = choices
    self.jobs = jobs
    self.faults = faults
  }

  /// The number of choices and faults.
  public var decisionCount: Int { choices.count + jobs.count + faults.count }
}

extension EpisodePlan: CustomStringConvertible {
  public var description: String {
    (choices.map { "\($0.event)=\($0.index)" } + jobs.map { "\($0.event).\($0.job)=\($0.index)" })
      .joined(separator: ",")
      + (faults.isEmpty ? "" : ";" + faults.map { "\($0.place):\($0.effect.text)" }.joined(separator: ","))
  }

  /// Reads a text that ``description`` printed.
  public init(parsing text: String) throws(PlanError) {
    self.init()
    let parts = text.split(separator: ";", maxSplits: 1, omittingEmptySubsequences: false)
    for part in parts[0].split(separator: ",") {
      let pair = part.split(separator: "=", omittingEmptySubsequences: false)
      let numbers = pair[0].split(separator: ".", omittingEmptySubsequences: false).map(Self.count)
      let place = numbers.compactMap(\.self)
      guard pair.count == 2, place.count == numbers.count, let index = Self.count(pair[1]),
        append(place, index)
      else { throw PlanError(part: String(part)) }
    }
    for part in parts.count > 1 ? parts[1].split(separator: ",") : [] {
      let pair = part.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
      guard pair.count == 2, let place = Self.count(pair[0]), let effect = FaultEffect(parsing: pair[1]),
        place > faults.last?.place ?? -1
      else { throw PlanError(part: String(part)) }
      faults.append(StruckFault(place: place, effect: effect))
    }
  }

  /// Adds the choice of an event, or that of a job if the place has two numbers. Returns false if it is out of order.
  private mutating func append(_ place: [Int], _ index: Int) -> Bool {
    if place.count == 1, place[0] > choices.last?.event ?? -1 {
      choices.append(.init(event: place[0], index: index))
      return true
    }
    guard place.count == 2, jobs.last.map({ ($0.event, $0.job) < (place[0], place[1]) }) ?? true else {
      return false
    }
    jobs.append(.init(event: place[0], job: place[1], index: index))
    return true
  }

  private static func count(_ text: Substring) -> Int? {
    text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) ? Int(text) : nil
  }
}

/// The error for a text that is not a plan.
public struct PlanError: Error, Hashable, Sendable, CustomStringConvertible {
  package var part: String
  public var description: String {
    "`\(part)` is no part of a schedule: a choice is EVENT=INDEX, that of a job EVENT.JOB=INDEX, a fault PLACE:EFFECT, all in "
      + "ascending order"
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
