import Interleavings
import PropertyTesting
import Testing

/// Plays random command sequences of a state machine, each in many orders of its tasks, and fails if one of them fails.
///
/// ```swift
/// @Test func counting() async throws { try await forAllCommands(of: CounterMachine()) }
/// ```
/// A sequence fails in an order if no order of its commands explains the responses by the machine's postconditions, if a
/// command throws, if an expectation fails, or if the commands cannot end. The commands and the schedule are then shrunk
/// together, and one seed finds the failure again. In a test, the failure is one issue. Outside of Swift Testing it is
/// thrown.
/// - Parameters:
///   - machine: The model, with the object under test.
///   - count: The number of sequences.
///   - schedules: The number of orders in which each sequence is played. The first one has no switches.
///   - limits: How long the sequences may be.
///   - strategy: What chooses among the tasks that can go on.
///   - seed: The seed of the sequences and of the orders.
///   - function: The function that calls, whose name stands for the test's outside of Swift Testing.
///   - sourceLocation: Where the issue is shown.
/// - Throws: ``InterleavingFailure`` outside of Swift Testing; an error that says what, if no order can be played.
/// - Complexity: O(`count` · `schedules`) plays, and after a failure as many more as shrinking needs.
public func forAllCommands<Machine: StateMachine>(
  of machine: Machine, count: Int = 100, schedules: Int = 50, limits: CommandLimits = CommandLimits(),
  strategy: InterleavingStrategyKind = .random, seed: UInt64 = PropertySeed.current,
  function: String = #function,
  sourceLocation: SourceLocation = #_sourceLocation
) async throws {
  var explorer = InterleavingExplorer()
  explorer.strategy = strategy
  explorer.seed = seed
  explorer.budget = .schedules(schedules)
  let name = TestName.plain(Test.current?.name ?? function)
  let capture = IssueCapture()
  let (message, diagram) = (MessageBox(), MessageBox())
  let search = CommandSearch(machine: machine, explorer: explorer, name: name, sink: capture.sink)
  try await capture.perform { message.set(try search.run(limits, count: count, seed: seed, diagram)) }
  guard let text = message.text else { return }
  try FailureReport.tell(text, diagram: diagram.text, sourceLocation)
}

/// The search for a command sequence that fails in some order.
struct CommandSearch<Machine: StateMachine>: Sendable {
  var machine: Machine
  var explorer: InterleavingExplorer
  var name: String
  var sink: IssueSink

  typealias Sequence = CommandSequence<Machine.Command>

  /// Returns the message of a failure and leaves its diagram; `nil` if every sequence passed.
  func run(_ limits: CommandLimits, count: Int, seed: UInt64, _ diagram: MessageBox) throws -> String? {
    // While commands are shrunk, the order that failed last is tried first. Those of all sequences are kept, because shrinking
    // may end with another sequence than the one that it tried last.
    var plan: InterleavingPlan?
    var plans: [String: InterleavingPlan] = [:]
    // Shrinking makes the same sequence again and again from other choices.
    var passed: Set<String> = []
    var failed: InterleavingError?
    var (found, unshrunk) = (0, 0)
    let example = try counterexample(
      to: name, for: machine.sequences(limits), count: count, seed: seed, maximumShrinks: 2_000
    ) { sequence in
      do throws(InterleavingError) {
        guard plan == nil || !passed.contains("\(sequence)"),
          let failing = try failingPlan(sequence, near: plan)
        else {
          passed.insert("\(sequence)")
          return true
        }
        if plan == nil { (found, unshrunk) = (sequence.count, failing.switches.count) }
        (plan, plans["\(sequence)"]) = (failing, failing)
        return false
      } catch {
        failed = failed ?? error
        return true
      }
    }
    if let failed { throw failed }
    guard let example else { return nil }
    guard let last = try failingPlan(example.value, near: plans["\(example.value)"]),
      let failure = try explorer.shrink(last, test(example.value))
    else {
      throw InterleavingError.failsOnce(
        text: "the commands\n\(example.value)", difference: "no order was found in which they fail again")
    }
    diagram.set(HappensBeforeDiagram(failure.played).text)
    return message(example.value, failure, commands: found, switches: unshrunk, seed: seed)
  }

  private func test(_ sequence: Sequence) -> InterleavingTest {
    InterleavingTest(name, sink: sink) { [machine] in try await machine.play(sequence) }
  }

  /// Returns the plan of an order in which the sequence fails; `nil` if none of those that are tried fails.
  private func failingPlan(_ sequence: Sequence, near plan: InterleavingPlan?) throws(InterleavingError)
    -> InterleavingPlan?
  {
    let test = test(sequence)
    if let plan, let played = try? explorer.replay(plan, test), played.failure != nil { return played.plan }
    var explorer = explorer
    explorer.shrinkingBudget = 0
    return try explorer.explore(test).failure?.found
  }

  private func message(
    _ sequence: Sequence, _ failure: InterleavingExplorer.Failure, commands: Int, switches: Int, seed: UInt64
  ) -> String {
    func indented(_ lines: some Swift.Sequence<some StringProtocol>) -> String {
      lines.map { "  \($0)" }.joined(separator: "\n")
    }
    return """
      \(failure.failure.description)
      commands, \(sequence.count) of \(commands) found:
      \(indented("\(sequence)".split(separator: "\n")))
      schedule, \(failure.shrunk.switches.count) of \(switches) switches found:
      \(indented(ScheduleText.lines(failure.played)))
      again with \(PropertySeed.variable)=\(seed)
      """
  }
}
