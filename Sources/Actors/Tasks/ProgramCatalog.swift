/// Every function that programs of up to some depth compute, each with its canonical program.
///
/// Two programs are the same function when they agree on a fixed set of probe lists. The canonical program of a
/// function is the first, in the order of the instruction set, among its shortest; so every tail of a canonical
/// program is canonical too, and one problem has one reference solution.
/// Built breadth first from the functions of the level below: O(functions x instructions x probes).
struct ProgramCatalog: Sendable {
  struct Entry: Sendable {
    var program: Program
    var depth: Int
    var hash: UInt64
  }
  /// By depth, then in canonical order; the first is the identity, of depth 0.
  let entries: [Entry]
  /// Indices into `entries`: train and held out, by depth.
  private let indices: [TaskSplit: [[Int]]]

  /// How many random lists tell functions apart.
  static let probeCount = 16
  /// The most functions a catalogue may hold.
  static let maximumEntries = 200_000

  /// Returns `nil` when there would be more than `maximumEntries` functions.
  init?(instructions: [Instruction], depth: Int, listLength: Int) {
    let probes = Self.probes(listLength: listLength)
    var seen: Set<[UInt8]> = [Self.bytes(probes)]
    var entries = [Entry(program: Program(), depth: 0, hash: Self.hash(probes))]
    var layer = [(program: Program(), lists: probes)]
    for level in 1...depth {
      var next: [(program: Program, lists: [[Int]])] = []
      for (program, lists) in layer {
        for instruction in instructions {
          var results = lists
          for index in results.indices { instruction.apply(to: &results[index]) }
          guard seen.insert(Self.bytes(results)).inserted else { continue }
          let longer = Program(program.instructions + [instruction])
          entries.append(Entry(program: longer, depth: level, hash: Self.hash(results)))
          next.append((longer, results))
          if entries.count > Self.maximumEntries { return nil }
        }
      }
      layer = next
    }
    self.entries = entries
    let none = [[Int]](repeating: [], count: depth + 1)
    var indices: [TaskSplit: [[Int]]] = [.train: none, .heldOut: none]
    for (index, entry) in entries.enumerated() {
      indices[TaskSplit(hash: entry.hash)]?[entry.depth].append(index)
    }
    self.indices = indices
  }

  /// The functions of one depth on one side of the split.
  func functions(depth: Int, split: TaskSplit) -> [Int] { indices[split]?[depth] ?? [] }

  /// The first entry that turns every input into its output: a shortest program. O(functions), mostly one
  /// example each.
  func solution(of examples: Examples, limits: ProgramLimits) -> Entry? {
    entries.first { entry in
      examples.pairs.allSatisfy { (try? entry.program.run(on: $0.input, limits: limits).get()) == $0.output }
    }
  }

  /// Digits from a fixed linear congruential generator (Knuth's MMIX constants).
  private static func probes(listLength: Int) -> [[Int]] {
    var state: UInt64 = 0x7472_6f75_7065
    return (0..<probeCount).map { _ in
      (0..<listLength).map { _ in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int((state >> 33) % 10)
      }
    }
  }

  private static func bytes(_ lists: [[Int]]) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(lists.count * 8)
    for list in lists {
      result += list.map(UInt8.init)
      result.append(255)
    }
    return result
  }

  private static func hash(_ lists: [[Int]]) -> UInt64 {
    var fingerprint = Fingerprint()
    for byte in bytes(lists) { fingerprint.add(byte) }
    return fingerprint.value
  }
}
