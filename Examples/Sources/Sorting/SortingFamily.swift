import Actors

/// Lists of four different digits to be sorted, such as `3 1 4 2`. The level is the number of pairs in the wrong order.
///
/// The role `step` exchanges the first two neighbours that are in the wrong order, which lowers the level by one, and
/// `solve` says the sorted list.
struct SortingFamily: TaskFamily {
  let name = "sorting"
  let levels = 1...6
  /// The largest digit of a list.
  let largest: Int

  /// A list of digits, as states and answers write it.
  struct Digits {
    var values: [Int]

    init(_ values: [Int]) { self.values = values }

    init?(parsing text: String) {
      values = text.split(separator: " ").compactMap { $0.count == 1 ? Int($0) : nil }
      guard !values.isEmpty, self.text == text else { return nil }
    }

    var text: String { values.map(String.init).joined(separator: " ") }

    /// How many pairs are in the wrong order.
    var inversions: Int {
      values.indices.reduce(0) { count, i in count + values[i...].count { $0 < values[i] } }
    }

    /// The list after the first two neighbours in the wrong order have changed places.
    var stepped: Digits {
      var result = self
      let wrong = values.indices.dropLast().first { values[$0] > values[$0 + 1] }
      if let wrong { result.values.swapAt(wrong, wrong + 1) }
      return result
    }

    /// FNV-1a of the digits; the next number if a list of fewer than two steps would be held out, because such lists
    /// are on the way of all others.
    var hash: UInt64 {
      let hash = values.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
      return inversions < 2 && TaskSplit(hash: hash) == .heldOut ? hash &+ 1 : hash
    }
  }

  func instance(
    level: Int, split: TaskSplit, using generator: inout some RandomNumberGenerator
  ) throws -> TaskInstance {
    for _ in 0..<10_000 {
      let digits = Digits(Array((0...largest).shuffled(using: &generator).prefix(4)))
      guard digits.inversions == level, TaskSplit(hash: digits.hash) == split else { continue }
      return TaskInstance(
        family: name, level: level, hash: digits.hash, statement: digits.text,
        solution: Digits(digits.values.sorted()).text)
    }
    throw TaskError.noInstance(family: name, level: level, split: split)
  }

  func start(_ task: TaskInstance) -> Work { Work(state: task.statement) }

  func apply(_ output: String, as role: String, to work: Work) throws(WorkFault) -> Work {
    guard let digits = Digits(parsing: output), let before = Digits(parsing: work.state),
      digits.values.count == before.values.count
    else { throw .malformed("\(role) says as many digits as it was given") }
    var result = work
    if role == "step" { result.state = digits.text } else { result.answer = digits.text }
    return result
  }

  // The tools of the program are registered; the family has none of its own.

  func recognizes(state: String) -> Bool { Digits(parsing: state) != nil }
  func hash(ofState state: String) -> UInt64? { Digits(parsing: state)?.hash }
  func remainingSteps(_ state: String) -> Int? { Digits(parsing: state)?.inversions }

  func reference(_ prompt: ExecutorPrompt) -> String? {
    guard let digits = Digits(parsing: prompt.state) else { return nil }
    return prompt.role == "step" ? digits.stepped.text : Digits(digits.values.sorted()).text
  }

  /// Exchanges two neighbours.
  func corrupted(
    _ output: String, for prompt: ExecutorPrompt, using generator: inout some RandomNumberGenerator
  ) -> String {
    guard var digits = Digits(parsing: output), digits.values.count > 1 else { return output }
    let place = Int.random(in: 1..<digits.values.count, using: &generator)
    digits.values.swapAt(place - 1, place)
    return digits.text
  }
}
