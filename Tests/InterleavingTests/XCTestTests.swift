import InterleavingTesting
import XCTest

/// A test case whose assertions count in `withInterleavings`.
class InterleavedTestCase: XCTestCase {
  /// The failures that the test case itself would have recorded.
  private(set) var recorded: [String] = []
  /// Whether failures are kept here in place of failing the test.
  var keepsFailures = false

  override func recordFailure(
    withDescription description: String, inFile file: String, atLine line: Int, expected: Bool
  ) {
    if takeInterleavingFailure(description, file: file, line: line) { return }
    if keepsFailures { return recorded.append(description) }
    super.recordFailure(withDescription: description, inFile: file, atLine: line, expected: expected)
  }
}

final class XCTestTests: InterleavedTestCase {
  /// An assertion that fails in some orders is thrown as the failure of the exploration, and recorded nowhere else.
  func testAssertionsCount() async throws {
    var message = ""
    do {
      try await withInterleavings(200) {
        let account = PlainActorTests.Account()
        @Sendable func add() async {
          let balance = await account.balance
          await account.set(balance + 1)
        }
        async let one: Void = add()
        async let two: Void = add()
        _ = await (one, two)
        let balance = await account.balance
        XCTAssertEqual(balance, 2)
      }
    } catch let failure as InterleavingFailure {
      message = "\(failure)"
    }
    XCTAssert(message.contains("XCTAssertEqual failed: (\"1\") is not equal to (\"2\")"), message)
    XCTAssert(message.contains("(XCTestTests.swift:"), message)
    XCTAssert(message.contains("TROUPE_INTERLEAVING='testAssertionsCount:"), message)
  }

  func testAssertionsOutsideAreTheTestCases() async throws {
    keepsFailures = true
    try await withInterleavings(10) { await Task.yield() }
    XCTFail("outside")
    keepsFailures = false
    XCTAssertEqual(recorded, ["failed - outside"])
    XCTAssertFalse(takeInterleavingFailure("outside", file: "", line: 1))
  }
}
