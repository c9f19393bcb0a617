import Interleavings

/// Takes the failure of an assertion of `XCTest`, if the assertion is in `withInterleavings`. Returns false if it is not, and
/// then the test case has to record the failure itself.
///
/// `XCTest` tells a failure to the test case alone. So assertions count in `withInterleavings` if the test case passes on what it
/// is told:
/// ```
/// class InterleavedTestCase: XCTestCase {
///   override func recordFailure(
///     withDescription description: String, inFile file: String, atLine line: Int, expected: Bool
///   ) {
///     if takeInterleavingFailure(description, file: file, line: line) { return }
///     super.recordFailure(withDescription: description, inFile: file, atLine: line, expected: expected)
///   }
/// }
/// ```
/// On Apple's platforms it is `record(_:)` that is overridden, with an `XCTIssue`.
public func takeInterleavingFailure(_ description: String, file: String, line: Int) -> Bool {
  IssueSink.current { sink in
    sink.record(ScheduleFailure(description, place: "\(file.split(separator: "/").last ?? ""):\(line)"))
  }
}
