import Messaging

/// A search for the name that a user probably meant.
package enum Spelling {
  private static let longestWord = 64

  /// Returns the known word nearest to `word`, or the first of these; `nil` if none is near enough to be a slip.
  package static func nearest(to word: String, among known: [String]) -> String? {
    let scored = known.map { (word: $0, distance: distance(word.lowercased(), $0.lowercased())) }
    guard let best = scored.min(by: { $0.distance < $1.distance }) else { return nil }
    return best.distance <= max(1, min(word.count, best.word.count) / 3) ? best.word : nil
  }

  /// Returns `unknown key "desings"; did you mean "designs"?`, or a list of the known words.
  static func complaint(about word: String, as noun: String, known: [String]) -> String {
    let shown = jsonQuoted(String(word.prefix(longestWord)))
    if let nearest = nearest(to: word, among: known) {
      return "unknown \(noun) \(shown); did you mean \"\(nearest)\"?"
    }
    return "unknown \(noun) \(shown); known: \(known.isEmpty ? "none" : known.joined(separator: ", "))"
  }

  /// Returns the number of edits (insert, delete, replace, swap neighbours) from one word to another.
  ///
  /// This is the optimal string alignment distance. Words longer than `longestWord` have the greatest distance.
  /// - Complexity: O(n·m).
  static func distance(_ a: String, _ b: String) -> Int {
    let a = Array(a), b = Array(b)
    guard a.count <= longestWord, b.count <= longestWord else { return .max }
    var rows = [Array(0...b.count)]
    for i in 0..<a.count {
      var row = [i + 1]
      for j in 0..<b.count {
        var cost = min(row[j] + 1, rows[i][j + 1] + 1, rows[i][j] + (a[i] == b[j] ? 0 : 1))
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { cost = min(cost, rows[i - 1][j - 1] + 1) }
        row.append(cost)
      }
      rows.append(row)
    }
    return rows[a.count][b.count]
  }
}
