/// A sequential specification: how an object answers if one caller at a time uses it.
///
/// ```swift
/// enum Operation: Sendable { case write(Int), read }
/// let register = SequentialModel(initial: 0) { (value: inout Int, operation: Operation) -> Int in
///   if case .write(let new) = operation { value = new }
///   return value
/// }
/// ```
/// An object is linearizable if each of its calls seems to take effect at one instant between its invocation and its
/// response (Herlihy and Wing, ACM TOPLAS 12(3), 1990, doi:10.1145/78969.78972). ``Linearizable`` checks that.
public struct SequentialModel<State: Hashable & Sendable, Operation: Sendable, Response: Sendable>: Sendable {
  package let initial: State
  /// Returns the state after an operation that gave a response, or `nil` if the object cannot give it. The response is
  /// `nil` for an operation that has not returned: then it may be any.
  package let step: @Sendable (State, Operation, Response?) -> State?
  /// Returns what part of the object an operation uses; `nil` if the object has one part.
  private(set) var key: (@Sendable (Operation) -> AnyHashable)?

  /// Makes a model of an object that can give one response to an operation in a state.
  /// - Parameters:
  ///   - initial: The state before the first operation.
  ///   - apply: Changes the state as the operation does, and returns the response.
  public init(initial: State, _ apply: @escaping @Sendable (inout State, Operation) -> Response)
  where Response: Equatable {
    self.init(initial: initial) { state, operation, response in
      var next = state
      let expected = apply(&next, operation)
      return response == nil || response == expected ? next : nil
    }
  }

  /// Makes a model of an object that may choose among several responses.
  /// - Parameters:
  ///   - initial: The state before the first operation.
  ///   - step: Returns the state after an operation that gave a response, or `nil` if the object cannot give it. The
  ///     response is `nil` for an operation that never returned: then `step` says what the operation does to the state.
  public init(initial: State, step: @escaping @Sendable (State, Operation, Response?) -> State?) {
    (self.initial, self.step) = (initial, step)
  }

  /// Returns the model of an object that has independent parts, such as the keys of a dictionary.
  ///
  /// Each part is checked alone and begins in the initial state. The object is linearizable exactly if each part is
  /// (Herlihy and Wing's locality; Horn and Kroening call it P-compositionality, FORTE 2015). This makes a search
  /// short that would take very long for all parts together.
  /// - Parameter key: Returns the part that an operation uses. An operation on two parts is not allowed.
  public func partitioned(by key: @escaping @Sendable (Operation) -> some Hashable & Sendable)
    -> SequentialModel
  {
    var model = self
    model.key = { AnyHashable(key($0)) }
    return model
  }
}
