/// The tasks that a schedule may cancel, each at one of its awaits.
///
/// A task is cancelled as its handle would cancel it: what waits in it for a handler, a sleep or a child hears of it at once.
/// Each cancellation is a decision of the schedule. It is a part of the plan, and shrinking leaves it out if the failure does
/// not need it.
public enum CancellableTasks: Sendable, Hashable {
  /// Tasks are cancelled only by the test.
  case none
  /// Those which the test's own task makes: its child tasks, and also its `Task { }`s. In a schedule at most `atMost` of them
  /// are cancelled.
  case children(atMost: Int = 1)
  /// Those to which the program gives one of these names, as in `Task(name: "reader")` or `addTask(name: "reader")`.
  case named([String], atMost: Int = 1)

  /// The greatest number of tasks that a schedule cancels.
  package var most: Int {
    switch self {
    case .none: 0
    case .children(let most), .named(_, let most): most
    }
  }
}
