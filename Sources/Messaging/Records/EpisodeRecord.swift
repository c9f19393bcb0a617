/// The log's record of an episode, or of the part after a fork. It is enough to run the part again without its outside.
public struct EpisodeRecord: Sendable, Hashable {
  /// The point at which a fork left its parent.
  public struct Fork: Sendable, Hashable {
    /// The id of the parent.
    public var episode: String
    /// The number of events that belong to the parent.
    public var event: Int
    /// The JSON that replaces the message of the next event; `nil` if none is replaced.
    public var replacement: String?

    public init(episode: String, event: Int, replacement: String? = nil) {
      self.episode = episode
      self.event = event
      self.replacement = replacement
    }
  }

  public var id: String
  /// The point of the fork; `nil` for an episode that is not a fork.
  public var parent: Fork?
  /// The value from which the set-up was made; empty in a fork, which uses its parent's.
  package var input: [UInt8]
  /// The seed of this part, which may differ from the parent's.
  public var seed: UInt64
  package var strategy: String
  /// The rules of the episode. A fork has its parent's.
  package var rules = EpisodeRules.current
  package var limits: EpisodeLimits
  /// The faults that could happen; empty in a fork, which has its parent's.
  package var faults: FaultPlan
  /// The decisions of the episode. A fork lists its choices after it left its parent, and all faults.
  public var plan: EpisodePlan
  /// The number of events. In a fork, it counts those after it left its parent.
  public package(set) var eventCount: Int
  /// The bytes of the events. A fork continues its parent's, with the parent's times and names.
  package var content: [UInt8]
}

extension EpisodeRecord {
  /// Returns the first event that differs in another run of the same episode; `nil` if there is none.
  public func firstDifference(from other: EpisodeRecord) throws(HistoryError) -> ReplayDivergence? {
    let (own, others) = (try EpisodeHistory(self).events, try EpisodeHistory(other).events)
    guard
      let place = (0..<max(own.count, others.count)).first(where: {
        $0 >= own.count || $0 >= others.count || own[$0] != others[$0]
      })
    else { return nil }
    var difference = ReplayDivergence(
      event: place, expected: place < own.count ? own[place] : nil,
      got: place < others.count ? others[place].description : "the end")
    if place < min(own.count, others.count) {
      difference.hidden = own[place].difference(from: others[place])
    }
    return difference
  }
}

// MARK: Bytes

extension EpisodeRecord {
  /// The record's bytes in the log. `docs/log-format.md` describes them.
  public var encoded: [UInt8] {
    var writer = ByteWriter()
    writer.write(id)
    writer.write(parent) { writer, fork in
      writer.write(fork.episode)
      writer.write(fork.event)
      writer.write(fork.replacement) { $0.write($1) }
    }
    writer.write(input)
    writer.write(seed)
    writer.write(strategy)
    writer.write(rules.rawValue)
    writer.write(limits.events)
    writer.write(limits.mailbox)
    writer.write(faults)
    writer.write(plan)
    if rules.choosesJobs { writer.write(plan.jobs) }
    writer.write(eventCount)
    writer.write(content)
    return writer.bytes
  }

  /// Reads a record of a log that has version `version`.
  ///
  /// It does not decode the events. ``EpisodeHistory`` does, because that needs the events before them.
  package init(
    encoded bytes: [UInt8], version: UInt32 = LogHeader.schemaVersion
  ) throws(MalformedRecord) {
    var reader = ByteReader(bytes)
    id = try reader.text()
    parent = try reader.optional { reader throws(MalformedRecord) in
      Fork(
        episode: try reader.text(), event: try reader.count(),
        replacement: try reader.optionalText())
    }
    input = try reader.content()
    seed = try reader.integer()
    strategy = try reader.text()
    rules = version < 4 ? .beforeVersion4 : try reader.rules()
    limits = EpisodeLimits()
    limits.events = try reader.count()
    limits.mailbox = try reader.count()
    faults = try reader.faultPlan()
    plan = try reader.plan()
    if rules.choosesJobs { plan.jobs = try reader.jobChoices() }
    eventCount = try reader.count()
    content = try reader.content()
    try reader.finish()
  }
}

extension ByteReader {
  fileprivate mutating func rules() throws(MalformedRecord) -> EpisodeRules {
    let offset = offset
    guard let rules = EpisodeRules(rawValue: try count()) else {
      throw MalformedRecord(expected: "rules of an episode that are known", offset: offset)
    }
    return rules
  }
}
