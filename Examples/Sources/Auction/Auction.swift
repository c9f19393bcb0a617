import ActorTesting
import Messaging
import Sim

/// Sells one thing to whoever bids most, in rounds: everybody is asked, and whoever does not outbid the price in time is
/// out of the round. It ends when nobody outbids the highest any more.
actor Auctioneer: ScenarioActor {
  static let kind = "auctioneer"
  static let options = [
    ScenarioCatalogue.Option("start", 10, in: 0...1_000_000),
    ScenarioCatalogue.Option("milliseconds", 100, in: 1...100_000),
  ]

  let context: ActorContext
  private let patience: Duration
  private var price: Int

  init(_ context: ActorContext, options: [String: Int]) {
    self.context = context
    price = options["start"] ?? 0
    patience = .milliseconds(options["milliseconds"] ?? 0)
  }

  static func beginning(_ name: String, _ cast: Cast) -> Sale? {
    Sale(bidders: cast.addresses(), names: cast.names(ofKind: Bidder.kind))
  }

  func receive(_ sale: Sale) async throws {
    var holder: Int?
    while true {
      var best: (bidder: Int, bid: Int)?
      // Everybody is asked at the same time; the first of two equal bids counts.
      try await withThrowingTaskGroup(of: (Int, Int?).self) { group in
        for (index, bidder) in sale.bidders.enumerated() where index != holder {
          group.addTask { (index, try await self.bid(of: bidder)) }
        }
        for try await (index, bid) in group {
          guard let bid, bid > price, bid > best?.bid ?? price else { continue }
          best = (index, bid)
        }
      }
      guard let best else { break }
      (holder, price) = (best.bidder, best.bid)
      context.note("price", Array("\(price)".utf8))
    }
    guard let holder else { return context.finish(PlayedAnswer(text: "unsold", reward: 0).encoded) }
    context.send(.sold(price), to: sale.bidders[holder])
    context.finish(PlayedAnswer(text: "\(sale.names[holder]) at \(price)", reward: Double(price)).encoded)
  }

  private func bid(of bidder: Address<BidderMessage>) async throws -> Int? {
    do {
      let price = price
      let bid: Bid = try await context.ask(bidder, within: patience) { .offer(price, $0) }
      return bid.amount
    } catch AskError.deadline {
      return nil
    }
  }
}

struct Sale: Message {
  static let messageName = "sale"
  var bidders: [Address<BidderMessage>]
  var names: [String]
}

struct Bid: Message {
  static let messageName = "bid"
  /// `nil`: no more.
  var amount: Int?
}

enum BidderMessage: Message {
  static let messageName = "bidder"
  case offer(Int, ReplyTo<Bid>)
  case sold(Int)
}

/// Bids a little more, up to what the thing is worth to it.
actor Bidder: ScenarioActor, DirectActor {
  static let kind = "bidder"
  static let options = [
    ScenarioCatalogue.Option("least", 50, in: 0...1_000_000),
    ScenarioCatalogue.Option("most", 150, in: 0...1_000_000),
  ]

  let context: ActorContext
  private let worth: Int

  init(_ context: ActorContext, options: [String: Int]) {
    self.context = context
    let (least, most) = (options["least"] ?? 0, max(options["least"] ?? 0, options["most"] ?? 0))
    worth = least + Int(context.draw("worth") % UInt64(most - least + 1))
    context.note("worth", Array("\(worth)".utf8))
  }

  static func beginning(_ name: String, _ cast: Cast) -> BidderMessage? { nil }

  func receive(_ message: BidderMessage) {
    guard case .offer(let price, let reply) = message else { return }
    let bid = price + 1 + Int(context.draw("raise") % 10)
    context.reply(Bid(amount: bid <= worth ? bid : nil), to: reply)
  }
}
