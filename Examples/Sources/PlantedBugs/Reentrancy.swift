import ActorTesting
import Messaging

extension PlantedBug {
  /// The balance is checked before an `await` and changed after it: meanwhile another withdrawal has passed the check.
  static let reentrancy = PlantedBug(
    name: "reentrancy", what: "state changed across an await", seeds: 50, decisions: 2
  ) { isBroken in
    SimulatedSystem("reentrancy") { root, _ in
      let auditor = root.spawn("auditor") { Auditor($0) }
      let account = root.spawn("account") { Account($0, auditor: auditor, isBroken: isBroken) }
      for name in ["ann", "bob"] {
        root.send(Go(), to: root.spawn(name) { Customer($0, account: account) })
      }
    } violation: { played in
      played.numbers("balance").contains { $0 < 0 } ? "the account is overdrawn" : nil
    }
  }

  private struct Go: Message { static let messageName = "go" }
  private struct Withdraw: Message {
    static let messageName = "withdraw"
    var amount: Int
  }
  private struct Audit: Message {
    static let messageName = "audit"
    var amount: Int
    var reply: ReplyTo<Done>
  }

  private actor Auditor: DirectActor {
    let context: ActorContext
    init(_ context: ActorContext) { self.context = context }
    func receive(_ audit: Audit) { context.reply(Done(), to: audit.reply) }
  }

  private actor Account: SimulatedActor {
    let context: ActorContext
    private let auditor: Address<Audit>
    private let isBroken: Bool
    private var balance = 100

    init(_ context: ActorContext, auditor: Address<Audit>, isBroken: Bool) {
      self.context = context
      self.auditor = auditor
      self.isBroken = isBroken
    }

    func receive(_ withdrawal: Withdraw) async throws {
      guard balance >= withdrawal.amount else { return }
      let _: Done = try await context.ask(auditor) { Audit(amount: withdrawal.amount, reply: $0) }
      // The twin looks again: other messages were handled while this one waited.
      guard isBroken || balance >= withdrawal.amount else { return }
      balance -= withdrawal.amount
      context.note("balance", balance)
    }
  }

  private actor Customer: SimulatedActor {
    let context: ActorContext
    private let account: Address<Withdraw>

    init(_ context: ActorContext, account: Address<Withdraw>) {
      self.context = context
      self.account = account
    }

    func receive(_ go: Go) async throws {
      // One to three steps of virtual time: sometimes the two come together.
      try await context.sleep(for: .seconds(context.draw("pause") % 3))
      context.send(Withdraw(amount: 80), to: account)
    }
  }
}
