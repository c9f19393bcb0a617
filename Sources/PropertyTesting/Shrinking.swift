/// Makes a failing record of choices shorter, then smaller, for as long as it still fails.
///
/// Five passes are repeated until none helps: remove runs of 8, 4, 2 or 1 choices; set each choice to zero; lower
/// each choice by binary search; lower a choice and remove choices after it (for a length that was drawn first); and
/// move an amount from one choice to a later one. A record is simpler than another if it is shorter, or of equal
/// length and lexicographically less.
struct Shrinking {
  private(set) var best: [UInt64]
  private(set) var attempts = 0
  let maximumAttempts: Int
  /// Generates from a record and runs the property: the choices really taken if it still fails, else `nil`.
  let stillFails: ([UInt64]) -> [UInt64]?

  mutating func run() {
    var previous: [UInt64]
    repeat {
      previous = best
      for length in [8, 4, 2, 1] { removeRuns(of: length) }
      lowerEach()
      lowerAndRemove()
      moveBetweenNeighbours()
    } while best != previous && attempts < maximumAttempts
  }

  /// Keeps `candidate` if it is simpler and still fails.
  private mutating func accept(_ candidate: [UInt64]) -> Bool {
    guard attempts < maximumAttempts, Shrinking.isSimpler(candidate, than: best) else { return false }
    attempts += 1
    guard let taken = stillFails(candidate), Shrinking.isSimpler(taken, than: best) else { return false }
    best = taken
    return true
  }

  static func isSimpler(_ a: [UInt64], than b: [UInt64]) -> Bool {
    a.count != b.count ? a.count < b.count : a.lexicographicallyPrecedes(b)
  }

  private mutating func removeRuns(of length: Int) {
    var end = best.count
    while end >= length {
      var candidate = best
      guard end <= candidate.count else {
        end = candidate.count
        continue
      }
      candidate.removeSubrange(end - length..<end)
      end -= accept(candidate) ? length : 1
    }
  }

  private mutating func lowerEach() {
    var index = 0
    while index < best.count {
      lower(index) { _, _ in }
      index += 1
    }
  }

  /// The least value of one choice that still fails, by halving the distance; `edit` changes the rest to fit.
  private mutating func lower(_ index: Int, edit: (inout [UInt64], UInt64) -> Void) {
    if index < best.count, best[index] > 0, attempt(index, 0, edit) { return }
    var low: UInt64 = 1
    while index < best.count, low < best[index] {
      let middle = low + (best[index] - low) / 2
      // The neighbour too, because a filter may want odd numbers.
      if attempt(index, middle, edit) || (middle + 1 < best[index] && attempt(index, middle + 1, edit)) {
        continue
      }
      low = middle + 1
    }
    // Small steps down, over what bisection jumped.
    var step: UInt64 = 1
    while step <= 4, index < best.count, best[index] >= step {
      step = attempt(index, best[index] - step, edit) ? 1 : step + 1
    }
  }

  private mutating func attempt(
    _ index: Int, _ value: UInt64, _ edit: (inout [UInt64], UInt64) -> Void
  ) -> Bool {
    var candidate = best
    let lowered = candidate[index] - value
    candidate[index] = value
    edit(&candidate, lowered)
    return accept(candidate)
  }

  /// Lowers a choice by one and removes a run of choices, for generators that draw a count and then so many parts.
  private mutating func lowerAndRemove() {
    for index in stride(from: best.count - 1, through: 0, by: -1) {
      for length in 1...4 {
        for start in stride(from: best.count - length, to: index, by: -1) {
          guard index < best.count, best[index] > 0, start + length <= best.count else { break }
          var candidate = best
          candidate[index] -= 1
          candidate.removeSubrange(start..<start + length)
          _ = accept(candidate)
        }
      }
    }
  }

  /// Moves as much as possible from one choice to a choice up to three places later, for choices that must keep their
  /// sum.
  private mutating func moveBetweenNeighbours() {
    for distance in 1...3 {
      var index = 0
      while index + distance < best.count {
        lower(index) { candidate, lowered in
          let (sum, overflow) = candidate[index + distance].addingReportingOverflow(lowered)
          candidate[index + distance] = overflow ? .max : sum
        }
        index += 1
      }
    }
  }
}
