/// The effect of a fault at one place of an episode.
public enum FaultEffect: Sendable, Hashable {
  /// A message is lost.
  case drop
  /// A message arrives twice.
  case duplicate
  /// A message takes this long. Later messages of the same sender to the same receiver wait behind it.
  case delay(Duration)
  /// A message takes this long, and later ones overtake it.
  case reorder(Duration)
  /// The sender of a message is cut off from everybody for this long, and the message is lost.
  case isolate(Duration)
  /// An actor loses everything except what it persisted, before the event that is about to happen to it. It restarts
  /// after a while, or never.
  case crash(restartAfter: Duration?)
  /// An operation that can fail fails.
  case fail
  /// An external call takes this many times as long.
  case slow(Int)

  /// The kind of place at which the effect can strike.
  var site: FaultSite.Kind {
    switch self {
    case .drop, .duplicate, .delay, .reorder, .isolate: .message
    case .crash: .event
    case .fail: .operation
    case .slow: .call
    }
  }
}

/// A place of an episode at which a fault can strike: the next step of an actor.
package struct FaultSite: Sendable, Hashable {
  package enum Kind: UInt8, Sendable, Hashable { case message, event, operation, call }
  package var kind: Kind
  /// The sender of a message; empty for other places.
  package var from: String
  /// The actor that receives the message, does the operation, makes the call, or is about to have the event.
  package var actor: String
  /// The name of the operation or call.
  package var name: String

  init(_ kind: Kind, from: String = "", actor: String, name: String = "") {
    self.kind = kind
    self.from = from
    self.actor = actor
    self.name = name
  }
}

/// A fault that struck: its place, and its effect.
package struct StruckFault: Sendable, Hashable {
  /// The number of the place, counted from 0 over the episode. Places that concern the root do not count.
  package var place: Int
  package var effect: FaultEffect

  package init(place: Int, effect: FaultEffect) {
    self.place = place
    self.effect = effect
  }
}
