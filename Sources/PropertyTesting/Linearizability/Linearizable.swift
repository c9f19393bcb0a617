/// A check that the calls of an object could have been made one after the other.
///
/// ```swift
/// try Linearizable(model).check(recorder.history)
/// ```
/// In a test that is played in many orders, each order has a history of its own. A history that is not linearizable is
/// an error, so that order fails and is shrunk.
public struct Linearizable<State: Hashable & Sendable, Operation: Sendable, Response: Sendable>: Sendable {
  private let model: SequentialModel<State, Operation, Response>
  /// The most configurations, which are a set of calls and a state, that the search looks at. It bounds time and memory:
  /// deciding linearizability is NP-complete (Gibbons and Korach, SIAM Journal on Computing 26(4), 1997).
  public var mostConfigurations = 1_000_000

  /// Makes a check.
  /// - Parameter model: How the object answers if one caller at a time uses it.
  public init(_ model: SequentialModel<State, Operation, Response>) { self.model = model }

  /// Checks a history.
  ///
  /// A call that has not returned may take effect at any later moment, or never.
  /// - Parameter history: The calls to check.
  /// - Throws: ``LinearizabilityError/notLinearizable(_:)`` with the shortest beginning of the history that is not
  ///   linearizable, or ``LinearizabilityError/undecided(configurations:)``.
  /// - Complexity: Exponential in the number of calls that overlap, and linear in the number of others.
  public func check(_ history: History<Operation, Response>) throws(LinearizabilityError) {
    for part in model.key.map(history.partitioned(by:)) ?? [history] {
      guard try search(part).result == .notLinearizable else { continue }
      throw .notLinearizable(try shortest(part))
    }
  }

  private func search(
    _ history: History<Operation, Response>
  ) throws(LinearizabilityError) -> (
    result: LinearizationSearch<State, Operation, Response>.Result, longest: [Int]
  ) {
    var search = LinearizationSearch(model, history, limit: mostConfigurations)
    let result = search.run()
    guard result != .undecided else { throw .undecided(configurations: mostConfigurations) }
    return (result, search.longest)
  }

  /// Returns the shortest beginning that is not linearizable. Every longer one is not linearizable either, so the length
  /// is found by halving.
  private func shortest(
    _ history: History<Operation, Response>
  ) throws(LinearizabilityError) -> NonlinearizableHistory {
    var (low, high) = (0, history.eventCount)
    while low < high {
      let middle = (low + high) / 2
      if try search(history.prefix(middle)).result == .notLinearizable {
        high = middle
      } else {
        low = middle + 1
      }
    }
    let prefix = history.prefix(high)
    return NonlinearizableHistory(prefix, allowed: try search(prefix).longest)
  }
}

/// The reason why a history was not found to be linearizable.
public enum LinearizabilityError: Error, Sendable, Hashable {
  /// No order of the calls is one that the model allows.
  case notLinearizable(NonlinearizableHistory)
  /// The search was ended after this many configurations, without an answer.
  case undecided(configurations: Int)
}

extension LinearizabilityError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .notLinearizable(let history): "\(history)"
    case .undecided(let configurations):
      "it is not known whether the history is linearizable: the search ended after \(configurations) configurations; "
        + "record fewer overlapping calls, or partition the model"
    }
  }
}
