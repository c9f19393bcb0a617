import PropertyTesting
import Testing

@Suite("Generators")
struct GeneratorTests {
  @Test("integers stay in their range, also at the ends of their type")
  func integers() {
    forAll("a small range", .integer(in: -3...7)) { (-3...7).contains($0) }
    forAll("bytes", Generator<UInt8>.integer(in: 250...255)) { $0 >= 250 }
    forAll("everything", Generator<Int>.integer()) { _ in true }
    forAll("one value", Generator<Int>.integer(in: .min ... .min)) { $0 == .min }
  }

  @Test("doubles are finite and stay in their range")
  func doubles() {
    forAll("a range without whole numbers", .double(in: 0.25...0.75)) { (0.25...0.75).contains($0) }
    forAll("a wide range", .double(in: -1e300...1e300)) { $0.isFinite && abs($0) <= 1e300 }
  }

  @Test("composed generators keep the invariants of their parts")
  func composed() {
    let sorted = Generator.array(of: .integer(in: 0...9), count: 1...5).map { $0.sorted() }
    let indexed = sorted.flatMap { list in Generator.zip(.constant(list), .integer(in: 0...list.count - 1)) }
    forAll("an index lies in its list", indexed.filter { $0.0.count > 1 }) { list, index in
      list.count > 1 && list.indices.contains(index) && list == list.sorted()
    }
    forAll("a permutation has every index once", .permutation(of: 7)) { $0.sorted() == Array(0..<7) }
    let either = Generator.oneOf(.constant("x"), .string(count: 3...3))
    forAll("one of two", either) { $0 == "x" || $0.count == 3 }
    forAll("an optional", Generator.optional(.integer(in: 1...2))) { $0 == nil || $0 == 1 || $0 == 2 }
  }

  @Test("every value of a small type is drawn")
  func coverage() {
    for wanted in 0...5 {
      let found = try? counterexample(to: "never", for: .integer(in: 0...5), count: 200) { $0 != wanted }
      #expect(found?.value == wanted)
    }
  }

  @Test("a filter nothing passes is an error, not an endless loop")
  func impossibleFilter() {
    #expect(throws: PropertyError.self) {
      try counterexample(to: "empty", for: Generator.bool.filter { _ in false }) { _ in true }
    }
  }
}
