import Interleavings
import Testing

/// Says that a property holds after every part of the order that is being played, from here to the end of the test.
///
/// ```swift
/// try await withInterleavings {
///   let (one, two) = (Account(7), Account(5))
///   always("no account is overdrawn") { states in
///     states.read(one) { $0.balance } >= 0 && states.read(two) { $0.balance } >= 0
///   }
///   ...
/// }
/// ```
/// The first part after which it does not hold ends the order, which fails. Outside of a test that is played in many
/// orders it is an issue, because nothing would be checked.
/// - Parameters:
///   - text: What holds, for the message.
///   - sourceLocation: Where the message says that it was asked for.
///   - holds: Returns whether it holds. It is called between two parts, and must change nothing.
public func always(
  _ text: String, sourceLocation: SourceLocation = #_sourceLocation,
  _ holds: @escaping @Sendable (_ states: ActorStates) -> Bool
) {
  let place = "\(sourceLocation.fileID):\(sourceLocation.line)"
  let isPlayed = PropertyRegistration.always(text, place: place) { holds(ActorStates()) }
  if !isPlayed { recordUnplayed("always", text, sourceLocation) }
}

/// Says that a property comes true after some part of the order that is being played, before the test ends.
///
/// Waiting for it is fair: no part that is ready is passed over more than a hundred times. The order fails if the test ends
/// before the property has come true, or if there is a livelock, which shows in one of two ways, and the message says in
/// which. If `state` is given, a livelock is a cycle: everything is as it was before, and every task that can go on has
/// run since. Otherwise, or if no state comes back, it is an order of more than `limit` parts.
/// - Parameters:
///   - text: What comes true, for the message.
///   - limit: The most parts that may run before it comes true.
///   - state: Returns all that decides how the test goes on, apart from the places in the code where tasks are, which are
///     always compared. What tasks count in variables of their own, such as a number of attempts, belongs to it.
///   - sourceLocation: Where the message says that it was asked for.
///   - holds: Returns whether it has come true. It is called between two parts, and must change nothing.
public func eventually(
  _ text: String, within limit: Int = 10_000,
  state: (@Sendable (_ states: ActorStates) -> AnyHashable)? = nil,
  sourceLocation: SourceLocation = #_sourceLocation,
  _ holds: @escaping @Sendable (_ states: ActorStates) -> Bool
) {
  let place = "\(sourceLocation.fileID):\(sourceLocation.line)"
  let state = state.map { state in { @Sendable in state(ActorStates()) } }
  let isPlayed = PropertyRegistration.eventually(text, within: limit, place: place, state: state) {
    holds(ActorStates())
  }
  if !isPlayed { recordUnplayed("eventually", text, sourceLocation) }
}

private func recordUnplayed(_ name: String, _ text: String, _ sourceLocation: SourceLocation) {
  Issue.record(
    "`\(name)` is checked only in a test that is played in many orders, and this is none: \(text)",
    sourceLocation: sourceLocation)
}
