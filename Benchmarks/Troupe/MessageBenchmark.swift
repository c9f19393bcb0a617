import Foundation
import Messaging
import TroupeCLI

/// A benchmark of the delivery of messages by one thread, for `troupe bench messages`.
enum MessageBenchmark {
  /// A token on its way round the ring.
  private struct Token: Message {
    static let messageName = "token"
    var hops: Int
    func encode(to writer: inout CBORWriter) {
      writer.beginMap(1)
      writer.key("hops")
      writer.write(hops)
    }
  }

  /// The same token, encoded by way of `Codable`.
  private struct CodableToken: Message {
    static let messageName = "token"
    var hops: Int
  }

  private struct Question: Message {
    static let messageName = "question"
    var hops: Int
    var reply: ReplyTo<Answer>
    func encode(to writer: inout CBORWriter) {
      writer.beginMap(2)
      writer.key("hops")
      writer.write(hops)
      writer.key("reply")
      writer.write(reply)
    }
  }

  private struct Answer: Message {
    static let messageName = "answer"
    var hops: Int
    func encode(to writer: inout CBORWriter) {
      writer.beginMap(1)
      writer.key("hops")
      writer.write(hops)
    }
  }

  /// The addresses of a ring's actors, with which each actor finds the next.
  // Sendable unchecked: it is filled before the episode runs, and only read after that.
  private final class Ring<M: Message>: @unchecked Sendable {
    var addresses: [Address<M>] = []
    func next(after place: Int) -> Address<M> { addresses[(place + 1) % addresses.count] }
  }

  private actor Passer: DirectActor {
    let context: ActorContext
    private let ring: Ring<Token>
    private let place: Int
    init(_ context: ActorContext, _ ring: Ring<Token>, _ place: Int) {
      self.context = context
      self.ring = ring
      self.place = place
    }
    func receive(_ token: Token) {
      if token.hops > 0 { context.send(Token(hops: token.hops - 1), to: ring.next(after: place)) }
    }
  }

  private actor CodablePasser: DirectActor {
    let context: ActorContext
    private let ring: Ring<CodableToken>
    private let place: Int
    init(_ context: ActorContext, _ ring: Ring<CodableToken>, _ place: Int) {
      self.context = context
      self.ring = ring
      self.place = place
    }
    func receive(_ token: CodableToken) {
      if token.hops > 0 { context.send(CodableToken(hops: token.hops - 1), to: ring.next(after: place)) }
    }
  }

  private actor AsyncPasser: SimulatedActor {
    let context: ActorContext
    private let ring: Ring<Token>
    private let place: Int
    init(_ context: ActorContext, _ ring: Ring<Token>, _ place: Int) {
      self.context = context
      self.ring = ring
      self.place = place
    }
    func receive(_ token: Token) async throws {
      if token.hops > 0 { context.send(Token(hops: token.hops - 1), to: ring.next(after: place)) }
    }
  }

  /// An actor that asks the others round the ring one after another, once for each hop.
  private actor Asker: SimulatedActor {
    let context: ActorContext
    private let ring: Ring<Question>
    private let place: Int
    init(_ context: ActorContext, _ ring: Ring<Question>, _ place: Int) {
      self.context = context
      self.ring = ring
      self.place = place
    }
    func receive(_ question: Question) async throws {
      context.reply(Answer(hops: question.hops), to: question.reply)
      for hops in 0..<question.hops {
        let other = ring.next(after: place + hops % (ring.addresses.count - 1))
        let _: Answer = try await context.ask(other) { Question(hops: 0, reply: $0) }
      }
    }
  }

  private struct Figure {
    var name: String
    var value: Double
    var unit: String
  }

  static func run(asJSON: Bool) throws {
    var figures: [Figure] = []
    func add(_ name: String, _ value: Double, _ unit: String) {
      figures.append(Figure(name: name, value: value, unit: unit))
      if !asJSON { Console.print("\(name): \(text(value)) \(unit)") }
    }
    if !asJSON { Console.print("one thread; 1,024 actors in a ring; median of 5") }
    for pending in [1, 1000, 1_000_000] {
      var fifo = 0.0
      for strategy in ["fifo", "random", "pct", "dfs"] {
        let rate = median {
          tokens(pending, strategy, isRecorded: false) { root, ring in
            (0..<1024).map { place in root.spawn("\(place)") { Passer($0, ring, place) } }
          } token: {
            Token(hops: $0)
          }
        }
        if strategy == "fifo" { fifo = rate }
        add("synchronous handlers, \(strategy), \(pending) pending", rate / 1e6, "M messages/s")
        if strategy != "fifo" { add("  fifo is faster by", fifo / rate, "times") }
      }
    }
    add(
      "synchronous handlers, fifo, logged",
      median {
        tokens(1000, "fifo", isRecorded: true) { root, ring in
          (0..<1024).map { place in root.spawn("\(place)") { Passer($0, ring, place) } }
        } token: {
          Token(hops: $0)
        }
      } / 1e6, "M messages/s")
    add(
      "synchronous handlers, fifo, logged by way of Codable",
      median {
        tokens(1000, "fifo", isRecorded: true) { root, ring in
          (0..<1024).map { place in root.spawn("\(place)") { CodablePasser($0, ring, place) } }
        } token: {
          CodableToken(hops: $0)
        }
      } / 1e6, "M messages/s")
    for isRecorded in [false, true] {
      add(
        "asynchronous handlers, fifo\(isRecorded ? ", logged" : "")",
        median {
          tokens(1000, "fifo", isRecorded: isRecorded) { root, ring in
            (0..<1024).map { place in root.spawn("\(place)") { AsyncPasser($0, ring, place) } }
          } token: {
            Token(hops: $0)
          }
        } / 1e6, "M messages/s")
      add(
        "asks, fifo\(isRecorded ? ", logged" : "")", median { asks(isRecorded: isRecorded) } / 1e6, "M asks/s"
      )
    }
    add("the log beyond payloads", bytesPerEvent("fifo"), "bytes an event")
    add("the log beyond payloads, random", bytesPerEvent("random"), "bytes an event")
    let million = oneMillion()
    add("one million actors, each receives and sends", million.seconds, "s")
    add("  resident", million.megabytes, "MB")
    if asJSON {
      let rows = figures.map {
        "{\"name\": \(jsonQuoted($0.name)), \"value\": \($0.value), \"unit\": \(jsonQuoted($0.unit))}"
      }
      Console.print("[\(rows.joined(separator: ",\n "))]")
    }
  }

