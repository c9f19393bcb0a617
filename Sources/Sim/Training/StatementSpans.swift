import Actors
import Policy

/// Tells which statement of a script each of a designer's tokens belongs to.
///
/// A statement ends with `;`, which is its own. The words of the answer, and those of a part's definition, belong to no
/// statement.
struct StatementSpans {
  private let (end, define, open, close): (Int32?, Int32?, Int32?, Int32?)

  init(_ tokenizer: WordTokenizer) {
    func id(_ word: String) -> Int32? { (try? tokenizer.encode(word))?.first }
    (end, define, open, close) = (id(";"), id("define"), id("["), id("]"))
  }

  /// For each token, the index of its statement; `nil` for those of none.
  func statements(of tokens: [Int32]) -> [Int?] {
    var (statement, isDefinition, isInside) = (0, false, false)
    var places: [Int?] = []
    for token in tokens {
      if token == define { isDefinition = true }
      if token == open { isInside = true }
      if token == close { isInside = false }
      places.append(isDefinition ? nil : statement)
      guard token == end, !isInside else { continue }
      if isDefinition { isDefinition = false } else { statement += 1 }
    }
    // What follows the last end is not a statement.
    return places.map { $0 == statement ? nil : $0 }
  }
}
