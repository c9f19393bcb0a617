/// An answer in mathematics as it is written: what is looked at of a text, and what it says.
struct MathAnswer {
  /// The value; `nil` if the text says none that could be compared exactly.
  let value: MathValue?
  /// The text without white space and marks of LaTeX that do not matter, which is compared if one of both has no value.
  private let plain: String

  /// The most bytes of a text in which an answer is looked for.
  static let longest = 1 << 16

  /// Reads what `text` says in the end: in its last `\boxed{...}`, or else between its last dollar signs, or else all of it.
  init(_ text: String) {
    let said = Self.part(of: text)
    value = try? MathReader.read(said)
    plain = said.filter { !$0.isWhitespace && !"$\\".contains($0) }.lowercased()
  }

  /// Whether `given` is the same answer. The order matters: this one is known to be right.
  func accepts(_ given: MathAnswer, tolerance: Rational = .zero) -> Bool {
    if let value, let other = given.value { return value.accepts(other, tolerance: tolerance) }
    return plain == given.plain && !plain.isEmpty
  }

  private static let box = "\\boxed{"

  private static func part(of text: String) -> String {
    guard text.utf8.count <= longest else { return "" }
    let boxes = boxes(in: text)
    if !boxes.isEmpty { return boxes.joined(separator: " , ") }
    for (open, close) in [("$$", "$$"), ("\\[", "\\]"), ("\\(", "\\)"), ("$", "$")] {
      if let inside = last(in: text, open, close) { return inside }
    }
    return text
  }

  /// What the last box holds, and the boxes before it that a comma, an `and` or an `or` joins to it.
  private static func boxes(in text: String) -> [Substring] {
    var found: [Substring] = []
    for mark in text.ranges(of: box).reversed() {
      guard let inside = group(in: text, from: mark.upperBound) else { continue }
      if let next = found.first {
        let between = text[inside.endIndex..<text.index(next.startIndex, offsetBy: -box.count)]
        let joins =
          [",", "and", "or"].contains { between.contains($0) } || !between.contains(where: \.isLetter)
        guard between.count <= 48, !between.contains(where: \.isNewline), joins else { break }
      }
      found.insert(inside, at: 0)
    }
    return found
  }

  /// The text up to the brace that closes the group which begins at `start`.
  private static func group(in text: String, from start: String.Index) -> Substring? {
    var depth = 1
    var place = start
    while place < text.endIndex {
      switch text[place] {
      case "{": depth += 1
      case "}": depth -= 1
      default: break
      }
      if depth == 0 { return text[start..<place] }
      place = text.index(after: place)
    }
    return nil
  }

  /// The last text between two marks, with what stands behind it up to the end, such as a percent sign.
  private static func last(in text: String, _ open: String, _ close: String) -> String? {
    let marks = text.ranges(of: open == close ? open : close).filter { mark in
      // `\$` is a sign of money.
      mark.lowerBound == text.startIndex || text[text.index(before: mark.lowerBound)] != "\\"
    }
    guard let end = marks.last else { return nil }
    let begin = open == close ? marks.dropLast().last : text[..<end.lowerBound].ranges(of: open).last
    guard let begin, !text[begin.upperBound..<end.lowerBound].isEmpty else { return nil }
    let behind = text[end.upperBound...].trimmingPrefix(while: \.isWhitespace)
    let isPercent = ["%", "\\%", "percent", "pct"].contains { behind.hasPrefix($0) }
    return String(text[begin.upperBound..<end.lowerBound]) + (isPercent ? " %" : "")
  }
}