  /// Prints asks a second, which the scripts in `Benchmarks/peers` measure for other systems.
  static func runAsks() {
    Console.print("\(Int(median { asks(isRecorded: false) }))")
  }

  private static func text(_ value: Double) -> String { "\((value * 100).rounded() / 100)" }

  private static func strategy(_ name: String) -> any Strategy {
    switch name {
    case "random": RandomStrategy(seed: 1)
    case "pct": PCTStrategy(seed: 1, depth: 3, steps: 1_000_000)
    case "dfs": DFSStrategy(depth: 1000)
    default: FIFOStrategy()
    }
  }

  /// Returns the deliveries a second in a ring with `pending` tokens.
  private static func tokens<M: Message>(
    _ pending: Int, _ name: String, isRecorded: Bool,
    ring make: (ActorContext, Ring<M>) -> [Address<M>], token: (Int) -> M
  ) -> Double {
    let hops = max(1, 500_000 / pending)
    let episode = ring(pending, hops, name, isRecorded: isRecorded, make, token)
    defer { episode.close() }
    let start = ContinuousClock.now
    _ = episode.run()
    return Double(episode.eventCount) / ((ContinuousClock.now - start) / .seconds(1))
  }

  private static func ring<M: Message>(
    _ pending: Int, _ hops: Int, _ name: String, isRecorded: Bool,
    _ make: (ActorContext, Ring<M>) -> [Address<M>], _ token: (Int) -> M
  ) -> Episode {
    let ring = Ring<M>()
    var limits = EpisodeLimits()
    (limits.events, limits.mailbox) = (100_000_000, 10_000_000)
    return Episode(seed: 1, strategy: strategy(name), limits: limits, isRecorded: isRecorded) { root in
      ring.addresses = make(root, ring)
      for index in 0..<pending { root.send(token(hops), to: ring.addresses[index % ring.addresses.count]) }
    }
  }

  private static func asks(isRecorded: Bool) -> Double {
    let ring = Ring<Question>()
    var limits = EpisodeLimits()
    limits.events = 100_000_000
    let count = 200_000
    let episode = Episode(seed: 1, limits: limits, isRecorded: isRecorded) { root in
      ring.addresses = (0..<1024).map { place in root.spawn("\(place)") { Asker($0, ring, place) } }
      let starter = root.spawn("starter") { Starter($0, ring.addresses[0], count) }
      root.send(Answer(hops: 0), to: starter)
    }
    defer { episode.close() }
    let start = ContinuousClock.now
    _ = episode.run()
    return Double(count) / ((ContinuousClock.now - start) / .seconds(1))
  }

  private actor Starter: SimulatedActor {
    let context: ActorContext
    private let first: Address<Question>
    private let count: Int
    init(_ context: ActorContext, _ first: Address<Question>, _ count: Int) {
      self.context = context
      self.first = first
      self.count = count
    }
    func receive(_ answer: Answer) async throws {
      let count = count
      let _: Answer = try await context.ask(first) { Question(hops: count, reply: $0) }
    }
  }

  private static func bytesPerEvent(_ name: String) -> Double {
    let episode = ring(
      1000, 100, name, isRecorded: true,
      { root, ring in (0..<1024).map { place in root.spawn("\(place)") { Passer($0, ring, place) } } },
      { Token(hops: $0) })
    defer { episode.close() }
    _ = episode.run()
    let payloads = episode.events.reduce(0) { $0 + $1.payload.count }
    return Double(episode.record(id: "bench").encoded.count - payloads) / Double(episode.eventCount)
  }

  private static func oneMillion() -> (seconds: Double, megabytes: Double) {
    let ring = Ring<Token>()
    var limits = EpisodeLimits()
    (limits.events, limits.mailbox) = (100_000_000, 10_000_000)
    let start = ContinuousClock.now
    let episode = Episode(seed: 1, limits: limits, isRecorded: false) { root in
      ring.addresses = (0..<1_000_000).map { place in root.spawn("\(place)") { Passer($0, ring, place) } }
      for address in ring.addresses { root.send(Token(hops: 1), to: address) }
    }
    defer { episode.close() }
    _ = episode.run()
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    let fields =
      (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8))?.split(separator: " ") ?? []
    return (seconds, fields.count > 1 ? (Double(fields[1]) ?? 0) * 4096 / 1_048_576 : 0)
  }

  private static func median(_ body: () -> Double) -> Double {
    _ = body()
    return (0..<5).map { _ in body() }.sorted()[2]
  }
}
