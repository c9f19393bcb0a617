/// Every function that programs of up to some length compute, each with its reference program.
///
/// The reference program of a function is one of its shortest programs. Without its first instruction, it is the
/// reference program of the function that is left to do. The function that is left of a training function is never a
/// held-out one. The catalogue is built from functions that are one instruction shorter: O(functions x instructions).
struct ProgramCatalog: Sendable {
  struct Entry: Sendable {
    var function: ListFunction
    var program: Program
    var depth: Int
    var hash: UInt64
    /// Whether training may show the function: it and all that its program leaves to do are on the training side.
    var isTrainable: Bool
  }
  /// The functions, ordered by depth; the first is the identity, of depth 0.
  let entries: [Entry]
  private let indices: [ListFunction: Int]
  private let permutations: [[Int]]
  private let bySplit: [TaskSplit: [[Int]]]

  /// The instructions of the hidden programs on lists of `length`: every `add i d` and `swap i j`.
  static func instructions(length: Int) -> [Instruction] {
    let swaps = (1...length).flatMap { i in (1...length).filter { $0 > i }.map { Instruction.swap(i, $0) } }
    return swaps + (1...length).flatMap { i in (1...9).map { Instruction.add(i, $0) } }
  }

  init(depth: Int, length: Int) {
    let instructions = Self.instructions(length: length)
    let identity = ListFunction.identity(length: length)
    var entries = [
      Entry(
        function: identity, program: Program(), depth: 0, hash: Self.hash(identity, depth: 0),
        isTrainable: true)
    ]
    var indices = [identity: 0]
    var layer = 0..<1
    for level in 1...depth {
      for rest in layer {
        for instruction in instructions {
          let function = entries[rest].function.preceded(by: instruction)
          let hash = Self.hash(function, depth: level)
          let entry = Entry(
            function: function, program: Program([instruction] + entries[rest].program.instructions),
            depth: level,
            hash: hash, isTrainable: entries[rest].isTrainable && TaskSplit(hash: hash) == .train)
          if let known = indices[function] {
            let isBetter = entry.isTrainable && !entries[known].isTrainable && entries[known].depth == level
            if isBetter { entries[known] = entry }
          } else {
            indices[function] = entries.count
            entries.append(entry)
          }
        }
      }
      layer = layer.upperBound..<entries.count
    }
    self.entries = entries
    self.indices = indices
    var seen: Set<[Int]> = []
    permutations = entries.map(\.function.sources).filter { seen.insert($0).inserted }
    let none = [[Int]](repeating: [], count: depth + 1)
    var bySplit: [TaskSplit: [[Int]]] = [.train: none, .heldOut: none]
    for (index, entry) in entries.enumerated() {
      if entry.isTrainable { bySplit[.train]?[entry.depth].append(index) }
      if TaskSplit(hash: entry.hash) == .heldOut { bySplit[.heldOut]?[entry.depth].append(index) }
    }
    self.bySplit = bySplit
  }

  /// The functions of one depth that problems of one side of the split are drawn from.
  func functions(depth: Int, split: TaskSplit) -> [Int] { bySplit[split]?[depth] ?? [] }

  /// The entry of a function; `nil` if no program of the catalogue's length computes it.
  func entry(of function: ListFunction) -> Entry? { indices[function].map { entries[$0] } }

  /// The shortest function that turns every input into its output, the first of equals. O(permutations).
  func solution(of examples: Examples) -> Entry? {
    permutations.compactMap { ListFunction(sources: $0, fitting: examples) }.compactMap { indices[$0] }.min()
      .map { entries[$0] }
  }

  /// Single instructions are steps of everything and always on the training side.
  private static func hash(_ function: ListFunction, depth: Int) -> UInt64 {
    var fingerprint = Fingerprint()
    for value in function.sources + function.shifts { fingerprint.add(UInt8(value)) }
    return depth < 2 ? TaskSplit.trainingHash(fingerprint.value) : fingerprint.value
  }
}
