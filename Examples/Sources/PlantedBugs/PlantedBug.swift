import ActorTesting
import Messaging

/// A small system with one real bug, and its twin without it.
struct PlantedBug: Sendable {
  var name: String
  /// What kind of failure it is, in a few words.
  var what: String
  var strategy = ExplorationStrategy.random
  /// Every start finds it within this many seeds.
  var seeds: UInt64
  /// A shrunk failure has at most this many decisions.
  var decisions: Int
  /// The system, with the bug or without.
  var system: @Sendable (_ isBroken: Bool) -> SimulatedSystem

  static let all: [PlantedBug] = [
    .reentrancy, .mutualAsk, .lateReply, .duplicate, .senderOrder, .earlyQuorum, .lostInCrash, .retryStorm,
    .splitBrain, .lostWakeUp, .lostUpdate,
  ]
}

/// An answer that says nothing but that it is one.
struct Done: Message { static let messageName = "done" }

/// An answer that is a number.
struct Number: Message {
  static let messageName = "number"
  var value: Int
}

extension ActorContext {
  /// Notes a number, for invariants to look at.
  func note(_ name: String, _ value: Int) { note(name, Array("\(value)".utf8)) }
}

extension PlayedEpisode {
  /// The numbers noted under a name, in order.
  func numbers(_ name: String) -> [Int] {
    notes(name).compactMap { Int(String(decoding: $0, as: UTF8.self)) }
  }
}
