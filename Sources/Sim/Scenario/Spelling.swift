import Actors
import Messaging

/// A search for the name that a user probably meant.
package enum Spelling {
  private static let longestWord = 64

  /// Returns the known word nearest to `word`, or the first of these; `nil` if none is near enough to be a slip.
  package static func nearest(to word: String, among known: [String]) -> String? {
    let scored = known.filter { max(word.count, $0.count) <= longestWord }
      .map { (word: $0, distance: editDistance(word.lowercased(), $0.lowercased())) }
    guard let best = scored.min(by: { $0.distance < $1.distance }) else { return nil }
    return best.distance <= max(1, min(word.count, best.word.count) / 3) ? best.word : nil
  }

  /// Returns `unknown key "desings"; did you mean "designs"?`, or a list of the known words.
  package static func complaint(about word: String, as noun: String, known: [String]) -> String {
    let shown = jsonQuoted(String(word.prefix(longestWord)))
    if let nearest = nearest(to: word, among: known) {
      return "unknown \(noun) \(shown); did you mean \"\(nearest)\"?"
    }
    return "unknown \(noun) \(shown); known: \(known.isEmpty ? "none" : known.joined(separator: ", "))"
  }
}
