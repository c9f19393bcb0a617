import InterleavingTesting
import PropertyTesting
import Testing

// This file imports what a user imports, and nothing of the modules below: the compiler treats closures for functions of a
// module that is not imported in another way, and checks at run time on which actor they run.
@Suite("properties over time, as a user writes them")
struct OutsidePropertyTests {
  actor Account {
    private(set) var balance: Int
    init(_ balance: Int) { self.balance = balance }
    func add(_ amount: Int) { balance += amount }
  }

  @Test("a property reads actors between two parts", .interleavings(50))
  func transfersAreCovered() async {
    let (from, to) = (Account(7), Account(5))
    always("no money is made") { states in
      states.read(from) { $0.balance } + states.read(to) { $0.balance } <= 12
    }
    eventually("the transfer has arrived", state: { states in states.read(to) { $0.balance } }) { states in
      states.read(to) { $0.balance } == 10
    }
    await from.add(-5)
    await to.add(5)
  }
}
