import Messaging
import Testing

@testable import Sim

@Suite("The work of an episode")
struct LoggedWorkTests {
  private func event(
    _ number: Int, _ kind: EventRecord.Kind, _ subject: String, _ peer: String = "", asks: String?? = .none,
    call: Int = 0
  ) -> ExportedEpisode.Event {
    let record = EventRecord(
      number: number, time: .microseconds(number), kind: kind, subject: subject, peer: peer, name: "m",
      call: call)
    return ExportedEpisode.Event(
      record: record, said: nil, message: nil, fault: nil, asks: asks.map { .init(role: $0) })
  }

  private func told(_ work: [LoggedWork]) -> [String] {
    work.map { piece in
      "\(piece.kind) \(piece.actor) \(piece.name) \(piece.first)-\(piece.last)\(piece.isAnswered ? "" : "?")"
        + (piece.parent.map { " in \($0)" } ?? "")
    }
  }

  @Test("two asks at once, calls that overlap, and an ask that nobody answers")
  func overlapping() {
    let events = [
      event(0, .spawn, "b"), event(1, .delivery, "b", "a", asks: .some(nil)),
      event(2, .delivery, "b", "a", asks: .some(nil)), event(3, .reply, "a", "b"), event(4, .reply, "a", "b"),
      event(5, .restart, "b"), event(6, .call, "c", call: 1), event(7, .call, "c", call: 2),
      event(8, .completion, "c", call: 1), event(9, .completion, "c", call: 2),
      event(10, .delivery, "b", "a", asks: .some(nil)), event(11, .note, "c"),
    ]
    #expect(
      told(LoggedWork.found(in: events, tools: [])) == [
        "agent b b 1-3", "agent b b 2-4", "agent c c 6-11", "call c m 6-8 in 2", "call c m 7-9 in 2",
        "agent b b 10-11?",
      ])
  }

  @Test("an actor works for who asked it, and a tool is known by its name")
  func nested() {
    let events = [
      event(0, .delivery, "root/boss"), event(1, .delivery, "root/boss/a", "root/boss", asks: "solve"),
      event(2, .delivery, "root/boss/b", "root/boss/a", asks: "run"),
      event(3, .reply, "root/boss/a", "root/boss/b"),
      event(4, .reply, "root/boss", "root/boss/a"), event(5, .finish, "root/boss"),
    ]
    #expect(
      told(LoggedWork.found(in: events, tools: ["run"])) == [
        "agent root/boss boss 0-5", "agent root/boss/a solve 1-4 in 0", "tool root/boss/b run 2-3 in 1",
      ])
    #expect(LoggedWork.found(in: [], tools: []).isEmpty)
  }

  @Test("virtual time is told as dates, the leap day of 2000 among them, and as nanoseconds")
  func dates() {
    #expect(ExportTime.date(.zero) == "2000-01-01T00:00:00.000000+00:00")
    #expect(ExportTime.date(.milliseconds(80)) == "2000-01-01T00:00:00.080000+00:00")
    #expect(ExportTime.date(.seconds(59 * 86_400)) == "2000-02-29T00:00:00.000000+00:00")
    #expect(ExportTime.date(.seconds(366 * 86_400 - 1)) == "2000-12-31T23:59:59.000000+00:00")
    // `date -u -d @2000000000`
    #expect(ExportTime.date(.seconds(2_000_000_000 - ExportTime.epoch)) == "2033-05-18T03:33:20.000000+00:00")
    #expect(ExportTime.nanoseconds(.nanoseconds(1_500_000_001)) == 1_500_000_001)
    #expect(ExportTime.unixNanoseconds(.zero) == 946_684_800_000_000_000)
    // What no tool can hold is told as the latest time.
    #expect(ExportTime.nanoseconds(.seconds(Int64.max)) == 4_000_000_000_000_000_000)
    #expect(ExportTime.nanoseconds(.seconds(-1)) == 0)
  }
}
