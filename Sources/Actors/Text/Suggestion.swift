/// The known word that `word` was most likely meant to be, if one is close enough.
///
/// Close means an edit distance of at most a third of the longer word, and at least one edit. Ties go to the
/// earlier word. O(words x length²).
func suggestion(for word: String, among known: [String]) -> String? {
  var best: (word: String, distance: Int)?
  for candidate in known {
    let distance = editDistance(word, candidate)
    let limit = max(1, max(word.count, candidate.count) / 3)
    // A one-letter word is within one edit of every other one: no suggestion then.
    guard distance <= limit, distance < max(word.count, candidate.count) else { continue }
    if distance < best?.distance ?? .max { best = (candidate, distance) }
  }
  return best?.word
}

/// The fewest insertions, deletions, replacements and exchanges of neighbours that turn `a` into `b`, no part of
/// the word edited twice (optimal string alignment; Damerau, 1964). O(length²).
package func editDistance(_ a: String, _ b: String) -> Int {
  let (a, b) = (Array(a), Array(b))
  var rows = [[Int]](repeating: Array(repeating: 0, count: b.count + 1), count: a.count + 1)
  rows[0] = Array(0...b.count)
  for i in 1..<rows.count {
    rows[i][0] = i
    for j in 1..<rows[i].count {
      let replaced = rows[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)
      rows[i][j] = min(replaced, rows[i - 1][j] + 1, rows[i][j - 1] + 1)
      if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] {
        rows[i][j] = min(rows[i][j], rows[i - 2][j - 2] + 1)
      }
    }
  }
  return rows[a.count][b.count]
}
