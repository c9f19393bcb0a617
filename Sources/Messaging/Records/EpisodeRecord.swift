/// What the log keeps of one episode, or of the part after a fork: enough to run it again without its outside.
public struct EpisodeRecord: Sendable, Hashable {
  /// Where another episode left its parent.
  public struct Fork: Sendable, Hashable {
    /// The id of the parent.
    public var episode: String
    /// How many events are the parent's.
    public var event: Int
    /// What takes the place of the message that the next event brings, as JSON; `nil` if nothing does.
    public var replacement: String?

    public init(episode: String, event: Int, replacement: String? = nil) {
      self.episode = episode
      self.event = event
      self.replacement = replacement
    }
  }

  public typealias Choice = EpisodePlan.Choice

  public var id: String
  /// `nil` for an episode that began at its beginning.
  public var parent: Fork?
  /// What the set-up was made from; empty in a fork, which has its parent's.
  public var input: [UInt8]
  /// Of this part: a fork may change it.
  public var seed: UInt64
  public var strategy: String
  /// In a fork those of its parent.
  public var rules = EpisodeRules.current
  public var limits: EpisodeLimits
  /// What could go wrong; empty in a fork, which has its parent's.
  public var faults: FaultPlan
  /// What was decided where it was free: in a fork the choices after it left, and all faults.
  public var plan: EpisodePlan
  /// How many events it has; in a fork those after it left its parent.
  public package(set) var eventCount: Int
  /// The bytes of the events. A fork's go on where its parent's are left: with its times and its names.
  package var content: [UInt8]
}

extension EpisodeRecord {
  /// The first event that another run of the same episode has not; `nil` if there is none.
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
  /// The record's form in the log; `docs/log-format.md` has it byte by byte.
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
    writer.write(eventCount)
    writer.write(content)
    return writer.bytes
  }

  /// Reads a record of a log of version `version`.
  ///
  /// The events are not looked into: an ``EpisodeHistory`` does that, which knows what came before.
  public init(
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
