/// What can go wrong at one place of an episode.
public enum FaultEffect: Sendable, Hashable {
  /// A message is lost.
  case drop
  /// A message arrives twice.
  case duplicate
  /// A message takes this long, and those after it, to the same receiver from the same sender, wait behind it.
  case delay(Duration)
  /// A message takes this long, and those after it overtake it.
  case reorder(Duration)
  /// Its sender is cut off from everybody for this long, this message included.
  case isolate(Duration)
  /// An actor loses all but what it persisted, before the event that is about to happen to it; it is started again after
  /// a while, or never.
  case crash(restartAfter: Duration?)
  /// An operation that can fail does.
  case fail
  /// An external call takes this many times as long.
  case slow(Int)

  /// Where it can strike.
  var site: FaultSite.Kind {
    switch self {
    case .drop, .duplicate, .delay, .reorder, .isolate: .message
    case .crash: .event
    case .fail: .operation
    case .slow: .call
    }
  }
}

/// A place of an episode at which something can go wrong: what is about to happen, to whom.
public struct FaultSite: Sendable, Hashable {
  public enum Kind: UInt8, Sendable, Hashable { case message, event, operation, call }
  public var kind: Kind
  /// Of a message its sender; else empty.
  public var from: String
  /// Who receives the message, does the operation, makes the call, or is about to have the event.
  public var actor: String
  /// Of an operation or call: what it is.
  public var name: String

  init(_ kind: Kind, from: String = "", actor: String, name: String = "") {
    self.kind = kind
    self.from = from
    self.actor = actor
    self.name = name
  }
}

/// A fault that struck: at which of the places passed so far, and what it did.
public struct StruckFault: Sendable, Hashable {
  /// Counted from 0, over the episode; places that concern the root do not count.
  public var place: Int
  public var effect: FaultEffect

  public init(place: Int, effect: FaultEffect) {
    self.place = place
    self.effect = effect
  }
}
