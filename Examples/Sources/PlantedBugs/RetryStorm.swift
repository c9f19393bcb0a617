import ActorTesting
import Messaging

extension PlantedBug {
  /// Whoever gets no answer in time asks twice more, and each of those again: one slow answer, and the server drowns.
  static let retryStorm = PlantedBug(
    name: "retry storm", what: "a retry storm", seeds: 400, decisions: 2
  ) { isBroken in
    var system = SimulatedSystem("retry storm") { root, _ in
      let server = root.spawn("server") { Server($0) }
      for number in 0..<4 {
        let client = root.spawn("client-\(number)") { Client($0, server: server, isBroken: isBroken) }
        root.send(.begin, to: client)
      }
    } violation: { played in
      played.events.count { $0.kind == .delivery && $0.name == "work" } > 60
        ? "the server is asked more than sixty times for four things" : nil
    }
    system.faults.rates.delay = 0.05
    system.faults.rates.delays = .uniform(.milliseconds(100), .milliseconds(600))
    return system
  }

  private struct Job: Message {
    static let messageName = "work"
    var reply: ReplyTo<Done>
  }
  private enum Order: Message {
    static let messageName = "order"
    case begin
    case attempt(Int)
  }

  /// One job at a time, each takes a while.
  private actor Server: SimulatedActor {
    static let mailbox = Mailbox.serial
    let context: ActorContext
    init(_ context: ActorContext) { self.context = context }
    func receive(_ job: Job) async throws {
      try await context.sleep(for: .milliseconds(20))
      context.reply(Done(), to: job.reply)
    }
  }

  private actor Client: SimulatedActor {
    let context: ActorContext
    private let server: Address<Job>
    private let isBroken: Bool
    private var isDone = false
    init(_ context: ActorContext, server: Address<Job>, isBroken: Bool) {
      self.context = context
      self.server = server
      self.isBroken = isBroken
    }
    func receive(_ order: Order) async throws {
      var attempt = 0
      if case .attempt(let number) = order { attempt = number }
      guard !isDone, attempt < 5 else { return }
      do {
        let _: Done = try await context.ask(server, within: .milliseconds(90)) { Job(reply: $0) }
        isDone = true
      } catch AskError.deadline {
        if isBroken {
          for _ in 0..<2 { context.send(.attempt(attempt + 1), to: address) }
        } else {
          try await context.sleep(for: .milliseconds(Int64(200 << attempt)))
          context.send(.attempt(attempt + 1), to: address)
        }
      }
    }
  }
}
