import Synchronization

/// Records the calls of an object while a test runs.
///
/// ```swift
/// let recorder = HistoryRecorder<Operation, Int>()
/// async let one = recorder.call(.write(1), by: "a") { await register.write(1) }
/// async let two = recorder.call(.read, by: "b") { await register.read() }
/// _ = await (one, two)
/// try Linearizable(model).check(recorder.history)
/// ```
/// Make one in each schedule or episode, where the calls begin. Its methods may be called from any task.
public final class HistoryRecorder<Operation: Sendable, Response: Sendable>: Sendable {
  private let recorded = Mutex(History<Operation, Response>())

  /// Makes a recorder without calls.
  public init() {}

  /// The calls so far. Those that have not returned, such as calls that were cancelled or that wait for ever, may take
  /// effect or not.
  public var history: History<Operation, Response> { recorded.withLock { $0 } }

  /// Calls the object, and records the invocation and the response. A call that throws counts as one that has not
  /// returned, because it may have taken effect.
  /// - Parameters:
  ///   - operation: The operation, as the model knows it.
  ///   - caller: The name of the caller, for readers.
  ///   - isolation: The actor on which the caller runs, so that recording adds no await of its own.
  ///   - body: Calls the object and returns what it answered.
  /// - Returns: What `body` returned.
  /// - Throws: What `body` threw.
  public func call(
    _ operation: Operation, by caller: String, isolation: isolated (any Actor)? = #isolation,
    _ body: () async throws -> Response
  ) async rethrows -> Response {
    let index = recorded.withLock { $0.invoke(operation, by: caller) }
    let response = try await body()
    recorded.withLock { $0.respond(to: index, response) }
    return response
  }
}
