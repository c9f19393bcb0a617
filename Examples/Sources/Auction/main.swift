import Sim
import TroupeCLI

CommandLineTool.main { registry in
  try registry.register(Auctioneer.self)
  try registry.register(Bidder.self)
  try registry.expect("prices only rise") { played in
    let prices = played.notes("price").compactMap { Int(String(decoding: $0, as: UTF8.self)) }
    return zip(prices, prices.dropFirst()).allSatisfy(<) ? nil : "the price fell: \(prices)"
  }
  try registry.expect("nobody pays more than it is worth to them") { played in
    let worths = played.notes("worth").compactMap { Int(String(decoding: $0, as: UTF8.self)) }
    let prices = played.notes("price").compactMap { Int(String(decoding: $0, as: UTF8.self)) }
    guard let price = prices.last, let most = worths.max() else { return nil }
    return price <= most ? nil : "sold at \(price), and worth at most \(most) to anybody"
  }
}
