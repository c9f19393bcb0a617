/// Lists of digits with the lists they should become, in the notation that prompts use.
///
/// At each position stands the digit, and then the difference to its target, modulo 10: `1 2 3 0 ; 9 2 0 0` says that
/// 1 3 should become 3 3, and that 9 0 should become 1 0. So readers of the notation need not subtract.
package struct Examples: Hashable {
  package struct Pair: Hashable {
    package var input: [Int]
    /// The target, which is as long as the input.
    package var output: [Int]
  }
  package var pairs: [Pair]

  var text: String {
    pairs.map { pair in
      zip(pair.input, pair.output).map { "\($0) \(($1 - $0 + 10) % 10)" }.joined(separator: " ")
    }.joined(separator: " ; ")
  }

  init(pairs: [Pair]) { self.pairs = pairs }

  package init?(parsing text: String) {
    pairs = []
    var pair = Pair(input: [], output: [])
    /// Ends the pair that is being read; false if it is none.
    func endPair() -> Bool {
      guard !pair.input.isEmpty, pair.input.count == pair.output.count else { return false }
      pairs.append(pair)
      pair = Pair(input: [], output: [])
      return true
    }
    for character in text.utf8 where character != UInt8(ascii: " ") {
      if character == UInt8(ascii: ";") {
        guard endPair() else { return nil }
        continue
      }
      guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(character) else { return nil }
      let digit = Int(character - UInt8(ascii: "0"))
      if pair.input.count == pair.output.count {
        pair.input.append(digit)
      } else {
        pair.output.append((pair.input[pair.output.count] + digit) % 10)
      }
    }
    guard endPair() else { return nil }
  }

  /// How many outputs `program` gets right; a fault is wrong.
  package func passed(by program: Program, limits: ProgramLimits) -> Int {
    pairs.count { (try? program.run(on: $0.input, limits: limits).get()) == $0.output }
  }

  /// The examples with `program` already applied to the inputs; `nil` where it changes a list's length.
  func advanced(by program: Program, limits: ProgramLimits) throws(ProgramFault) -> Examples? {
    var result = self
    for index in pairs.indices {
      result.pairs[index].input = try program.run(on: pairs[index].input, limits: limits).get()
      guard result.pairs[index].input.count == pairs[index].output.count else { return nil }
    }
    return result
  }
}
