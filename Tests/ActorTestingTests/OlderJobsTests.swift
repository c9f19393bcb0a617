import ActorTesting
import Foundation
import Messaging
import Testing

/// Records that a program of commit 52b7db8 wrote, in which a plain actor ran what waited at it in one go.
@Suite("Logs of jobs from before plain actors had gates")
struct OlderJobsTests {
  struct Begin: Message { static let messageName = "begin" }
  actor Account {
    private(set) var balance = 0
    func set(_ balance: Int) { self.balance = balance }
    func add(_ amount: Int) { balance += amount }
  }
  actor Bank: SimulatedActor {
    let context: ActorContext
    private let isBroken: Bool
    private let tasks: Int
    init(_ context: ActorContext, isBroken: Bool, tasks: Int) {
      (self.context, self.isBroken, self.tasks) = (context, isBroken, tasks)
    }
    func receive(_ begin: Begin) async {
      let account = Account()
      if !isBroken { await account.set(1) }
      await withTaskGroup(of: Void.self) { group in
        if isBroken { group.addTask { await account.set(1) } }
        for amount in 2...tasks { group.addTask { await account.add(amount) } }
      }
      context.note("balance", [UInt8(await account.balance)])
      try? await context.sleep(for: .seconds(1))
      await withTaskGroup(of: Void.self) { group in
        for amount in 2...tasks { group.addTask { await account.set(amount) } }
      }
      context.note("balance", [UInt8(await account.balance)])
    }
  }

  static let records = [
    "Cm9sZC1yYW5kb20AAAcGcmFuZG9tA8CEPaCNBgAAAAAFAgMDAgUBBAEBBAIBBAQBBoMBAAAACXJvb3QvYmFuawAAAgABAAEABHJvb3QABWJlZ2luAaAGAAECAAdiYWxhbmNlAQoDgKjWuQcBAgIABgABAgUBAg0AAwIAOW5vdGhpbmcgaXMgbGVmdCB0byBoYXBwZW4gYW5kIG5vYm9keSBmaW5pc2hlZCB0aGUgZXBpc29kZQA=",
    "B29sZC1wY3QAAAMIcGN0IDMgMjADwIQ9oI0GAAAAAAwCAgQCAwMCBAMCBQECBgECBwECCAECCgEEAQIEAgMEBAIEBgEGgwEAAAAJcm9vdC9iYW5rAAACAAEAAQAEcm9vdAAFYmVnaW4BoAYAAQIAB2JhbGFuY2UBAQOAqNa5BwECAgAGAAECBQEDDQADAgA5bm90aGluZyBpcyBsZWZ0IHRvIGhhcHBlbiBhbmQgbm9ib2R5IGZpbmlzaGVkIHRoZSBlcGlzb2RlAA==",
  ]

  private static func setUp(_ root: ActorContext) {
    root.send(Begin(), to: root.spawn("bank") { Bank($0, isBroken: true, tasks: 4) })
  }

  @Test(
    "an older record replays, is written as it was read, and a fork with its seed equals it",
    .enabled(if: isReleaseBuild, "the records are of a release build, whose jobs a debug build may not have"),
    arguments: records)
  func replays(text: String) throws {
    let bytes = [UInt8](try #require(Data(base64Encoded: text)))
    let record = try EpisodeRecord(encoded: bytes)
    #expect(record.encoded == bytes && record.rules == .awaitsOutsideActors)
    let history = try EpisodeHistory(record)
    let replay = Episode(replaying: history, setup: Self.setUp)
    defer { replay.close() }
    let outcome = try #require(history.outcome)
    #expect("\(replay.run())" == "\(outcome)")
    #expect(replay.events == history.events)
    #expect(replay.plan == record.plan)
    for event in 0...history.eventCount {
      let fork = Episode(forking: history, at: event, seed: record.seed, setup: Self.setUp)
      defer { fork.close() }
      _ = fork.run()
      #expect(fork.events == history.events && fork.plan == record.plan)
    }
  }

  static let isReleaseBuild: Bool = {
    var isRelease = true
    assert(
      {
        isRelease = false
        return true
      }())
    return isRelease
  }()
}
