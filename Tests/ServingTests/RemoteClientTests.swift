import Dispatch
import Foundation
import Policy
import Synchronization
import Testing

@testable import Serving

@Suite("A client of servers that may do anything", .serialized)
struct RemoteClientTests {
  private let question = RemoteQuestion(
    messages: [.init(.system, "Add."), .init(.user, "1 + 1")], maximumTokens: 8,
    sampling: .init(temperature: 0.5), seed: 0x1_0000_0007)

  private func settings(_ server: HostileServer, _ change: (inout RemoteSettings) -> Void = { _ in })
    throws -> RemoteSettings
  {
    var settings = RemoteSettings(try ServerAddress(server.url))
    settings.model = "m"
    settings.timeout = 2
    settings.retries.first = 0.01
    settings.retries.attempts = 3
    change(&settings)
    return settings
  }

  private func ask(_ client: RemoteClient, _ question: RemoteQuestion) -> Result<RemoteAnswer, RemoteError> {
    let result = Mutex<Result<RemoteAnswer, RemoteError>?>(nil)
    let done = DispatchSemaphore(value: 0)
    client.ask(question) { found in
      result.withLock { $0 = found }
      done.signal()
    }
    done.wait()
    return result.withLock { $0 } ?? .failure(.address("", "nothing came"))
  }

  private func failure(_ result: Result<RemoteAnswer, RemoteError>) -> RemoteError? {
    if case .failure(let error) = result { error } else { nil }
  }

