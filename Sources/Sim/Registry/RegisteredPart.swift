import Synchronization

/// Names a part that a program registered, for the one line that says what is wrong with it.
struct RegisteredPart: Sendable {
  /// Such as `family "sorting"`.
  let title: String
  /// The names of all parts of this kind.
  let known: [String]
  /// The error with this text about the setting that names the part.
  var error: @Sendable (String) -> ScenarioError
  let faults: PartFaults

  /// The error that says what the part did, such as `threw ...`. The registry remembers the first.
  func fault(_ what: String) -> ScenarioError {
    let error = error("the \(title) \(what); known: \(known.joined(separator: ", "))")
    faults.add(error)
    return error
  }

  /// Runs the part's own code; an error of its own becomes a fault of the part.
  func calling<Value>(_ body: () throws -> Value) throws -> Value {
    do {
      return try body()
    } catch let error as ScenarioError {
      throw error
    } catch {
      throw fault("threw \(error)")
    }
  }
}

/// Remembers the first fault of any registered part. Where a part fails inside an episode, only a text of its error
/// comes out of the episode, so the command line looks here.
final class PartFaults: Sendable {
  private let found = Mutex<ScenarioError?>(nil)

  var first: ScenarioError? { found.withLock { $0 } }

  func add(_ error: ScenarioError) { found.withLock { if $0 == nil { $0 = error } } }
}

extension Registry {
  func part(
    _ noun: String, _ name: String, _ known: [String], of scenario: Scenario, at keys: [String]
  ) -> RegisteredPart {
    RegisteredPart(
      title: "\(noun) \"\(name)\"", known: known,
      error: { scenario.failure(at: keys, .registeredPart, $0) }, faults: faults)
  }
}
