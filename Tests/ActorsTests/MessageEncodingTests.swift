import Actors
import PropertyTesting
import Testing

@testable import Messaging

@Suite("Messages that write themselves")
struct MessageEncodingTests {
  private static let text = Generator.string(of: "ab1 ;é😀", count: 0...30)

  private static func optional<Value>(_ generator: Generator<Value>) -> Generator<Value?> {
    .oneOf(.constant(nil), generator.map { $0 })
  }

  private static let work = Generator.zip(
    .zip(text, text), .zip(optional(text), optional(text), optional(Generator.bool))
  ).map { texts, rest in
    Work(state: texts.0, program: texts.1, proposal: rest.0, answer: rest.1, verdict: rest.2)
  }

  @Test("a request's bytes are those of Codable")
  func request() {
    let number = Generator<Int>.integer(in: 0...100_000)
    forAll("same bytes", .zip(Self.work, Self.text, .zip(number, number, number))) { work, role, numbers in
      let request = WorkRequest(
        id: CallID(statement: numbers.0, index: numbers.1), role: role, work: work,
        reply: ReplyTo(ask: numbers.2))
      return try request.encoded == CBOREncoder.encode(request)
    }
  }

  @Test("a reply's bytes are those of Codable, with work and with a fault")
  func reply() {
    let fault = Generator<WorkFault>.oneOf(
      .constant(.timedOut), .constant(.truncated), Self.text.map { .malformed($0) },
      Self.text.map { .toolFailed($0) })
    let result = Generator<Result<Work, WorkFault>>.oneOf(
      Self.work.map { .success($0) }, fault.map { .failure($0) })
    forAll("same bytes", .zip(result, .integer(in: 0...70_000))) { result, tokens in
      let reply = WorkReply(result, tokens: tokens)
      return try reply.encoded == CBOREncoder.encode(reply)
    }
  }
}
