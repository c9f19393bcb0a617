/// The form in which agents of text say an answer: the last line that begins with `Answer:`.
///
/// ```
/// 12 - 3 = 9
/// Answer: 9
/// ```
package enum SpokenAnswer {
  /// What an answer begins with.
  package static let cue = "Answer:"

  /// A line that says `answer`.
  package static func line(_ answer: String) -> String { "\(cue) \(answer)" }

  /// The answer that `text` says, without white space around it and a full stop at its end; `nil` if it says none.
  /// - Complexity: O(length of the text).
  package static func read(_ text: String) -> String? {
    for line in text.split(separator: "\n").reversed() {
      guard let place = line.ranges(of: cue).last else { continue }
      let answer = line[place.upperBound...].trimmed
      let plain = answer.hasSuffix(".") ? answer.dropLast().trimmed : answer
      return plain.isEmpty ? nil : String(plain)
    }
    return nil
  }
}

extension Substring {
  /// The text without white space at both ends.
  var trimmed: Substring {
    var rest = drop(while: \.isWhitespace)
    while let last = rest.last, last.isWhitespace { rest.removeLast() }
    return rest
  }
}
