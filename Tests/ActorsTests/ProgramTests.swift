import Actors
import Testing

@Suite("List machine")
struct ProgramTests {
  @Test(
    "each instruction does what its documentation says",
    arguments: [
      ("add 2 7", [1, 2, 3, 9], [1, 9, 3, 9]), ("add 4 7", [1, 2, 3, 9], [1, 2, 3, 6]),
      ("swap 1 4", [1, 2, 3, 4], [4, 2, 3, 1]), ("swap 2 2", [1, 2], [1, 2]), ("dup", [1, 2], [1, 2, 1, 2]),
      ("add 0 1", [1, 2], [1, 2]), ("add 3 1", [1, 2], [1, 2]), ("swap 1 3", [1, 2], [1, 2]),
      ("rep 3 [ swap 1 2 add 1 1 ]", [1, 2], [4, 2]), ("rep 0 [ dup ]", [1, 2], [1, 2]),
      ("rep 2 [ rep 2 [ add 1 2 ] swap 1 2 ]", [0, 1], [4, 5]), ("", [1, 2], [1, 2]),
      ("swap 1 2 add 1 3 dup", [], []),
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
    let fuel = try Program(parsing: "rep 9 [ rep 9 [ rep 9 [ rep 9 [ add 1 1 ] ] ] ]")
    #expect(fuel.run(on: [1]) == .failure(.outOfFuel(limit: 4096)))
    #expect(try Program(parsing: "rep 9 [ dup ]").run(on: [1]) == .failure(.outOfMemory(limit: 64)))
    #expect(
      Program().run(on: Array(repeating: 0, count: 65)) == .failure(.outOfMemory(limit: 64)))
  }

  @Test(
    "a mistake has a line, a column and a reason",
    arguments: [
      ("dup\n  swpa 1 2", "2:3: unknown instruction `swpa`; did you mean `swap`?"),
      ("add 1", "1:6: `add` takes digits, found the end of the text"),
      ("swap 1 2 3", "1:10: unknown instruction `3`"), ("add 12 1", "1:5: `add` takes digits, found `12`"),
      ("rep 2 [ dup", "1:12: expected `]`, found the end of the text"),
      ("rep 2 dup", "1:7: expected `[`, found `dup`"), ("dup ]", "1:5: unknown instruction `]`"),
      (
        "rep 1 [ rep 1 [ rep 1 [ rep 1 [ rep 1 [ dup ] ] ] ] ]",
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
      let i = Int.random(in: 0...9, using: &generator)
      switch Int.random(in: 0..<(depth < Program.maximumNesting ? 4 : 3), using: &generator) {
      case 0: return .add(i, d)
      case 1: return .swap(i, d)
      case 2: return .duplicate
      default: return .loop(d, randomInstructions(depth: depth + 1, using: &generator))
      }
    }
  }
}
