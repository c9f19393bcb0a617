/// What the log keeps of one episode, or of the part after a fork: enough to run it again without its outside.
public struct EpisodeRecord: Sendable, Hashable {
  /// Where another episode left its parent.
  public struct Fork: Sendable, Hashable {
    /// The id of the parent.
    public var episode: String
    /// How many events are the parent's.
    public var event: Int

    public init(episode: String, event: Int) {
      self.episode = episode
      self.event = event
    }
  }

  /// A pick among several ready events.
  public struct Choice: Sendable, Hashable {
    /// How many events had happened.
    public var event: Int
    /// Which of the ready events was taken, in order of their creation.
    public var index: Int
  }

  public var id: String
  /// `nil` for an episode that began at its beginning.
  public var parent: Fork?
  /// What the set-up was made from; empty in a fork, which has its parent's.
  public var input: [UInt8]
  /// Of this part: a fork may change it.
  public var seed: UInt64
  public var strategy: String
  public var limits: EpisodeLimits
  public var drops: [Drop]
  public var choices: [Choice]
  /// How many events it has; in a fork those after it left its parent.
  public package(set) var eventCount: Int
  /// The bytes of the events. A fork's go on where its parent's are left: with its times and its names.
  package var content: [UInt8]
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
    }
    writer.write(input)
    writer.write(seed)
    writer.write(strategy)
    writer.write(limits.events)
    writer.write(limits.mailbox)
    writer.write(drops) { writer, drop in
      writer.write(drop.sender)
      writer.write(drop.receiver)
      writer.write(drop.nth)
      writer.write(drop.after)
    }
    writer.write(choices) { writer, choice in
      writer.write(choice.event)
      writer.write(choice.index)
    }
    writer.write(eventCount)
    writer.write(content)
    return writer.bytes
  }

  /// Does not look into the events: an ``EpisodeHistory`` does, which knows what came before.
  public init(encoded bytes: [UInt8]) throws(MalformedRecord) {
    var reader = ByteReader(bytes)
    id = try reader.text()
    parent = try reader.optional { reader throws(MalformedRecord) in
      Fork(episode: try reader.text(), event: try reader.count())
    }
    input = try reader.content()
    seed = try reader.integer()
    strategy = try reader.text()
    limits = EpisodeLimits()
    limits.events = try reader.count()
    limits.mailbox = try reader.count()
    drops = try reader.list { reader throws(MalformedRecord) in
      Drop(
        from: try reader.text(), to: try reader.text(), nth: try reader.count(), after: try reader.duration())
    }
    choices = try reader.list { reader throws(MalformedRecord) in
      Choice(event: try reader.count(), index: try reader.count())
    }
    eventCount = try reader.count()
    content = try reader.content()
    try reader.finish()
  }
}
