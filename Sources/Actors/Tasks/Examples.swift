/// Input and output lists of digits, in the notation that prompts use: `1 2 3 > 3 2 1 ; 4 5 > 5 4`.
struct Examples: Hashable {
  struct Pair: Hashable {
    var input: [Int]
    var output: [Int]
  }
  var pairs: [Pair]

  var text: String {
    pairs.map { pair in
      (pair.input.map(String.init) + [">"] + pair.output.map(String.init)).joined(separator: " ")
    }.joined(separator: " ; ")
  }

  init(pairs: [Pair]) { self.pairs = pairs }

  init?(parsing text: String) {
    pairs = []
    for part in text.split(separator: ";", omittingEmptySubsequences: false) {
      let sides = part.split(separator: ">", omittingEmptySubsequences: false)
      guard sides.count == 2, let input = Self.digits(sides[0]), let output = Self.digits(sides[1]) else {
        return nil
      }
      pairs.append(Pair(input: input, output: output))
    }
  }

  private static func digits(_ text: Substring) -> [Int]? {
    var result: [Int] = []
    for character in text where character != " " {
      guard "0"..."9" ~= character, let digit = character.wholeNumberValue else { return nil }
      result.append(digit)
    }
    return result
  }

  /// How many outputs `program` gets right; a fault is wrong.
  func passed(by program: Program, limits: ProgramLimits) -> Int {
    pairs.count { (try? program.run(on: $0.input, limits: limits).get()) == $0.output }
  }

  /// The examples with `program` already applied to the inputs.
  func advanced(by program: Program, limits: ProgramLimits) throws(ProgramFault) -> Examples {
    var result = self
    for index in pairs.indices {
      result.pairs[index].input = try program.run(on: pairs[index].input, limits: limits).get()
    }
    return result
  }
}
