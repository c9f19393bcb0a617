import Testing

@testable import PropertyTesting

@Suite("linearizability")
struct LinearizabilityTests {
  enum Use: Sendable, Hashable { case enqueue(String), dequeue }
  enum Access: Sendable, Hashable { case write(Int), read }

  /// A queue whose dequeue waits, so that an empty queue has no response.
  static let queue = SequentialModel<[String], Use, String>(initial: []) { items, use, response in
    switch use {
    case .enqueue(let item): return items + [item]
    case .dequeue:
      guard let first = items.first, response == nil || response == first else { return nil }
      return Array(items.dropFirst())
    }
  }
  static let register = SequentialModel(initial: 0) { (value: inout Int, access: Access) -> Int in
    guard case .write(let new) = access else { return value }
    value = new
    return 0
  }

  /// Makes a history of a text such as `A:enqueue x`, `A:ok`: an invocation, and the response of the caller's open call.
  private static func history<Operation, Response>(
    _ events: [(String, Operation?, Response?)]
  ) -> History<Operation, Response> {
    var history = History<Operation, Response>()
    var open: [String: Int] = [:]
    for (caller, operation, response) in events {
      if let operation { open[caller] = history.invoke(operation, by: caller) }
      if let response, let call = open[caller] { history.respond(to: call, response) }
    }
    return history
  }

  private static func isLinearizable<State, Operation, Response>(
    _ model: SequentialModel<State, Operation, Response>, _ history: History<Operation, Response>
  ) -> Bool {
    do {
      try Linearizable(model).check(history)
      return true
    } catch {
      guard case .notLinearizable = error else {
        Issue.record(error)
        return false
      }
      return false
    }
  }

  // The queue histories of figure 1 in Herlihy and Wing, "Linearizability: A Correctness Condition for Concurrent
  // Objects", ACM TOPLAS 12(3), 1990, with what the paper says of each.
  @Test("the queue histories of Herlihy and Wing's figure 1", arguments: [0, 1, 2, 3])
  func figure1(index: Int) {
    let histories: [(isLinearizable: Bool, events: [(String, Use?, String?)])] = [
      (
        true,
        [
          ("A", .enqueue("x"), nil), ("B", .enqueue("y"), nil), ("B", nil, "ok"), ("A", nil, "ok"),
          ("B", .dequeue, nil), ("B", nil, "x"), ("A", .dequeue, nil), ("A", nil, "y"),
          ("A", .enqueue("z"), nil),
        ]
      ),
      (
        false,
        [
          ("A", .enqueue("x"), nil), ("A", nil, "ok"), ("B", .enqueue("y"), nil), ("A", .dequeue, nil),
          ("B", nil, "ok"), ("A", nil, "y"),
        ]
      ),
      (true, [("A", .enqueue("x"), nil), ("B", .dequeue, nil), ("B", nil, "x")]),
      (
        false,
        [
          ("A", .enqueue("x"), nil), ("B", .enqueue("y"), nil), ("A", nil, "ok"), ("B", nil, "ok"),
          ("A", .dequeue, nil), ("C", .dequeue, nil), ("A", nil, "y"), ("C", nil, "y"),
        ]
      ),
    ]
    let (expected, events) = histories[index]
    #expect(Self.isLinearizable(Self.queue, Self.history(events)) == expected)
  }

  // The register histories of an examination of MIT's 6.824 in 2017, as Porcupine (Athalye, github.com/anishathalye/porcupine)
  // tests them, and Lamport's inversion of new and old (On Interprocess Communication, Distributed Computing 1, 1986).
  @Test("known register histories", arguments: [0, 1, 2, 3])
  func registers(index: Int) {
    let histories: [(isLinearizable: Bool, events: [(String, Access?, Int?)])] = [
      (
        true,
        [
          ("0", .write(100), nil), ("1", .read, nil), ("2", .read, nil), ("2", nil, 0), ("1", nil, 100),
          ("0", nil, 0),
        ]
      ),
      (
        false,
        [
          ("0", .write(200), nil), ("1", .read, nil), ("1", nil, 200), ("2", .read, nil), ("2", nil, 0),
          ("0", nil, 0),
        ]
      ),
      // The write never returns. A read that saw it makes it happen, and a later read must see it too.
      (false, [("w", .write(1), nil), ("r", .read, nil), ("r", nil, 1), ("r", .read, nil), ("r", nil, 0)]),
      (true, [("w", .write(1), nil), ("r", .read, nil), ("r", nil, 0), ("r", .read, nil), ("r", nil, 1)]),
    ]
    let (expected, events) = histories[index]
    #expect(Self.isLinearizable(Self.register, Self.history(events)) == expected)
  }

  /// A random history: callers that call and return in some order. Some calls never return.
  private static let histories = Generator<History<Access, Int>> { (source) throws(Rejection) in
    var history = History<Access, Int>()
    var open: [Int?] = [nil, nil, nil]
    for _ in 0..<(try source.choice(upTo: 13)) {
      let caller = Int(try source.choice(upTo: 2))
      if let call = open[caller] {
        let isRead = history.calls[call].operation == .read
        history.respond(to: call, isRead ? Int(try source.choice(upTo: 2)) : 0)
        open[caller] = nil
      } else {
        let value = Int(try source.choice(upTo: 2))
        open[caller] = history.invoke(value == 0 ? .read : .write(value), by: "\(caller)")
      }
    }
    return history
  }

