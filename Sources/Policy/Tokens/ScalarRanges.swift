/// Ranges of Unicode scalars, and the bytes of UTF-8 that stand for them.
enum ScalarRanges {
  private static let all: [ClosedRange<UInt32>] = [0...0xD7FF, 0xE000...0x10FFFF]

  /// The same scalars in ranges that are sorted and do not touch.
  static func merged(_ ranges: [ClosedRange<UInt32>]) -> [ClosedRange<UInt32>] {
    var result: [ClosedRange<UInt32>] = []
    for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
      if let last = result.last, range.lowerBound <= last.upperBound + 1 {
        result[result.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
      } else {
        result.append(range)
      }
    }
    return result
  }

  /// All scalars that are in none of the ranges.
  static func complement(of ranges: [ClosedRange<UInt32>]) -> [ClosedRange<UInt32>] {
    var result: [ClosedRange<UInt32>] = []
    var first: UInt32 = 0
    for range in merged(ranges) {
      if first < range.lowerBound { result.append(first...range.lowerBound - 1) }
      first = range.upperBound + 1
    }
    if first <= 0x10FFFF { result.append(first...0x10FFFF) }
    return result
  }

  /// Sequences of ranges of bytes that together stand for the scalars of `range`, without surrogates.
  ///
  /// Source: Russ Cox, "Regular Expression Matching in the Wild" (2010), on how RE2 compiles UTF-8.
  static func byteSequences(_ range: ClosedRange<UInt32>) -> [[ClosedRange<UInt8>]] {
    var result: [[ClosedRange<UInt8>]] = []
    for part in all where part.overlaps(range) {
      var parts = [range.clamped(to: part)]
      while let next = parts.popLast() {
        if let (low, high) = halves(next) {
          parts += [high, low]
        } else {
          result.append(zip(bytes(next.lowerBound), bytes(next.upperBound)).map { $0...$1 })
        }
      }
    }
    return result
  }

  /// Cuts a range whose bytes do not vary independently of each other; `nil` if they do.
  private static func halves(_ range: ClosedRange<UInt32>) -> (ClosedRange<UInt32>, ClosedRange<UInt32>)? {
    let (low, high) = (range.lowerBound, range.upperBound)
    for last: UInt32 in [0x7F, 0x7FF, 0xFFFF] where low <= last && last < high {
      return (low...last, last + 1...high)
    }
    guard high > 0x7F else { return nil }
    for shift: UInt32 in [6, 12, 18] {
      let mask: UInt32 = (1 << shift) - 1
      guard low & ~mask != high & ~mask else { continue }
      if low & mask != 0 { return (low...(low | mask), (low | mask) + 1...high) }
      if high & mask != mask { return (low...(high & ~mask) - 1, (high & ~mask)...high) }
    }
    return nil
  }

  private static func bytes(_ value: UInt32) -> [UInt8] {
    // The ranges have no surrogates, which are the only values up to 10FFFF that are no scalars.
    Unicode.Scalar(value).map { Array(String($0).utf8) } ?? []
  }
}
