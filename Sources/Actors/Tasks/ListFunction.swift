/// What a program of `add` and `swap` computes: output i is input `sources[i]` plus `shifts[i]`, modulo 10.
///
/// Two programs are the same function exactly when these are equal.
struct ListFunction: Hashable {
  /// A permutation of the positions, from 0.
  var sources: [Int]
  /// Digits.
  var shifts: [Int]

  static func identity(length: Int) -> ListFunction {
    ListFunction(sources: Array(0..<length), shifts: Array(repeating: 0, count: length))
  }

  /// The function that performs `instruction`, an `add` or a `swap`, and then this one.
  func preceded(by instruction: Instruction) -> ListFunction {
    var result = self
    for index in sources.indices {
      switch instruction {
      case .add(let i, let d): if sources[index] == i - 1 { result.shifts[index] = (shifts[index] + d) % 10 }
      case .swap(let i, let j):
        if sources[index] == i - 1 { result.sources[index] = j - 1 }
        if sources[index] == j - 1 { result.sources[index] = i - 1 }
      case .duplicate, .loop: preconditionFailure("only `add` and `swap` are functions of this form")
      }
    }
    return result
  }

  /// The function with this permutation that makes the outputs of `examples` of their inputs, if there is one.
  init?(sources: [Int], fitting examples: Examples) {
    self.sources = sources
    guard let first = examples.pairs.first else { return nil }
    shifts = sources.indices.map { (first.output[$0] - first.input[sources[$0]] + 10) % 10 }
    for pair in examples.pairs.dropFirst() {
      for index in sources.indices
      where (pair.input[sources[index]] + shifts[index]) % 10 != pair.output[index] { return nil }
    }
  }

  init(sources: [Int], shifts: [Int]) {
    self.sources = sources
    self.shifts = shifts
  }
}