  /// Tries every order of every choice of calls, as the definition says.
  private static func isLinearizableByForce(_ history: History<Access, Int>) -> Bool {
    func search(_ rest: [Int], _ state: Int) -> Bool {
      guard rest.contains(where: { history.calls[$0].returned != nil }) else { return true }
      return rest.contains { call in
        let isFirst = rest.allSatisfy { other in
          history.calls[other].returned.map { $0 > history.calls[call].invoked } ?? true
        }
        guard isFirst else { return false }
        let operation = history.calls[call].operation
        if case .read = operation, let response = history.calls[call].response, response != state {
          return false
        }
        var next = state
        if case .write(let value) = operation { next = value }
        return search(rest.filter { $0 != call }, next)
      }
    }
    return search(Array(history.calls.indices), 0)
  }

  @Test("the search says what trying all orders says, for histories of up to seven calls")
  func bruteForce() throws {
    var linearizable = 0
    var count = 0
    forAll("the search is exact", Self.histories, count: 20_000) { history in
      let expected = Self.isLinearizableByForce(history)
      (linearizable, count) = (linearizable + (expected ? 1 : 0), count + 1)
      return Self.isLinearizable(Self.register, history) == expected
    }
    // Both kinds come up often, so that neither answer alone would pass.
    #expect(linearizable > count / 10 && count - linearizable > count / 10, "\(linearizable) of \(count)")
  }

  @Test("what is told is the shortest beginning that is not linearizable")
  func shortest() throws {
    forAll("a beginning that is one event shorter is linearizable", Self.histories, count: 2_000) { history in
      guard !Self.isLinearizableByForce(history) else { return true }
      let error = #expect(throws: LinearizabilityError.self) {
        try Linearizable(Self.register).check(history)
      }
      guard case .notLinearizable(let shortest) = error else { return false }
      return Self.isLinearizableByForce(history.prefix(shortest.eventCount - 1))
        && !Self.isLinearizableByForce(history.prefix(shortest.eventCount))
    }
  }

  @Test("the failure is drawn as a timeline")
  func timeline() {
    let history: History<Access, Int> = Self.history([
      ("a", .write(1), nil), ("b", .read, nil), ("b", nil, 1), ("c", .read, nil), ("c", nil, 0),
      ("d", .read, nil), ("d", nil, 0),
    ])
    let error = #expect(throws: LinearizabilityError.self) { try Linearizable(Self.register).check(history) }
    #expect(
      error?.description == """
        not linearizable: no order of these calls explains their responses
          a: write(1)   |~~~~~~~~~~~~~~~
          b: read -> 1     |--|
          c: read -> 0           |--|
          at most these can follow one another: write(1), read -> 1
        """)
  }

  @Test("a value of many bytes and a thousand calls make a short text")
  func longValues() {
    var history = History<String, String>()
    let model = SequentialModel<Int, String, String>(initial: 0) { state, _, _ in
      state == 999 ? nil : state + 1
    }
    for _ in 0..<1_000 {
      let call = history.invoke(String(repeating: "x", count: 100_000), by: "a caller with a long name")
      history.respond(to: call, String(repeating: "line\n", count: 10_000))
    }
    let error = #expect(throws: LinearizabilityError.self) { try Linearizable(model).check(history) }
    let lines = error.map { "\($0)".split(separator: "\n") } ?? []
    #expect(lines.count <= 28 && lines.allSatisfy { $0.count <= 260 }, "\(lines.map(\.count))")
  }

  @Test("independent parts are checked apart: what is far too much together is little for each")
  func partitions() throws {
    struct KeyedWrite: Sendable { var key: Int }
    let map = SequentialModel(initial: [Int: Int]()) { (state: inout [Int: Int], write: KeyedWrite) -> Int in
      state[write.key, default: 0] += 1
      return state[write.key] ?? 0
    }
    var history = History<KeyedWrite, Int>()
    // All calls overlap, and the last responses of each key are wrong.
    let calls = (0..<40).map { history.invoke(KeyedWrite(key: $0 % 10), by: "\($0)") }
    for (index, call) in calls.enumerated() { history.respond(to: call, index < 30 ? index / 10 + 1 : 9) }
    var whole = Linearizable(map)
    whole.mostConfigurations = 10_000
    #expect(throws: LinearizabilityError.undecided(configurations: 10_000)) { try whole.check(history) }
    var parts = Linearizable(map.partitioned { $0.key })
    parts.mostConfigurations = 100
    let error = #expect(throws: LinearizabilityError.self) { try parts.check(history) }
    guard case .notLinearizable(let shortest) = error else { return #expect(Bool(false), "\(error as Any)") }
    #expect(shortest.calls.count == 4)
  }

  @Test(
    "Lowe's memory: twelve overlapping writes need one configuration for each set of calls and each last write"
  )
  func memory() {
    var history = History<Access, Int>()
    let writes = (1...12).map { history.invoke(.write($0), by: "\($0)") }
    for call in writes { history.respond(to: call, 0) }
    let read = history.invoke(.read, by: "r")
    history.respond(to: read, 99)
    var search = LinearizationSearch(Self.register, history, limit: 1_000_000)
    #expect(search.run() == .notLinearizable)
    // A set of k of 12 writes has k last ones: 12 times 2 to the power of 11. Without memory there are 12! orders.
    #expect(search.configurations == 12 << 11)
  }
}
