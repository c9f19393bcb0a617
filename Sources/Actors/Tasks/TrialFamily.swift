/// A family whose answers have to be run before anybody can judge them.
///
/// A trial is run outside of the episode, as an external call, and what it came to is in the log. So all members are pure
/// functions here too, and a replay runs nothing.
package protocol TrialFamily: TaskFamily {
  /// What has to be run for a tool to do its work; `nil` if nothing has to.
  func trial(ofTool tool: String, on work: Work) -> Trial?
  /// The work after a tool whose trial was judged.
  func run(tool: String, on work: Work, after report: TrialReport) throws(WorkFault) -> Work
  /// What has to be run to verify the work; `nil` if ``TaskFamily/verify(_:on:)`` knows. The work answers the task if all tests
  /// of the trial pass.
  func trial(of work: Work, on task: TaskInstance) -> Trial?
}
