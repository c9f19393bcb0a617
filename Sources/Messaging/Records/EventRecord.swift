/// An event of an episode.
public struct EventRecord: Sendable, Hashable {
  public enum Kind: UInt8, Sendable, Hashable, CaseIterable {
    case spawn, delivery, reply, timer, completion, mark, note, finish
    /// The deadline of an `ask` passed before a reply came.
    case deadline
    /// A message came to an actor that has stopped or is down, or a reply came after its deadline.
    case deadLetter
    /// A fault lost a message.
    case drop
    /// An actor called the world outside. The `completion` with the same call number has the answer.
    case call
    /// A task left the lanes and was taken back.
    case adoption
    /// The episode ended without finishing; the name says why.
    case failure
    /// A fault struck a message, an operation or a call; the name says what it did.
    case fault
    /// An actor lost everything except what it persisted.
    case crash
    /// An actor that had crashed was started again.
    case restart
    /// An actor saved a value that survives a crash.
    case persist
    /// A wait ended because its task was cancelled.
    case cancellation
    /// A crashed incarnation did something, which had no effect.
    case discard
  }
  /// The number of the event in the episode, from 0.
  public var number: Int
  /// The virtual time since the episode began.
  public var time: Duration
  public var kind: Kind
  /// The path of the actor to which the event happened.
  public var subject: String
  /// The path of the actor at the other end of a message, a reply or a deadline.
  public var peer: String
  /// The name of the message, the note, or the like.
  public var name: String
  /// The message as CBOR; for calls, completions, notes and finishes the bytes that were given.
  public var payload: [UInt8]
  /// The number of a call or a completion's call within the episode.
  public var call: Int
  /// The units that the answer took; for completions only.
  public var units: Int

  package init(
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
  /// Whether the event says that something went wrong.
  package var isFailure: Bool {
    switch kind {
    case .failure, .fault, .crash, .drop, .deadline, .deadLetter: true
    default: false
    }
  }

  /// Whether the event's name and payload are those of a message.
  var isMessage: Bool {
    switch kind {
    case .delivery, .reply, .deadLetter, .drop: true
    default: false
    }
  }
}

extension EventRecord {
  /// Returns, part by part, how this event differs from another whose text may be the same. Not empty if they differ.
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
  /// One line: `12  0.34 s  delivery  root/environment -> root/environment/a  actors.work  {"role": "step"}`
  public var description: String { line(saying: nil) }

  /// The line of ``description``, with `said` in place of the payload if it is given.
  package func line(saying said: String?) -> String {
    var parts = ["\(number)", "\(time)", "\(kind)", peer.isEmpty ? subject : "\(peer) -> \(subject)"]
    if !name.isEmpty { parts.append(name) }
    if let said {
      parts.append(said)
      return parts.joined(separator: "  ")
    }
    if kind == .completion { parts.append("\(units) units") }
    if !payload.isEmpty { parts.append(payloadText) }
    return parts.joined(separator: "  ")
  }

  private var payloadText: String {
    (isMessage ? Messaging.json(ofCBOR: payload) : nil) ?? "\(payload.count) bytes"
  }

  /// The event as a JSON object. A payload that is no message is hexadecimal text.
  package var json: JSONValue {
    var object: JSONValue = [
      "event": .integer(number), "time": .number(time.inSeconds),
      "kind": .text("\(kind)"), "subject": .text(subject), "peer": .text(peer), "name": .text(name),
    ]
    if kind == .call || kind == .completion { object.append("call", .integer(call)) }
    if kind == .completion { object.append("units", .integer(units)) }
    if !payload.isEmpty {
      let message = isMessage ? Messaging.json(ofCBOR: payload) : nil
      object.append(
        "payload", message.map { .verbatim($0) } ?? .text(payload.map { hexadecimal($0) }.joined()))
    }
    return object
  }
}
