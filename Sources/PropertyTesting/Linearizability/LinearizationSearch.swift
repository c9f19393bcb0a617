/// The search for an order of a history's calls that the model allows and that keeps the order of calls which do not
/// overlap.
///
/// It is Wing and Gong's (Journal of Parallel and Distributed Computing 17, 1993): take a call that no other call returned
/// before, ask the model, go on with the rest, and go back where no call can be next. Lowe's memory (Concurrency and
/// Computation 29(4), 2017, doi:10.1002/cpe.3928) leaves out what was tried: a set of calls that are taken, with the state
/// after them, is looked at once.
struct LinearizationSearch<State: Hashable & Sendable, Operation: Sendable, Response: Sendable> {
  private struct Configuration: Hashable {
    var taken: BitSet
    var state: State
  }
  private struct Choice {
    var call: Int
    var state: State
    /// Where the search goes on if the call cannot be next.
    var position: Int
  }
  enum Result: Equatable {
    case linearizable
    case notLinearizable
    /// The search was ended after this many configurations.
    case undecided
  }

  private let model: SequentialModel<State, Operation, Response>
  private let calls: [History<Operation, Response>.Call]
  private let limit: Int
  /// The events as a doubly linked list: an invocation is `2 * call`, a response `2 * call + 1`. The last place, which is
  /// the head, is one more.
  private var next: [Int]
  private var previous: [Int]
  private let head: Int
  private var seen: Set<Configuration> = []
  /// The longest order of calls that the model allowed.
  private(set) var longest: [Int] = []
  /// The number of configurations that were looked at.
  var configurations: Int { seen.count }

  init(
    _ model: SequentialModel<State, Operation, Response>, _ history: History<Operation, Response>, limit: Int
  ) {
    (self.model, calls, self.limit) = (model, history.calls, limit)
    head = 2 * history.calls.count
    var events = history.calls.indices.map { (moment: history.calls[$0].invoked, entry: 2 * $0) }
    for (index, call) in history.calls.enumerated() {
      if let returned = call.returned { events.append((returned, 2 * index + 1)) }
    }
    events.sort { $0.moment < $1.moment }
    next = Array(repeating: head, count: head + 1)
    previous = next
    var last = head
    for event in events {
      (next[last], previous[event.entry]) = (event.entry, last)
      last = event.entry
    }
    (next[last], previous[head]) = (head, last)
  }

  mutating func run() -> Result {
    var state = model.initial
    var taken = BitSet(count: calls.count)
    var choices: [Choice] = []
    // Calls that have not returned need no place in the order.
    var open = calls.count { $0.returned != nil }
    var entry = next[head]
    while open > 0 {
      // A response ends the calls that may be next: whatever follows it began later.
      guard entry != head, entry % 2 == 0 else {
        guard let last = choices.popLast() else { return .notLinearizable }
        putBack(last.call)
        taken.remove(last.call)
        if calls[last.call].returned != nil { open += 1 }
        state = last.state
        entry = next[last.position]
        continue
      }
      let call = entry / 2
      guard let after = model.step(state, calls[call].operation, calls[call].response) else {
        entry = next[entry]
        continue
      }
      taken.insert(call)
      guard seen.insert(Configuration(taken: taken, state: after)).inserted else {
        taken.remove(call)
        entry = next[entry]
        continue
      }
      guard seen.count <= limit else { return .undecided }
      choices.append(Choice(call: call, state: state, position: entry))
      if choices.count > longest.count { longest = choices.map(\.call) }
      state = after
      if calls[call].returned != nil { open -= 1 }
      take(call)
      entry = next[head]
    }
    return .linearizable
  }

  /// Takes both events of a call out of the list. They keep their places for ``putBack(_:)``.
  private mutating func take(_ call: Int) {
    unlink(2 * call)
    if calls[call].returned != nil { unlink(2 * call + 1) }
  }

  private mutating func putBack(_ call: Int) {
    if calls[call].returned != nil { link(2 * call + 1) }
    link(2 * call)
  }

  private mutating func unlink(_ entry: Int) {
    (next[previous[entry]], previous[next[entry]]) = (next[entry], previous[entry])
  }

  private mutating func link(_ entry: Int) {
    (next[previous[entry]], previous[next[entry]]) = (entry, entry)
  }
}

/// A set of small whole numbers.
struct BitSet: Hashable {
  private var words: [UInt64]

  /// Makes an empty set for numbers below `count`.
  init(count: Int) { words = Array(repeating: 0, count: (count + 63) / 64) }

  mutating func insert(_ number: Int) { words[number / 64] |= 1 << UInt64(number % 64) }
  mutating func remove(_ number: Int) { words[number / 64] &= ~(1 << UInt64(number % 64)) }
}
