import Foundation
import Messaging

/// A piece of work of an actor, or a call of the world outside. The traces of other tools are made of it.
///
/// A log holds moments, and not spans. A piece of work begins when a message that asks for a reply is delivered, and ends with
/// the reply. An actor that nobody asks, as the environment, has one piece of work, from its first event to its last. A
/// call goes from the question to its answer.
struct LoggedWork: Sendable, Hashable {
  enum Kind: String, Sendable {
    case agent, tool
    /// A question to the policy.
    case chat
    /// Another call of the world outside.
    case call
  }

  let kind: Kind
  let actor: String
  /// The role of an executor, the name of a tool or of a call, or else the last part of the actor's path.
  let name: String
  /// The number of the event that began it.
  let first: Int
  /// The number of the event that ended it, or of the episode's last event if none did.
  fileprivate(set) var last: Int
  /// Whether an event ended it.
  fileprivate(set) var isAnswered = false
  /// The place, in the list of all work, of the piece during which this one began; `nil` for the outermost.
  fileprivate(set) var parent: Int?

  /// Returns all work of an episode, in the order in which it began. `tools` are the names of its tools.
  /// - Complexity: O(events), if no actor has more than a few open asks.
  static func found(in events: [ExportedEpisode.Event], tools: Set<String>) -> [LoggedWork] {
    var finder = WorkFinder(last: max(0, events.count - 1), tools: tools)
    for event in events { finder.read(event) }
    return finder.found
  }
}

/// The state in which work is found, event by event.
private struct WorkFinder {
  private let last: Int
  private let tools: Set<String>
  private(set) var found: [LoggedWork] = []
  /// The asks that an actor has not answered: who asked, and the place of the work.
  private var asked: [String: [(asker: String, place: Int)]] = [:]
  /// The calls without an answer, by number.
  private var calls: [Int: Int] = [:]
  /// The work of actors that nobody asked.
  private var whole: [String: Int] = [:]

  init(last: Int, tools: Set<String>) {
    self.last = last
    self.tools = tools
  }

  mutating func read(_ event: ExportedEpisode.Event) {
    let record = event.record
    let subject = record.subject
    switch record.kind {
    case .delivery where event.asks != nil:
      let name = event.asks?.role ?? Self.lastPart(subject)
      let kind = tools.contains(name) ? LoggedWork.Kind.tool : .agent
      let place = begin(kind, subject, name, record.number, parent: current(record.peer))
      asked[subject, default: []].append((record.peer, place))
    case .call:
      let kind: LoggedWork.Kind = if case .question? = event.said { .chat } else { .call }
      let parent = current(subject) ?? beginWhole(subject, record.number)
      calls[record.call] = begin(kind, subject, record.name, record.number, parent: parent)
    case .completion: if let place = calls.removeValue(forKey: record.call) { end(place, record.number) }
    case .reply:
      // The reply comes to who asked, from who was asked.
      guard let index = asked[record.peer]?.firstIndex(where: { $0.asker == subject }) else { break }
      if let place = asked[record.peer]?.remove(at: index).place { end(place, record.number) }
    case .delivery, .timer, .note, .finish:
      if current(subject) == nil { _ = beginWhole(subject, record.number) }
    default: break
    }
    if let place = whole[subject] { found[place].last = record.number }
  }

  private mutating func begin(
    _ kind: LoggedWork.Kind, _ actor: String, _ name: String, _ first: Int, parent: Int?
  ) -> Int {
    found.append(LoggedWork(kind: kind, actor: actor, name: name, first: first, last: last, parent: parent))
    return found.count - 1
  }

  private mutating func beginWhole(_ actor: String, _ first: Int) -> Int {
    let place = begin(.agent, actor, Self.lastPart(actor), first, parent: nil)
    (found[place].last, found[place].isAnswered) = (first, true)
    whole[actor] = place
    return place
  }

  private mutating func end(_ place: Int, _ number: Int) {
    (found[place].last, found[place].isAnswered) = (number, true)
  }

  /// The work that an actor does now.
  private func current(_ actor: String) -> Int? { asked[actor]?.first?.place ?? whole[actor] }

  private static func lastPart(_ path: String) -> String {
    path.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(path[path.utf8.index(after: $0)...]) } ?? path
  }
}
