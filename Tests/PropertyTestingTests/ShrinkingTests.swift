import PropertyTesting
import Testing

@Suite("Shrinking")
struct ShrinkingTests {
  private func smallest<Value>(
    _ values: Generator<Value>, count: Int = 1_000, _ holds: (Value) throws -> Bool
  ) throws -> Value {
    try #require(try counterexample(to: "it", for: values, count: count, holds)).value
  }

  @Test("an integer shrinks to the least failing one, from either side")
  func integer() throws {
    #expect(try smallest(.integer(in: 0...1_000_000)) { $0 < 4_321 } == 4_321)
    #expect(try smallest(.integer(in: -1_000_000...1_000_000)) { $0 > -77 } == -77)
    #expect(try smallest(.integer(in: -1_000_000...1_000_000)) { abs($0) < 10 } == 10)
    #expect(try smallest(.integer(in: 5...9)) { _ in false } == 5)
    #expect(try smallest(.integer(in: -9 ... -5)) { _ in false } == -5)
  }

  @Test("a list shrinks to the elements that matter")
  func list() throws {
    let lists = Generator.array(of: .integer(in: 0...1_000), count: 0...30)
    #expect(try smallest(lists) { $0.count < 3 } == [0, 0, 0])
    #expect(try smallest(lists) { $0.allSatisfy { $0 < 700 } } == [700])
    #expect(try smallest(lists) { $0 == $0.sorted() } == [1, 0])
    #expect(try smallest(lists) { $0.reduce(0, +) < 1_500 } == [500, 1_000])
  }

  @Test("shrinking goes through map, flatMap and filter")
  func composed() throws {
    let even = Generator.integer(in: 0...10_000).map { $0 * 2 }
    #expect(try smallest(even) { $0 < 101 } == 102)
    let odd = Generator.integer(in: 0...10_000).filter { $0 % 2 == 1 }
    #expect(try smallest(odd) { $0 < 100 } == 101)
    // A length drawn first, then so many elements: the list must lose both together.
    let counted = Generator.integer(in: 0...20).flatMap {
      Generator.array(of: .integer(in: 0...9), count: $0...$0)
    }
    #expect(try smallest(counted) { !$0.contains(7) } == [7])
  }

  @Test("tuples and strings shrink part by part")
  func parts() throws {
    let pair = try smallest(.zip(.integer(in: 0...500), .integer(in: 0...500))) { $0.0 + $0.1 < 300 }
    #expect(pair.0 == 0 && pair.1 == 300)
    #expect(try smallest(.string()) { !$0.contains("c") } == "c")
  }

  @Test("a thrown error is a failure and its text is the reason")
  func thrown() throws {
    struct Broken: Error, CustomStringConvertible { let description = "broke" }
    let found = try counterexample(to: "it", for: .integer(in: 0...9)) { value in
      if value > 2 { throw Broken() }
      return true
    }
    #expect(found?.value == 3)
    #expect(found?.reason == "broke")
  }

  @Test("the same seed finds and shrinks the same counterexample")
  func determinism() throws {
    let lists = Generator.array(of: .double(in: -1...1), count: 0...20)
    let once = try counterexample(to: "small", for: lists, seed: 9) { $0.reduce(0, +) < 2 }
    let again = try counterexample(to: "small", for: lists, seed: 9) { $0.reduce(0, +) < 2 }
    #expect(once != nil)
    #expect(once?.description == again?.description)
  }

  @Test("the standard seed draws what it has always drawn")
  func goldenValues() throws {
    // Recorded from this implementation: guards that a suite's verdict stays the same from version to version.
    var seen: [Int] = []
    _ = try counterexample(to: "record", for: .integer(in: 0...999), count: 5, seed: PropertySeed.standard) {
      seen.append($0)
      return true
    }
    #expect(seen == [798, 596, 659, 528, 399])
  }

  @Test("forAll reports property, smallest example and seed as one issue")
  func report() throws {
    let found = try #require(
      try counterexample(to: "below ten", for: .integer(in: 0...99), seed: 5) { $0 < 10 })
    #expect(found.description.contains("below ten"))
    #expect(found.description.contains("smallest example: 10"))
    #expect(found.description.contains("TROUPE_PROPERTY_SEED=5"))
    withKnownIssue {
      forAll("below ten", .integer(in: 0...99), seed: 5) { $0 < 10 }
    } matching: {
      $0.comments.first?.rawValue == found.description
    }
  }
}
