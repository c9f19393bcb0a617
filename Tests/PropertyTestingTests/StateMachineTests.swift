import Testing

@testable import PropertyTesting

/// A pool of tokens, of which one can only give back what was taken.
struct PoolMachine: StateMachine {
  enum Command: Sendable, Hashable { case take, giveBack, count }
  let initialState = 2
  func commands(in state: Int) -> Generator<Command> { .element(of: [.count, .take, .giveBack]) }
  func precondition(_ state: Int, _ command: Command) -> Bool {
    switch command {
    case .take: state > 0
    case .giveBack: state < 2
    case .count: true
    }
  }
  func nextState(_ state: inout Int, _ command: Command) {
    switch command {
    case .take: state -= 1
    case .giveBack: state += 1
    case .count: break
    }
  }
  func postcondition(_ state: Int, _ command: Command, _ response: Int) -> Bool { response == state }
  func makeSystem() -> Pool { Pool() }
  func run(_ command: Command, on pool: Pool) async -> Int { await pool.perform(command) }

  actor Pool {
    private var count = 2
    func perform(_ command: Command) -> Int {
      defer { count += command == .take ? -1 : command == .giveBack ? 1 : 0 }
      return count
    }
  }
}

@Suite("state machines")
struct StateMachineTests {
  private let machine = PoolMachine()

  /// Whether preconditions hold in every order, found by trying all.
  private func isAllowed(_ state: Int, _ branches: [[PoolMachine.Command]]) -> Bool {
    branches.indices.allSatisfy { index in
      guard let command = branches[index].first else { return true }
      guard machine.precondition(state, command) else { return false }
      var next = state
      machine.nextState(&next, command)
      var rest = branches
      rest[index].removeFirst()
      return isAllowed(next, rest)
    }
  }

  @Test("preconditions hold in every order of the branches, and long branches come up")
  func preconditions() {
    var longest = 0
    let sequences = machine.sequences(CommandLimits(prefix: 4, branches: 3, branchLength: 3))
    forAll("preconditions hold", sequences, count: 3_000) { sequence in
      var state = machine.initialState
      for command in sequence.prefix {
        guard machine.precondition(state, command) else { return false }
        machine.nextState(&state, command)
      }
      longest = max(longest, sequence.branches.map(\.count).min() ?? 0)
      return isAllowed(state, sequence.branches)
    }
    #expect(longest == 3)
  }

  @Test("a sequence shrinks to the commands that matter")
  func shrinking() throws {
    let found = try #require(
      try counterexample(to: "few takes", for: machine.sequences(), count: 1_000) { sequence in
        sequence.branches.allSatisfy { !$0.contains(.take) }
          || sequence.branches.allSatisfy { !$0.contains(.count) }
      })
    #expect(found.value.count == 2 && found.value.prefix.isEmpty)
    #expect(found.value.description.split(separator: "\n").count <= 2, "\(found.value)")
  }

  @Test("a right object passes, and a wrong response is told")
  func playing() async throws {
    let sequence = CommandSequence<PoolMachine.Command>(
      prefix: [.take], branches: [[.take, .count], [.count]])
    try await machine.play(sequence)
    struct Wrong: StateMachine {
      let right = PoolMachine()
      var initialState: Int { right.initialState }
      func commands(in state: Int) -> Generator<PoolMachine.Command> { right.commands(in: state) }
      func nextState(_ state: inout Int, _ command: PoolMachine.Command) { right.nextState(&state, command) }
      func postcondition(_ state: Int, _ command: PoolMachine.Command, _ response: Int) -> Bool {
        response == state
      }
      func makeSystem() {}
      func run(_ command: PoolMachine.Command, on system: Void) async -> Int { command == .count ? 7 : 2 }
    }
    let error = await #expect(throws: LinearizabilityError.self) {
      try await Wrong().play(CommandSequence(prefix: [.take, .count], branches: [[.count]]))
    }
    #expect(
      error?.description == """
        not linearizable: no order of these calls explains their responses
          first: take -> 2   |--|
          first: count -> 7        |--|
          at most these can follow one another: take -> 2
        """)
  }
}
