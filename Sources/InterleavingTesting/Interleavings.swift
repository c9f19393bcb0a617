// Exported, because the types of parameters are in Interleavings, and the default of `sourceLocation` is a macro of Testing, which
// a test for `XCTest` does not import.
@_exported import Interleavings
@_exported import Testing

/// Plays `body` in many orders of its tasks, and fails if one of the orders fails.
///
/// ```
/// try await withInterleavings(1_000) {
///   let account = Account()
///   async let one: Void = account.deposit(1)
///   async let two: Void = account.deposit(1)
///   _ = await (one, two)
///   #expect(await account.balance == 2)
/// }
/// ```
/// An order fails if an expectation in it fails, or if it throws. In a test, the failure is one issue. Outside of Swift
/// Testing, such as in `XCTest`, it is thrown, and only thrown errors count.
/// - Parameters:
///   - schedules: The number of orders. The first one has no switches.
///   - strategy: What chooses among the tasks that can go on.
///   - seed: The seed of the strategy's draws.
///   - respectsPriorities: Whether a task goes on only where none of a higher priority can.
///   - timersRace: Whether a sleep may end while tasks can go on, as on a slow machine. Otherwise it ends when nothing can go on.
///   - cancels: The tasks that an order may cancel, each at one of its awaits. An order in which one was cancelled may throw
///     `CancellationError`.
///   - name: What names the test in `TROUPE_INTERLEAVING`; the name of the test by default.
///   - function: The function that calls, whose name stands for the test's outside of Swift Testing.
///   - sourceLocation: Where the issue is shown.
///   - body: What is played in each order, from the beginning.
public func withInterleavings(
  _ schedules: Int = 1000, strategy: InterleavingStrategyKind = .random, seed: UInt64 = 0,
  respectsPriorities: Bool = false, timersRace: Bool = false, cancels: CancellableTasks = .none,
  named name: String? = nil, function: String = #function,
  sourceLocation: SourceLocation = #_sourceLocation, _ body: @escaping @Sendable () async throws -> Void
) async throws {
  var explorer = InterleavingExplorer()
  explorer.strategy = strategy
  explorer.seed = seed
  explorer.budget = .schedules(schedules)
  explorer.rules.respectsPriorities = respectsPriorities
  explorer.rules.timersRace = timersRace
  explorer.rules.cancels = cancels
  let name = name ?? TestName.plain(Test.current?.name ?? function)
  try await InterleavingRun(explorer: explorer, name: name, sourceLocation: sourceLocation).perform(body)
}

/// Names of tests without what a shell would not take as it is.
enum TestName {
  static func plain(_ name: String) -> String { String(name.prefix { $0 != "(" }) }
}

/// The exploration of one test, with its message.
struct InterleavingRun: Sendable {
  var explorer: InterleavingExplorer
  var name: String
  var sourceLocation: SourceLocation

  func perform(_ body: @escaping @Sendable () async throws -> Void) async throws {
    let capture = IssueCapture()
    let test = InterleavingTest(name, sink: capture.sink, body: body)
    let (message, diagram) = (MessageBox(), MessageBox())
    try await capture.perform { message.set(try explored(test, diagram)) }
    guard let text = message.text else { return }
    try FailureReport.tell(text, diagram: diagram.text, sourceLocation)
  }

  /// Returns the message of a failure and leaves its diagram; `nil` if every order passed.
  private func explored(_ test: InterleavingTest, _ diagram: MessageBox) throws -> String? {
    if let request = try ReplayRequest.current(for: name) {
      let played = try explorer.replay(request.plan, test)
      guard let failure = played.failure else { return nil }
      let lines = ScheduleText.lines(played).map { "  " + $0 }.joined(separator: "\n")
      diagram.set(HappensBeforeDiagram(played).text)
      return
        "\(failure.description)\nplayed again, \(request.plan):\n\(lines)"
    }
    let exploration = try explorer.explore(test)
    if exploration.wasInterrupted {
      return Interruption.report(name, exploration.coverage, exploration.failure?.shrunk)
    }
    CoverageReport.print(name, exploration.coverage)
    diagram.set(exploration.failure.map { HappensBeforeDiagram($0.played).text })
    return exploration.failure?.message(test: name, strategy: explorer.strategy)
  }
}

/// The failure of an exploration outside of Swift Testing.
public struct InterleavingFailure: Error, Sendable, CustomStringConvertible {
  public let description: String
}
