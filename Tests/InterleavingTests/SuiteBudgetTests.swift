import Testing

@testable import InterleavingTesting

@Suite("one budget for the tests of a suite")
struct SuiteBudgetTests {
  private func shares(_ names: [String], total: Double = 12) -> BudgetShares<String> {
    var shares = BudgetShares<String>(total: total)
    for name in names { shares.add(name) }
    return shares
  }

  @Test("tests that begin together, or use all that they get, have equal shares")
  func equal() {
    var together = shares(["a", "b", "c"])
    let granted = ["a", "b", "c"].map { together.begin($0, hasArguments: false) }
    #expect(granted == [4, 4, 4])
    var behind = shares(["a", "b", "c"])
    for name in ["c", "a", "b"] {
      #expect(behind.begin(name, hasArguments: false) == 4)
      behind.end(name, unused: 0)
    }
  }

  @Test("what a test does not use is left to those that begin later, in equal shares")
  func unused() {
    var shares = shares(["a", "b", "c"])
    #expect(shares.begin("a", hasArguments: false) == 4)
    shares.end("a", unused: 3)
    #expect(shares.begin("b", hasArguments: false) == 5.5)
    shares.end("b", unused: -1)
    #expect(shares.begin("c", hasArguments: false) == 5.5)
  }

  @Test("the arguments of a test share what the test gets")
  func arguments() {
    var shares = shares(["a", "b"])
    #expect(shares.begin("a", hasArguments: true) == 3)
    shares.end("a", unused: 0)
    #expect(shares.begin("b", hasArguments: false) == 6)
    #expect(shares.begin("a", hasArguments: true) == 1.5)
    shares.end("a", unused: 0.5)
    #expect(shares.begin("a", hasArguments: true) == 1)
  }

  @Test("tests that are run once more have the whole budget again")
  func again() {
    var shares = shares(["a", "b"])
    for _ in 0..<3 {
      for name in ["a", "b"] {
        #expect(shares.begin(name, hasArguments: false) == 6)
        shares.end(name, unused: 0)
      }
    }
  }

  static let trait: InterleavingsTrait = .interleavings(.seconds(0.05))

  @Suite("a suite with two tests, which share its budget", Self.trait, .serialized)
  struct Shared {
    @Test("the first test finds that one has not begun")
    func first() { #expect(SuiteBudgetTests.trait.budget?.waiting == 1) }
    @Test("the second test finds that none is left")
    func second() { #expect(SuiteBudgetTests.trait.budget?.waiting == 0) }
  }

  @Test("a number of schedules is for each test")
  func schedules() {
    let trait: InterleavingsTrait = .interleavings(10)
    #expect(trait.budget == nil)
  }
}
