import Messaging

/// A text that names a system, a seed and a plan, so that somebody can paste it to play an episode again.
///
/// `1f3a9c2b.7/12=1,40=2;3:drop` is the first half of a digest of the system's description (such as its scenario), the
/// episode's seed, and the plan.
public struct Schedule: Sendable, Hashable, CustomStringConvertible {
  /// The first half of the digest.
  package var digest: UInt32
  public var seed: UInt64
  public var plan: EpisodePlan

  /// Makes a schedule. `digest` is that of the system's description without the seed, which is not part of the system.
  package init(_ plan: EpisodePlan, seed: UInt64, digest: UInt64) {
    self.digest = Self.firstHalf(of: digest)
    self.seed = seed
    self.plan = plan
  }

  private static func firstHalf(of digest: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: digest >> 32) }

  public var description: String { "\(String(digest, radix: 16)).\(seed)/\(plan)" }

  /// Reads a text that ``description`` printed. It refuses a schedule whose digest is not the one of the system.
  package init(parsing text: String, digest system: UInt64, named name: String) throws(ScheduleError) {
    let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    let head = parts[0].split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 2, head.count == 2, let digest = UInt32(head[0], radix: 16),
      let seed = UInt64(head[1])
    else { throw .malformed("it begins with DIGEST.SEED/") }
    do {
      plan = try EpisodePlan(parsing: String(parts[1]))
    } catch {
      throw .malformed(error.description)
    }
    guard digest == Self.firstHalf(of: system) else { throw .otherScenario(name) }
    self.digest = digest
    self.seed = seed
  }
}

/// The error for a text that is not a schedule, or not one of the system.
public enum ScheduleError: Error, Hashable, Sendable, CustomStringConvertible {
  case malformed(String)
  case otherScenario(String)

  public var description: String {
    switch self {
    case .malformed(let what): "not a schedule: \(what)"
    case .otherScenario(let name):
      "the schedule is of another scenario than \"\(name)\", or of an older version of it"
    }
  }
}
