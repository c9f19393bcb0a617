/// Everything that decides how a schedule may go on, as far as the player and the test know it.
///
/// What tasks keep in their own variables is not part of it. A test that wants it to count has it in its state.
struct ScheduleConfiguration: Hashable {
  /// A task that can go on, or that has run.
  struct TaskPlace: Hashable {
    var key: UInt64
    /// Where the code of its last part is; `nil` if it has not run, or if the place is not known.
    var last: UInt?
    /// The actor on which its next part runs; `nil` if it is not ready.
    var next: Int?
  }
  /// What the test calls the state.
  var state: AnyHashable
  /// The tasks, by their names' hashes.
  var tasks: [TaskPlace]
  /// How long the tasks that sleep still do, in nanoseconds.
  var sleeps: [Int64]
}

/// A schedule between two of its parts, as properties look at it.
protocol ScheduleMoment {
  /// The number of parts that have run.
  var partCount: Int { get }
  /// Returns the configuration now.
  func configuration(state: AnyHashable) -> ScheduleConfiguration
  /// Whether every task that is ready has run since `part` parts had run, and no sleep is left that these parts kept from
  /// ending. Then a cycle of them could go on for ever though every task that can go on does.
  func wasFair(since part: Int) -> Bool
}

/// A property that a schedule did not have.
struct PropertyViolation {
  var text: String
  /// Where the test asked for it.
  var place: String
}
