import Actors
import Testing

@Suite("List machine")
struct ProgramTests {
  @Test(
    "each instruction does what its documentation says",
    arguments: [
      ("rev", [1, 2, 3, 4], [4, 3, 2, 1]), ("sort", [3, 1, 2, 1], [1, 1, 2, 3]),
      ("swap", [1, 2, 3, 4], [4, 2, 3, 1]), ("scan", [5, 6, 7, 0], [5, 1, 8, 8]),
      ("rot 1", [1, 2, 3, 4], [2, 3, 4, 1]), ("rot 6", [1, 2, 3, 4], [3, 4, 1, 2]),
      ("add 7", [1, 2, 3, 9], [8, 9, 0, 6]), ("mul 3", [1, 2, 3, 4], [3, 6, 9, 2]),
      ("take 2", [1, 2, 3], [1, 2]), ("drop 2", [1, 2, 3], [3]), ("dup", [1, 2], [1, 2, 1, 2]),
      ("rep 3 [ rot 1 add 1 ]", [1, 2, 3, 4], [7, 4, 5, 6]), ("rep 0 [ rev ]", [1, 2], [1, 2]),
      ("rep 2 [ rep 2 [ add 2 ] rev ]", [0, 1], [8, 9]), ("", [1, 2], [1, 2]),
      ("swap rot 3 scan rev sort", [], []),
    ])
  func semantics(text: String, input: [Int], output: [Int]) throws {
    #expect(try Program(parsing: text).run(on: input).get() == output)
  }

  @Test("printing and parsing round-trip for every program")
  func roundTrip() throws {
    var generator = SplitMix(3)
    for _ in 0..<1000 {
      let program = Program(randomInstructions(depth: 0, using: &generator))
      #expect(try Program(parsing: program.description) == program)
    }
  }

  @Test("every program ends, by finishing or by a fault, within its limits")
  func alwaysEnds() throws {
    var generator = SplitMix(4)
    let limits = ProgramLimits(fuel: 500, length: 20)
    for _ in 0..<1000 {
      let program = Program(randomInstructions(depth: 0, using: &generator))
      switch program.run(on: [1, 2, 3, 4], limits: limits) {
      case .success(let list): #expect(list.count <= 20 && list.allSatisfy { (0...9).contains($0) })
      case .failure(let fault):
        #expect(fault == .outOfFuel(limit: 500) || fault == .outOfMemory(limit: 20))
      }
    }
  }

  @Test("a program that would run for long, or grow without end, is a fault and not a hang")
  func bombs() throws {
    let fuel = try Program(parsing: "rep 9 [ rep 9 [ rep 9 [ rep 9 [ rev ] ] ] ]")
    #expect(fuel.run(on: [1]) == .failure(.outOfFuel(limit: 4096)))
    #expect(try Program(parsing: "rep 9 [ dup ]").run(on: [1]) == .failure(.outOfMemory(limit: 64)))
    #expect(
      Program().run(on: Array(repeating: 0, count: 65)) == .failure(.outOfMemory(limit: 64)))
  }

  @Test(
    "a mistake has a line, a column and a reason",
    arguments: [
      ("rev\n  srot", "2:3: unknown instruction `srot`; did you mean `sort`?"),
      ("add", "1:4: `add` takes one digit, found the end of the text"),
      ("rot 1 2", "1:7: unknown instruction `2`"), ("rot 12", "1:5: `rot` takes one digit, found `12`"),
      ("rep 2 [ rev", "1:12: expected `]`, found the end of the text"),
      ("rep 2 rev", "1:7: expected `[`, found `rev`"), ("rev ]", "1:5: unknown instruction `]`"),
      (
        "rep 1 [ rep 1 [ rep 1 [ rep 1 [ rep 1 [ rev ] ] ] ] ]",
        "1:37: loops nest at most 4 deep"
      ),
    ])
  func mistakes(text: String, message: String) {
    let error = #expect(throws: ProgramError.self) { try Program(parsing: text) }
    #expect(error?.description == message)
  }

  private func randomInstructions(depth: Int, using generator: inout SplitMix) -> [Instruction] {
    (0..<Int.random(in: 0...3, using: &generator)).map { _ in
      let d = Int.random(in: 0...9, using: &generator)
      switch Int.random(in: 0..<(depth < Program.maximumNesting ? 12 : 10), using: &generator) {
      case 0: return .reverse
      case 1: return .sort
      case 2: return .swap
      case 3: return .scan
      case 4: return .rotate(d)
      case 5: return .add(d)
      case 6: return .multiply(d)
      case 7: return .take(d)
      case 8: return .drop(d)
      case 9: return .duplicate
      default: return .loop(d, randomInstructions(depth: depth + 1, using: &generator))
      }
    }
  }
}
