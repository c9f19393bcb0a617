import Synchronization

/// Something that went wrong in a schedule: an expectation that failed, or an error that was thrown.
package struct ScheduleFailure: Sendable, Hashable {
  /// What is told, without values that would take pages.
  package var text: String
  /// The place in the code, as `file:line`, if it is known.
  package var place: String?
  /// What else a reader needs to know, on lines of its own. Two failures are of the same kind whatever it is.
  package var detail: String?
  /// What is wrong with the schedule, if it is not what the test expects.
  var error: InterleavingError?

  package init(_ text: String, place: String? = nil) {
    self.text = Self.shortened(text)
    self.place = place
  }

  init(_ error: InterleavingError) {
    self.init("\(error)")
    self.error = error
  }

  /// The failure of a schedule that threw an error.
  init(thrown error: any Error) {
    guard let explained = error as? any ExplainedError else {
      self.init("an error was thrown: \(error)")
      return
    }
    self.init(explained.summary)
    detail = explained.explanation
  }

  /// The text with its place and, on lines of its own, its detail.
  package var description: String {
    [text + (place.map { " (\($0))" } ?? ""), detail].compactMap(\.self).joined(separator: "\n")
  }

  /// The most characters of a failure that are told.
  package static let most = 400

  private static func shortened(_ text: String) -> String {
    // Only the beginning of a long text is looked at.
    let scalars = text.unicodeScalars.prefix(most + 1)
    guard scalars.count > most else { return text }
    var short = String.UnicodeScalarView(scalars.prefix(most - 20))
    short.append(contentsOf: " ... (cut short)".unicodeScalars)
    return String(short)
  }

  /// Whether another failure is of the same kind: at the same place, with the same text except for numbers.
  func isLike(_ other: ScheduleFailure) -> Bool {
    place == other.place && Self.withoutNumbers(text) == Self.withoutNumbers(other.text)
  }

  private static func withoutNumbers(_ text: String) -> String {
    text.replacing(/(0x)?[0-9]+(\.[0-9]+)?/, with: "0")
  }
}

/// An error that says shortly what is wrong, and explains it on more lines.
package protocol ExplainedError: Error {
  var summary: String { get }
  var explanation: String { get }
}

/// Where the failures of the schedule that is being played are put.
package final class IssueSink: Sendable {
  private let failures = Mutex<[ScheduleFailure]>([])
  package init() {}

  package func record(_ failure: ScheduleFailure) {
    failures.withLock { if $0.count < 16 { $0.append(failure) } }
  }

  /// Returns the first failure since the last call.
  func take() -> ScheduleFailure? {
    failures.withLock { failures in
      defer { failures = [] }
      return failures.first
    }
  }
}
