/// The rows of a pass: tokens of any sequences, a sequence's own together and in order.
struct Rows {
  /// The rows of one sequence.
  struct Segment {
    var firstRow: Int
    var count: Int
    /// Position of the first row in its sequence; those before it are in the cache, or rows of its parents.
    var firstPosition: Int
    /// The last rows, whose next token is asked for: how many, and the first's index among all such rows.
    var predictingCount: Int
    var firstPredicting: Int
    /// The sequence's pages in the cache; `nil` where the pass holds all of the sequence.
    var pages: KeyValueCache.PageTable?
    /// The earlier segment that this one goes on from, which other segments may go on from too.
    var parent: Int?
  }

  private(set) var tokens: [Int32] = []
  /// Of each token in its sequence, from 0.
  private(set) var positions: [Int] = []
  private(set) var segments: [Segment] = []
  /// The rows whose logits are wanted, ascending.
  private(set) var predicting: [Int] = []
  private(set) var predictingPositions: [Int] = []

  var count: Int { tokens.count }

  /// Adds tokens of one sequence, or of several that begin with them, of which the last `predicting` are asked for the token after them.
  mutating func append(
    _ new: some Collection<Int32>, at firstPosition: Int = 0, pages: KeyValueCache.PageTable? = nil,
    parent: Int? = nil, predicting wanted: Int
  ) {
    let segment = Segment(
      firstRow: count, count: new.count, firstPosition: firstPosition, predictingCount: wanted,
      firstPredicting: predicting.count, pages: pages, parent: parent)
    segments.append(segment)
    positions.append(contentsOf: firstPosition..<firstPosition + new.count)
    tokens.append(contentsOf: new)
    predicting.append(contentsOf: count - wanted..<count)
    predictingPositions.append(contentsOf: firstPosition + new.count - wanted..<firstPosition + new.count)
  }

  mutating func removeAll() {
    tokens.removeAll(keepingCapacity: true)
    positions.removeAll(keepingCapacity: true)
    segments.removeAll(keepingCapacity: true)
    predicting.removeAll(keepingCapacity: true)
    predictingPositions.removeAll(keepingCapacity: true)
  }
}