  @Test("a question is sent as the interface says, and the answer is read whole")
  func plain() throws {
    let server = try HostileServer { _, _ in
      [
        .completion(
          "Answer: 2",
          logprobs:
            #"{"content": [{"token": "Answer: ", "logprob": -0.5}, {"token": "2", "logprob": -0.25}]}"#)
      ]
    }
    let client = try RemoteClient(
      try settings(server) { $0.keyVariable = "KEY" }, environment: ["KEY": "s3cret"])
    let answer = try ask(client, question).get()
    #expect(answer.text == "Answer: 2" && answer.served.finish == "stop" && answer.served.fingerprint == "f1")
    #expect(
      answer.served.pieces == [
        .init(text: "Answer: ", logProbability: -0.5), .init(text: "2", logProbability: -0.25),
      ])
    #expect(answer.served.promptCount == 7 && answer.served.completionCount == 2)
    let request = try #require(server.requests.first)
    #expect(request.line == "POST /v1/chat/completions HTTP/1.1")
    #expect(request.headers["authorization"] == "Bearer s3cret")
    let body = try JSONDecoder().decode(ChatRequest.self, from: Data(request.body.utf8))
    #expect(
      body.messages.map(\.role) == ["system", "user"] && body.messages.map(\.content) == ["Add.", "1 + 1"])
    #expect(body.settings.seed == 7, "servers read 31 bits")
    #expect(body.settings.maxTokens == 8 && body.settings.temperature == 0.5 && body.logprobs == true)
    #expect(client.spent.calls == 1 && client.spent.tokens == 9)
  }

  /// What a server does, what comes of it, and how often it is asked.
  struct Case: Sendable, CustomTestStringConvertible {
    var name: String
    var acts: [HostileServer.Act]
    var says: String
    var attempts: Int
    var testDescription: String { name }
  }

  static let hostile: [Case] = [
    .init(
      name: "503", acts: [.answer(503, "busy")], says: "answered with status 503: busy (asked 3 times)",
      attempts: 3),
    .init(
      name: "429 with Retry-After", acts: [.answer(429, "{}", ["Retry-After: 0.02"])],
      says: "answered with status 429: {} (asked 3 times)", attempts: 3),
    .init(
      name: "429 that asks for an hour", acts: [.answer(429, "{}", ["Retry-After: 3600"])],
      says: "answered with status 429: {}", attempts: 1),
    .init(
      name: "400", acts: [.answer(400, #"{"error": {"message": "bad\u0007 temperature"}}"#)],
      says: "answered with status 400: bad temperature", attempts: 1),
    .init(
      name: "a status that repeats the key",
      acts: [.answer(401, #"{"error": {"message": "wrong key s3cret"}}"#)],
      says: "answered with status 401: wrong key [key]", attempts: 1),
    .init(
      name: "no JSON", acts: [.answer(200, "<html>")],
      says: "what is no completion: the body is no JSON object", attempts: 3),
    .init(name: "no choices", acts: [.answer(200, "{}")], says: "it has no choices", attempts: 3),
    .init(
      name: "no content", acts: [.answer(200, #"{"choices": [{"finish_reason": "stop"}]}"#)],
      says: "its first choice has no content", attempts: 3),
    .init(
      name: "a choice of the wrong type", acts: [.answer(200, #"{"choices": 3}"#)],
      says: "choices: must be a list", attempts: 3),
    .init(
      name: "a cut body", acts: [.text("HTTP/1.1 200 OK\r\nContent-Length: 400\r\n\r\n{\"choices\"")],
      says: "no connection", attempts: 3),
    .init(
      name: "a cut stream", acts: [.stream([#"{"choices": [{"delta": {"content": "An"}}]}"#])],
      says: "the stream was cut off before [DONE]", attempts: 3),
    .init(
      name: "a stream that breaks off with an error",
      acts: [.stream([#"{"error": {"message": "out of memory"}}"#])],
      says: "the stream ended with an error: out of memory", attempts: 3),
    .init(name: "a reset connection", acts: [.reset], says: "no connection", attempts: 3),
    .init(
      name: "one byte a second",
      acts: [.text("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n")]
        + Array(repeating: [.text("x"), .wait(0.4)], count: 9).flatMap { $0 },
      says: "gave no whole answer within 1.0 s", attempts: 2),
    .init(
      name: "a body without end",
      acts: [.text("HTTP/1.1 200 OK\r\n\r\n")]
        + Array(repeating: .send(Array(repeating: 32, count: 65_536)), count: 80),
      says: "more than 1048576 bytes", attempts: 1),
    .init(
      name: "another model", acts: [.completion("2", model: "gpt-9")],
      says: #"answered with the model "gpt-9", and "m" was asked"#, attempts: 1),
    .init(
      name: "log-probabilities above 0",
      acts: [.completion("2", logprobs: #"{"content": [{"token": "2", "logprob": 0.5}]}"#)],
      says: "log-probabilities that cannot be right: 0.5 for a token", attempts: 3),
    .init(
      name: "log-probabilities of another text",
      acts: [.completion("2", logprobs: #"{"content": [{"token": "3", "logprob": -0.5}]}"#)],
      says: "their tokens do not spell the text", attempts: 3),
    .init(
      name: "more tokens than were asked for", acts: [.completion("2", tokens: 9)],
      says: "9 tokens where 8 were asked for at most", attempts: 3),
    .init(
      name: "a redirect",
      acts: [.text("HTTP/1.1 307 X\r\nLocation: http://localhost:1/steal\r\nContent-Length: 0\r\n\r\n")],
      says: "sends on to localhost, which is not followed", attempts: 1),
    .init(
      name: "a prompt that is too long",
      acts: [.answer(400, #"{"error": {"message": "too long", "code": "context_length_exceeded"}}"#)],
      says: "the prompt leaves no room", attempts: 1),
  ]

  @Test(
    "whatever a server does ends in one named error, after as many attempts as it is worth",
    arguments: hostile)
  func rude(_ example: Case) throws {
    let server = try HostileServer { _, _ in example.acts }
    let isSlow = example.name == "one byte a second"
    let client = try RemoteClient(
      try settings(server) {
        $0.keyVariable = "KEY"
        $0.maximumBytes = 1 << 20
        if isSlow { ($0.timeout, $0.retries.attempts) = (1, 2) }
      }, environment: ["KEY": "s3cret"])
    let error = try #require(failure(ask(client, question)))
    #expect("\(error)".contains(example.says), "\(error)")
    #expect(!"\(error)".contains("s3cret") && !"\(error)".contains("\u{7}"))
    #expect(server.requests.count == example.attempts)
    #expect(client.spent.calls == 0)
  }

  @Test("a server that recovers is asked again until it answers")
  func recovers() throws {
    let server = try HostileServer { number, _ in
      switch number {
      case 0: [.answer(503, "")]
      case 1: [.reset]
      default: [.completion("2")]
      }
    }
    let client = try RemoteClient(try settings(server))
    #expect(try ask(client, question).get().text == "2")
    #expect(client.spent.repeated == 2 && client.spent.calls == 1)
  }

  @Test("nobody listens, TLS that is none, and no such host are named")
  func unreachable() throws {
    func said(_ url: String) throws -> String {
      var settings = RemoteSettings(try ServerAddress(url))
      settings.model = "m"
      (settings.retries.attempts, settings.timeout) = (1, 5)
      return failure(ask(try RemoteClient(settings), question)).map { "\($0)" } ?? "an answer"
    }
    let server = try HostileServer { _, _ in [.completion("2")] }
    let port = server.port
    #expect(try said("https://127.0.0.1:\(port)/v1").contains("TLS failed"))
    server.stop()
    #expect(try said("http://127.0.0.1:1/v1").contains("no connection"))
    #expect(try said("http://no-such-host.invalid/v1").contains("no connection"))
  }

  @Test("a stream gives the same answer as a body, however it is cut")
  func streams() throws {
    let server = try HostileServer { _, _ in
      [
        .stream([
          #"{"model": "m", "choices": [{"delta": {"role": "assistant"}}]}"#,
          #"{"model": "m", "choices": [{"delta": {"content": "Answer: "}, "logprobs": {"content": [{"token": "Answer: ", "logprob": -1}]}}]}"#,
          #"{"choices": [{"delta": {"content": "ä2"}, "logprobs": {"content": [{"token": "ä2", "logprob": -0.5}]}}]}"#,
          #"{"choices": [{"delta": {}, "finish_reason": "stop"}]}"#,
          #"{"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 2}}"#, "[DONE]",
        ])
      ]
    }
    let client = try RemoteClient(try settings(server) { $0.streams = true })
    let answer = try ask(client, question).get()
    #expect(answer.text == "Answer: ä2" && answer.served.finish == "stop" && answer.served.pieces.count == 2)
    #expect(answer.served.promptCount == 3 && answer.served.completionCount == 2)
    #expect(server.requests.first?.body.contains(#""stream": true"#) == true)
  }

  @Test("events are read the same however the bytes come")
  func events() {
    let text = "data: a\r\ndata: b\r\n\r\n: a comment\n\nevent: x\ndata:c\n\ndata:\n\ndata: cut"
    let bytes = Array(text.utf8)
    let whole = ["a\nb", "c", ""].map { Array($0.utf8) }
    for size in 1...bytes.count {
      var reader = EventStreamReader()
      var found: [[UInt8]] = []
      for start in stride(from: 0, to: bytes.count, by: size) {
        found += reader.read(bytes[start..<min(bytes.count, start + size)])
      }
      #expect(found == whole)
    }
  }

  @Test("a missing key is told by its variable's name")
  func missingKey() throws {
    let server = try HostileServer { _, _ in [] }
    let made = Result {
      try RemoteClient(try settings(server) { $0.keyVariable = "THE_KEY" }, environment: [:])
    }
    #expect(throws: RemoteError.missingKey(variable: "THE_KEY")) { _ = try made.get() }
  }

  @Test("the only model of a server is found, and several are told")
  func models() throws {
    let one = try HostileServer { _, request in
      request.line.hasPrefix("GET") ? [.answer(200, #"{"data": [{"id": "m"}]}"#)] : [.completion("2")]
    }
    let client = try RemoteClient(try settings(one) { $0.model = nil })
    #expect(client.model == "m")
    let many = try HostileServer { _, _ in [.answer(200, #"{"data": [{"id": "a"}, {"id": "b"}]}"#)] }
    let made = Result { try RemoteClient(try settings(many) { $0.model = nil }) }
    #expect(throws: RemoteError.model(server: many.url, "it has several models: a, b; name one with `model`"))
    {
      _ = try made.get()
    }
  }

  @Test("an answer that was kept is not asked again, a cut line is dropped, and it counts as spent (P6)")
  func journal() throws {
    let server = try HostileServer { number, _ in [.completion("\(number)")] }
    let file = FileManager.default.temporaryDirectory.appending(path: "answers-\(UUID()).jsonl")
    defer { try? FileManager.default.removeItem(at: file) }
    var other = question
    other.seed += 1
    let first = try RemoteClient(try settings(server), journal: AnswerJournal(file))
    let answers = [try ask(first, question).get().text, try ask(first, other).get().text]
    let handle = try FileHandle(forWritingTo: file)
    try handle.seekToEnd()
    try handle.write(contentsOf: Data("{\"question\": \"cut o".utf8))
    let journal = try AnswerJournal(file)
    let again = try RemoteClient(try settings(server), journal: journal)
    #expect([try ask(again, question).get().text, try ask(again, other).get().text] == answers)
    #expect(server.requests.count == 2 && again.spent.calls == 2)
    var new = question
    new.seed += 2
    _ = try ask(again, new).get()
    #expect(try String(contentsOf: file, encoding: .utf8).split(separator: "\n").count == 3)
  }

  @Test("a budget refuses a call before it is sent")
  func budget() throws {
    let server = try HostileServer { _, _ in [.completion("2")] }
    let client = try RemoteClient(try settings(server) { $0.budget.calls = 2 })
    for _ in 0..<2 { _ = try ask(client, question).get() }
    #expect(failure(ask(client, question)) == .budget(server: server.url, "the budget of 2 calls is spent"))
    #expect(server.requests.count == 2)
  }

  @Test(
    "what is no address of a server is refused, and a password is not repeated",
    arguments: [
      ("", "no URL"), ("ftp://x/v1", "must begin with http"), ("http:///v1", "names no host"),
      ("http://u:secret@x/v1", "a user or a password"), ("http://x/v1?key=1", "a query"),
      ("localhost:8080", "must begin"),
    ])
  func addresses(_ text: String, _ says: String) {
    let error = #expect(throws: RemoteError.self) { try ServerAddress(text) }
    #expect(error.map { "\($0)" }?.contains(says) == true, "\(error.map { "\($0)" } ?? "")")
    #expect(error.map { "\($0)" }?.contains("secret") == false)
  }
}
