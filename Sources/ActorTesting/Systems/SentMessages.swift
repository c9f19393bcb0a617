import Messaging

/// Which events of an episode are the first about a message that an actor sent.
///
/// A log does not say when a message is sent, only what becomes of it. A message that the network duplicates has two
/// events, and so has one that waits in a serial mailbox while its receiver crashes. Either was sent once.
///
/// Both copies of a message arrive at the same instant, because they leave at the same one. Where an actor sends the same
/// text to the same receiver more than once, the log does not always say which of the messages an event is about: one that
/// finds its receiver crashed is taken for one that waited there, if there was one with its text.
struct SentMessages {
  private struct Channel: Hashable {
    var sender: String, receiver: String
  }
  private struct Content: Hashable {
    var name: String, payload: [UInt8]

    init(_ event: EventRecord) { (name, payload) = (event.name, event.payload) }
  }

  /// The numbers of the events, each of a message that arrived, was lost, or found nobody. Replies in time are not among them.
  private(set) var numbers: Set<Int> = []
  /// How many second copies are on their way.
  private var copies: [Channel: Int] = [:]
  /// What has arrived at the present instant where copies are on their way.
  private var arrived: [Channel: Set<Content>] = [:]
  /// What was delivered to each actor since it began or restarted; empty if nobody crashes.
  private var delivered: [Channel: [Content: Int]] = [:]

  /// - Complexity: O(events).
  init(_ events: [EventRecord]) {
    let isCrashing = events.contains { $0.kind == .crash }
    var instant = Duration.zero
    // The actors whose crash the last events are about, and the channel whose message the last event duplicated.
    var (crashed, duplicated) = (Set<String>(), Channel?.none)
    for event in events {
      if event.time != instant { (arrived, instant) = ([:], event.time) }
      let channel = Channel(sender: event.peer, receiver: event.subject)
      switch event.kind {
      case .fault where event.name == "duplicate" && !event.peer.isEmpty: copies[channel, default: 0] += 1
      case .drop:
        // A partition took the message that was to be duplicated.
        if duplicated == channel { copies[channel, default: 0] -= 1 }
        numbers.insert(event.number)
      case .delivery:
        if !isCopy(event, channel) { numbers.insert(event.number) }
        if isCrashing { delivered[channel, default: [:]][Content(event), default: 0] += 1 }
      case .reply: _ = isCopy(event, channel)
      case .deadLetter:
        if !(crashed.contains(event.subject) && wasHeld(event, channel)), !isCopy(event, channel) {
          numbers.insert(event.number)
        }
      case .crash: crashed.insert(event.subject)
      case .restart: delivered = delivered.filter { $0.key.receiver != event.subject }
      default: break
      }
      if event.kind != .crash, event.kind != .deadLetter { crashed = [] }
      duplicated = event.kind == .fault && event.name == "duplicate" ? channel : nil
    }
  }

  /// Whether a message that arrives is the second copy of one that has arrived.
  private mutating func isCopy(_ event: EventRecord, _ channel: Channel) -> Bool {
    let content = Content(event)
    // A reply that nobody waits for goes to the root, whoever it was for.
    let isLate = event.kind == .deadLetter && event.subject == "root"
    let channels =
      isLate
      ? copies.keys.filter { $0.sender == event.peer }.sorted { $0.receiver < $1.receiver } : [channel]
    for channel in channels where copies[channel, default: 0] > 0 {
      if arrived[channel]?.contains(content) == true {
        copies[channel, default: 0] -= 1
        return true
      }
      arrived[channel, default: []].insert(content)
    }
    return false
  }

  /// Whether a dead letter was delivered before, and waited in the mailbox of the actor that has just crashed.
  private mutating func wasHeld(_ event: EventRecord, _ channel: Channel) -> Bool {
    let content = Content(event)
    guard let count = delivered[channel]?[content], count > 0 else { return false }
    delivered[channel]?[content] = count - 1
    return true
  }
}
