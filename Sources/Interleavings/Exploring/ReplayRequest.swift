import Foundation

/// The wish to play one schedule of one test, from the environment.
package struct ReplayRequest: Sendable, Hashable {
  package static let variable = "TROUPE_INTERLEAVING"
  package var test: String
  package var plan: InterleavingPlan

  /// Reads `NAME:PLAN`.
  package init(parsing text: String) throws(InterleavingError) {
    guard let colon = text.lastIndex(of: ":") else { throw .unreadablePlan(part: String(text.prefix(80))) }
    test = String(text[..<colon])
    plan = try InterleavingPlan(parsing: String(text[text.index(after: colon)...]))
  }

  /// The wish of this process for `test`; `nil` if there is none, or if it is for another test.
  package static func current(for test: String) throws(InterleavingError) -> ReplayRequest? {
    guard let value = getenv(variable) else { return nil }
    let request = try ReplayRequest(parsing: String(cString: value))
    return request.test == test ? request : nil
  }
}
