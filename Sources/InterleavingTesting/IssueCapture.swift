import Interleavings
import Testing

/// Takes the issues of a test, instead of letting the test fail, and puts them into a sink.
struct IssueCapture {
  let sink = IssueSink()

  /// Calls `body`, in a test or in none.
  func perform(_ body: @escaping @Sendable () async throws -> Void) async throws {
    guard let test = Test.current else { return try await body() }
    let trait: IssueHandlingTrait = .compactMapIssues { [sink] issue in
      // A known issue and a warning are none of ours.
      guard issue.isFailure else { return issue }
      sink.record(Self.failure(issue))
      return nil
    }
    try await trait.provideScope(for: test, testCase: Test.Case.current, performing: body)
  }

  private static func failure(_ issue: Issue) -> ScheduleFailure {
    let place = issue.sourceLocation.map { "\($0.fileID):\($0.line)" }
    let comments = issue.comments.map { " // \($0)" }.joined()
    return ScheduleFailure("\(issue.kind)\(comments)", place: place)
  }
}
