/// A model of an object with state, from which command sequences are made and by which their responses are judged.
///
/// ```swift
/// struct CounterMachine: StateMachine {
///   enum Command: Sendable { case add(Int), read }
///   let initialState = 0
///   func commands(in state: Int) -> Generator<Command> {
///     .oneOf(.constant(.read), .integer(in: 1...9).map { .add($0) })
///   }
///   func nextState(_ state: inout Int, _ command: Command) {
///     if case .add(let amount) = command { state += amount }
///   }
///   func postcondition(_ state: Int, _ command: Command, _ response: Int) -> Bool {
///     if case .read = command { response == state } else { true }
///   }
///   func makeSystem() -> Counter { Counter() }
///   func run(_ command: Command, on counter: Counter) async -> Int {
///     switch command {
///     case .add(let amount): await counter.add(amount)
///     case .read: await counter.value
///     }
///   }
/// }
/// ```
/// The idea is that of QuickCheck's state machines (Claessen, Palka, Smallbone, Hughes, Svensson, Arts and Wiger, "Finding
/// Race Conditions in Erlang with QuickCheck and PULSE", ICFP 2009, doi:10.1145/1596550.1596574). The state does not depend
/// on responses, so there are no symbolic variables: a command that uses what an earlier one returned names it by the
/// model's own number, and ``run(_:on:)`` looks it up in the system.
public protocol StateMachine: Sendable {
  /// What the model knows of the object.
  associatedtype State: Hashable & Sendable
  /// One call of the object, with its arguments.
  associatedtype Command: Sendable
  /// What the object answers.
  associatedtype Response: Sendable
  /// The object under test, such as an actor.
  associatedtype System: Sendable

  /// The state of a new object.
  var initialState: State { get }

  /// Returns a generator of the commands that make sense in a state.
  /// - Parameter state: The state in which the command is to run.
  func commands(in state: State) -> Generator<Command>

  /// Returns whether a command may run in a state. By default every command may.
  /// - Parameters:
  ///   - state: The state before the command.
  ///   - command: A command that was generated, perhaps for another state.
  func precondition(_ state: State, _ command: Command) -> Bool

  /// Changes the state as a command does.
  /// - Parameters:
  ///   - state: The state before the command.
  ///   - command: The command that runs.
  func nextState(_ state: inout State, _ command: Command)

  /// Returns whether the object may answer so.
  /// - Parameters:
  ///   - state: The state before the command.
  ///   - command: The command that ran.
  ///   - response: What the object answered.
  func postcondition(_ state: State, _ command: Command, _ response: Response) -> Bool

  /// Makes a new object, for one sequence of commands in one order.
  func makeSystem() async throws -> System

  /// Runs a command.
  /// - Parameters:
  ///   - command: The command to run.
  ///   - system: The object that ``makeSystem()`` made.
  /// - Returns: What the object answered.
  /// - Throws: An error that no model expects; it fails the test. An error that the model knows is a response.
  func run(_ command: Command, on system: System) async throws -> Response
}

extension StateMachine {
  public func precondition(_ state: State, _ command: Command) -> Bool { true }

  /// The machine as a sequential specification, for ``Linearizable``.
  public var sequentialModel: SequentialModel<State, Command, Response> {
    SequentialModel(initial: initialState) { state, command, response in
      guard precondition(state, command) else { return nil }
      if let response, !postcondition(state, command, response) { return nil }
      var next = state
      nextState(&next, command)
      return next
    }
  }
}
