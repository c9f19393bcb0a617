/// The known word that `word` was most likely meant to be, if one is close enough.
///
/// Close means an edit distance of at most a third of the longer word, and at least one edit. Ties go to the
/// earlier word. O(words x length²).
func suggestion(for word: String, among known: [String]) -> String? {
  var best: (word: String, distance: Int)?
  for candidate in known {
    let distance = editDistance(Array(word), Array(candidate))
    let limit = max(1, max(word.count, candidate.count) / 3)
    // A one-letter word is within one edit of every other one: no suggestion then.
    guard distance <= limit, distance < max(word.count, candidate.count) else { continue }
    if distance < best?.distance ?? .max { best = (candidate, distance) }
  }
  return best?.word
}

/// The fewest insertions, deletions and replacements that turn `a` into `b` (Wagner and Fischer, 1974).
private func editDistance(_ a: [Character], _ b: [Character]) -> Int {
  var row = Array(0...b.count)
  for (i, x) in a.enumerated() {
    var diagonal = row[0]
    row[0] = i + 1
    for (j, y) in b.enumerated() {
      let replaced = diagonal + (x == y ? 0 : 1)
      diagonal = row[j + 1]
      row[j + 1] = min(replaced, row[j] + 1, diagonal + 1)
    }
  }
  return row[b.count]
}
