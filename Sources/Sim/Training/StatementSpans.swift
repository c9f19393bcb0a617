import Actors
import Policy

/// Tells which statement of a script each of a designer's tokens belongs to.
///
/// A statement ends with `;`, which is its own. The words of the answer belong to no statement.
struct StatementSpans {
  private let end: Int32?

  init(_ tokenizer: WordTokenizer) { end = (try? tokenizer.encode(";"))?.first }

  /// For each token, the index of its statement; `nil` for those after the last `;`.
  func statements(of tokens: [Int32]) -> [Int?] {
    let count = tokens.count { $0 == end }
    var statement = 0
    return tokens.map { token in
      defer { if token == end { statement += 1 } }
      return statement < count ? statement : nil
    }
  }
}
