import Foundation
import Interleavings
import Testing

/// What a failed exploration tells, and where.
enum FailureReport {
  /// The variable of the environment that puts the diagram into the message.
  static let variable = "TROUPE_INTERLEAVING_DIAGRAM"

  /// Records one issue in a test, with the diagram as an attachment. Throws the message outside of Swift Testing.
  ///
  /// The message has the diagram if it is asked for, or if one schedule is played again.
  static func tell(_ text: String, diagram: String?, _ sourceLocation: SourceLocation) throws {
    var text = text
    if let diagram, getenv(variable) != nil || getenv(ReplayRequest.variable) != nil {
      text += "\nwho ran (●), could have run (│) or waited (┊):\n\(diagram)"
    }
    guard Test.current != nil else { throw InterleavingFailure(description: text) }
    if let diagram {
      Attachment.record(diagram + "\n", named: "schedule.txt", sourceLocation: sourceLocation)
    }
    Issue.record(Comment(rawValue: text), sourceLocation: sourceLocation)
  }
}
