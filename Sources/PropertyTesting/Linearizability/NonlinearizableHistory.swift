/// A history that no order of its calls explains, as short as it can be, for a reader.
public struct NonlinearizableHistory: Sendable, Hashable {
  /// A call as text.
  package struct Call: Sendable, Hashable {
    package var caller: String
    package var text: String
    package var invoked: Int
    package var returned: Int?
  }
  package var calls: [Call]
  package var eventCount: Int
  /// The longest order that the model allows, as indices of calls.
  package var allowed: [Int]

  init<Operation, Response>(_ history: History<Operation, Response>, allowed: [Int]) {
    calls = history.calls.map { call in
      let response = call.response.map { " -> \(Self.shortened("\($0)"))" } ?? ""
      return Call(
        caller: Self.shortened(call.caller), text: Self.shortened("\(call.operation)") + response,
        invoked: call.invoked, returned: call.returned)
    }
    eventCount = history.eventCount
    self.allowed = allowed
  }

  /// The most characters of a name, an operation or a response.
  private static let mostCharacters = 24

  private static func shortened(_ text: String) -> String {
    let line = text.prefix(4 * mostCharacters).replacing("\n", with: " ")
    return line.count > mostCharacters ? line.prefix(mostCharacters - 3) + "..." : String(line)
  }
}

extension NonlinearizableHistory: CustomStringConvertible {
  /// What is wrong, and below it a line for each call, from its invocation `|` to its response `|`; `~` is a call that has
  /// not returned.
  public var description: String { "\(summary)\n\(timeline)" }

  /// What is wrong, without the calls.
  package var summary: String { "not linearizable: no order of these calls explains their responses" }

  /// The most columns of a line, and the most lines.
  private static let (mostColumns, mostLines) = (100, 24)

  /// The most calls of an order.
  private static let mostOfOrder = 4

  /// The calls over time.
  package var timeline: String {
    let labels = calls.map { "\($0.caller): \($0.text)" }
    let width = labels.map(\.count).max() ?? 0
    let room = Self.mostColumns - width - 4
    // Each event takes three columns, or fewer if there are many.
    let pitch = max(1, min(3, room / max(1, eventCount)))
    var lines = zip(calls, labels).map { call, label in
      let start = min(call.invoked * pitch, room - 2)
      let end = min((call.returned ?? eventCount) * pitch, room - 1)
      let bar = String(repeating: call.returned == nil ? "~" : "-", count: max(0, end - start - 1))
      return "  " + label.padded(to: width) + "  " + String(repeating: " ", count: start) + "|" + bar
        + (call.returned == nil ? "~" : "|")
    }
    if lines.count > Self.mostLines {
      let left = lines.count - Self.mostLines
      lines = ["  ... \(left) earlier calls ..."] + lines.suffix(Self.mostLines)
    }
    let order = allowed.suffix(Self.mostOfOrder).map { calls[$0].text }.joined(separator: ", ")
    lines.append(
      allowed.isEmpty
        ? "  none of them can be the first"
        : "  at most these can follow one another: \(allowed.count > Self.mostOfOrder ? "..., " : "")\(order)"
    )
    return lines.joined(separator: "\n")
  }
}

extension String {
  /// The text with spaces behind it.
  fileprivate func padded(to width: Int) -> String {
    self + String(repeating: " ", count: max(0, width - count))
  }
}
