/// The rows of a pass, which are tokens of any sequences. The tokens of one sequence are together and in order.
struct Rows {
  /// The rows of one sequence.
  struct Segment {
    var firstRow: Int
    var count: Int
    /// The position of the first row in its sequence. Earlier rows are in the cache, or are rows of the segment's
    /// parents.
    var firstPosition: Int
    /// The number of rows, at the end, whose next token is asked for, and the first one's index among all such rows.
    var predictingCount: Int
    var firstPredicting: Int
    /// The sequence's pages in the cache; `nil` if the pass holds all of the sequence.
    var pages: KeyValueCache.PageTable?
    /// The earlier segment that this one continues. Other segments may continue it, too.
    var parent: Int?
  }

  private(set) var tokens: [Int32] = []
  /// The position of each token in its sequence, from 0.
  private(set) var positions: [Int] = []
  private(set) var segments: [Segment] = []
  /// The indices of the rows whose logits are wanted, ascending.
  private(set) var predicting: [Int] = []
  private(set) var predictingPositions: [Int] = []

  var count: Int { tokens.count }

  /// Adds tokens of one sequence, or a common beginning of several. The last `predicting` tokens predict their next
  /// one.
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
