/// One event of an episode, as it happened.
public struct EventRecord: Sendable, Hashable {
  public enum Kind: UInt8, Sendable, Hashable, CaseIterable {
    case spawn, delivery, reply, timer, completion, mark, note, finish
    /// An `ask` whose deadline came first.
    case deadline
    /// A message to an actor that has stopped, or a reply that came after its deadline.
    case deadLetter
    /// A message that a fault took.
    case drop
    /// A question to the world outside; its answer is the `completion` with the same call number.
    case call
    /// A task that left the lanes, and was taken back.
    case adoption
    /// Why the episode ended without finishing.
    case failure
    /// Something that went wrong with a message, an operation or a call; its name says what.
    case fault
    /// An actor lost all but what it persisted.
    case crash
    /// It was started again.
    case restart
    /// It saved something that survives a crash.
    case persist
    /// A wait whose task was cancelled.
    case cancellation
    /// Something that an actor that had crashed still did, to no effect.
    case discard
  }
  /// In order of happening, from 0.
  public var number: Int
  /// Virtual time since the episode began.
  public var time: Duration
  public var kind: Kind
  /// The path of the actor it happened to.
  public var subject: String
  /// Of messages, replies and deadlines: the path of the actor at the other end.
  public var peer: String
  /// The message's name, the note's, or the like.
  public var name: String
  /// A message as CBOR; of calls, completions, notes and finishes the bytes that were given.
  public var payload: [UInt8]
  /// Of calls and completions: which call, as numbered within the episode.
  public var call: Int
  /// Of completions: the units that the answer took.
  public var units: Int

  public init(
    number: Int, time: Duration, kind: Kind, subject: String, peer: String = "", name: String,
    payload: [UInt8] = [], call: Int = 0, units: Int = 0
  ) {
    self.number = number
    self.time = time
    self.kind = kind
    self.subject = subject
    self.peer = peer
    self.name = name
    self.payload = payload
    self.call = call
    self.units = units
  }
}

extension EventRecord {
  /// Whether its name and payload are a message's.
  var isMessage: Bool {
    switch kind {
    case .delivery, .reply, .deadLetter, .drop: true
    default: false
    }
  }
}

extension EventRecord {
  /// What differs from another event, part by part, as far as the texts of both may hide it; not empty if they differ.
  func difference(from other: EventRecord) -> String {
    var parts: [String] = []
    for (what, own, others) in [
      ("kind", "\(kind)", "\(other.kind)"), ("actor", subject, other.subject),
      ("other actor", peer, other.peer),
      ("name", name, other.name), ("number of the call", "\(call)", "\(other.call)"),
      ("number of units", "\(units)", "\(other.units)"), ("number", "\(number)", "\(other.number)"),
    ] where own != others {
      parts.append("the \(what) is \(own), then \(others)")
    }
    if time != other.time { parts.append("the times differ by \(other.time - time)") }
    if let place = zip(payload, other.payload).enumerated().first(where: { $1.0 != $1.1 })?.offset {
      parts.append(
        "byte \(place) of the payload is \(hexadecimal(payload[place])), then \(hexadecimal(other.payload[place]))"
      )
    } else if payload.count != other.payload.count {
      parts.append("the payload has \(payload.count) bytes, then \(other.payload.count)")
    }
    return parts.joined(separator: ", ")
  }
}

extension EventRecord: CustomStringConvertible {
  /// `12  0.34 s  delivery  root/environment -> root/environment/a  actors.work  {"role": "step"}`
  public var description: String {
    var parts = ["\(number)", "\(time)", "\(kind)", peer.isEmpty ? subject : "\(peer) -> \(subject)"]
    if !name.isEmpty { parts.append(name) }
    if kind == .completion { parts.append("\(units) units") }
    if !payload.isEmpty { parts.append(payloadText) }
    return parts.joined(separator: "  ")
  }

  private var payloadText: String {
    (isMessage ? Messaging.json(ofCBOR: payload) : nil) ?? "\(payload.count) bytes"
  }

  /// One JSON object on one line; payloads that are not CBOR as hexadecimal text.
  public var json: String {
    let content = isMessage ? Messaging.json(ofCBOR: payload) : nil
    let (seconds, attoseconds) = time.components
    var fields = [
      "\"event\": \(number)", "\"time\": \(Double(seconds) + Double(attoseconds) * 1e-18)",
      "\"kind\": \"\(kind)\"", "\"subject\": \(jsonQuoted(subject))",
      "\"peer\": \(jsonQuoted(peer))", "\"name\": \(jsonQuoted(name))",
    ]
    if kind == .call || kind == .completion { fields.append("\"call\": \(call)") }
    if kind == .completion { fields.append("\"units\": \(units)") }
    if !payload.isEmpty {
      fields.append("\"payload\": \(content ?? "\"" + payload.map(hexadecimal).joined() + "\"")")
    }
    return "{\(fields.joined(separator: ", "))}"
  }
}
