/// The calls of an object, each with the moment of its invocation and that of its response.
///
/// Moments are counted: the first event of the history is number 0. A ``HistoryRecorder`` makes a history while a test
/// runs. A history can also be made from the notes of a played episode.
public struct History<Operation: Sendable, Response: Sendable>: Sendable {
  /// One call.
  package struct Call: Sendable {
    /// The name of the caller, which readers see. It means nothing to the check.
    package var caller: String
    package var operation: Operation
    /// The response; `nil` if the call has not returned.
    package var response: Response?
    /// The number of the event at which the call began.
    package var invoked: Int
    /// The number of the event at which it returned; `nil` if it has not.
    package var returned: Int?
  }

  /// The calls, in the order of their invocations.
  package private(set) var calls: [Call] = []
  /// The number of invocations and responses.
  package private(set) var eventCount = 0

  /// Makes a history without calls.
  public init() {}

  /// Adds an invocation and returns the call's index, by which ``respond(to:_:)`` finds the call.
  /// - Parameters:
  ///   - operation: The operation with its arguments.
  ///   - caller: The name of the caller, for readers.
  @discardableResult
  public mutating func invoke(_ operation: Operation, by caller: String) -> Int {
    calls.append(Call(caller: caller, operation: operation, invoked: eventCount))
    eventCount += 1
    return calls.count - 1
  }

  /// Adds the response of a call.
  /// - Parameters:
  ///   - call: The index that ``invoke(_:by:)`` returned.
  ///   - response: What the call returned.
  /// - Precondition: The call has no response yet.
  public mutating func respond(to call: Int, _ response: Response) {
    precondition(calls[call].returned == nil, "a call returns once")
    calls[call].response = response
    calls[call].returned = eventCount
    eventCount += 1
  }

  /// Returns the first `count` events. A call that returned later has not returned in them.
  func prefix(_ count: Int) -> History {
    var shorter = self
    shorter.calls.removeAll { $0.invoked >= count }
    for index in shorter.calls.indices {
      guard let returned = shorter.calls[index].returned, returned >= count else { continue }
      (shorter.calls[index].returned, shorter.calls[index].response) = (nil, nil)
    }
    shorter.eventCount = min(count, eventCount)
    return shorter
  }

  /// Returns the histories of the object's parts, in the order in which the parts are first used.
  func partitioned(by key: (Operation) -> AnyHashable) -> [History] {
    var places: [AnyHashable: Int] = [:]
    var parts: [History] = []
    for call in calls {
      let key = key(call.operation)
      if places[key] == nil {
        places[key] = parts.count
        parts.append(History())
        parts[parts.count - 1].eventCount = eventCount
      }
      // The line above has set it.
      parts[places[key] ?? 0].calls.append(call)
    }
    return parts
  }
}
