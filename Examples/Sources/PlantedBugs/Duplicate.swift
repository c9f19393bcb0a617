import ActorTesting
import Messaging

extension PlantedBug {
  /// A message that the network delivers twice is counted twice.
  static let duplicate = PlantedBug(
    name: "duplicate", what: "a duplicate that is counted twice", seeds: 100, decisions: 1
  ) { isBroken in
    var system = SimulatedSystem("duplicate") { root, _ in
      let till = root.spawn("till") { Till($0, isBroken: isBroken) }
      for number in 1...3 {
        root.send(.pay(till), to: root.spawn("payer-\(number)") { Payer($0, number: number) })
      }
    } violation: { played in
      (played.numbers("total").max() ?? 0) > 3 ? "more was counted than was paid" : nil
    }
    system.faults.rates.duplicate = 0.05
    return system
  }

  private struct Payment: Message {
    static let messageName = "payment"
    var payer: Int
  }
  private enum PayerMessage: Message {
    static let messageName = "payer"
    case pay(Address<Payment>)
  }

  private actor Payer: DirectActor {
    let context: ActorContext
    private let number: Int
    init(_ context: ActorContext, number: Int) {
      self.context = context
      self.number = number
    }
    func receive(_ message: PayerMessage) {
      guard case .pay(let till) = message else { return }
      context.send(Payment(payer: number), to: till)
    }
  }

  private actor Till: DirectActor {
    let context: ActorContext
    private let isBroken: Bool
    private var total = 0
    private var seen: Set<Int> = []
    init(_ context: ActorContext, isBroken: Bool) {
      self.context = context
      self.isBroken = isBroken
    }
    func receive(_ payment: Payment) {
      guard seen.insert(payment.payer).inserted || isBroken else { return }
      total += 1
      context.note("total", total)
    }
  }
}
