import Testing

@testable import Policy
@testable import Serving

/// The logic of a server without sockets, threads and clocks: the test says what happens, and when.
@Suite("A server's state says what is sent, begun and cancelled")
struct ServerStateTests {
  private let body = #"{"model": "small", "prompt": "one", "max_tokens": 3, "temperature": 0}"#

  private func state(_ change: (inout ServerLimits) -> Void = { _ in }) throws -> ServerState {
    var limits = ServerLimits()
    change(&limits)
    return ServerState(try #require(ServingFixture.served), limits)
  }

  private func text(_ state: ServerState, _ id: Int) -> String {
    String(decoding: state.connections[id]?.unsent ?? [], as: UTF8.self)
  }

  private func keys(_ state: inout ServerState) -> (begun: [Int], cancelled: [Int]) {
    state.takeCommands().reduce(into: ([], [])) { keys, command in
      switch command {
      case .submit(let key, _): keys.0.append(key)
      case .cancel(let key): keys.1.append(key)
      case .stop: break
      }
    }
  }

  private func sampled(_ key: Int, _ token: Int32, isLast: Bool = false) -> Engine.Event {
    Engine.Event(
      key: key,
      what: .sampled(
        SampledToken(token: token, logProbability: -1, likeliest: []), end: isLast ? .length : nil))
  }

  @Test("requests begin in their order, as far as there is room, and those behind a large one wait for it")
  func order() throws {
    var state = try state { $0.running = 3 }
    let ids = (0..<4).map { _ in state.accepted(now: .zero) }
    for (id, n) in zip(ids, [2, 2, 1, 16]) {
      let request = TestClient.post("/v1/completions", body.dropLast() + ", \"n\": \(n)}")
      state.received(id, Array(request.utf8), now: .zero)
    }
    #expect(keys(&state).begun == [1, 2])
    state.engine([sampled(1, 5, isLast: true)], .init(), now: .zero)
    #expect(keys(&state).begun == [3, 4])
    state.engine([sampled(2, 5, isLast: true)], .init(), now: .zero)
    #expect(text(state, ids[0]).hasPrefix("HTTP/1.1 200"))
    #expect(keys(&state).begun == [5])
    state.engine([3, 4, 5].map { sampled($0, 5, isLast: true) }, .init(), now: .zero)
    #expect(keys(&state).begun == Array(6...21), "more than may run at a time run if nothing else does")
  }

  @Test(
    "time is counted from the first byte of a head, from the body, from the answer, and from what was not read"
  )
  func time() throws {
    var state = try state()
    func ending(_ id: Int) -> Connection.Ending? { state.connections[id]?.ending }
    let (idle, head, body, slow) = (
      state.accepted(now: .zero), state.accepted(now: .zero), state.accepted(now: .zero),
      state.accepted(now: .zero)
    )
    state.received(head, Array("GE".utf8), now: .seconds(50))
    state.received(
      body, Array("POST /v1/completions HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\n".utf8),
      now: .seconds(55))
    state.received(slow, Array("GET /health HTTP/1.1\r\nHost: h\r\n\r\n".utf8), now: .seconds(55))
    state.received(head, Array("T".utf8), now: .seconds(59))
    state.tick(now: .seconds(59))
    #expect([idle, head, body, slow].allSatisfy { ending($0) == .open })
    state.tick(now: .seconds(60))
    #expect(ending(idle) == .closed && ending(head) == .afterOutput)
    #expect(text(state, head).hasPrefix("HTTP/1.1 408") && ending(body) == .open)
    state.tick(now: .seconds(85))
    #expect(
      text(state, body).hasPrefix("HTTP/1.1 408") && ending(slow) == .closed, "it read nothing for 30 seconds"
    )
    // What is sent is given a second to be read.
    state.sent(head, text(state, head).utf8.count, now: .seconds(86))
    #expect(ending(head) == .lingering(until: .seconds(87)))
    state.received(head, Array("GET".utf8), now: .seconds(86))
    state.tick(now: .seconds(87))
    #expect(ending(head) == .closed)
    // A connection that was answered is idle from then on.
    let kept = state.accepted(now: .seconds(90))
    state.received(kept, Array("GET /health HTTP/1.1\r\nHost: h\r\n\r\n".utf8), now: .seconds(100))
    state.sent(kept, text(state, kept).utf8.count, now: .seconds(100))
    state.tick(now: .seconds(159))
    #expect(ending(kept) == .open)
    state.tick(now: .seconds(160))
    #expect(ending(kept) == .closed)
  }

  @Test(
    "an answer that takes too long is 504, or, in a stream, its last event; its generations are cancelled")
  func late() throws {
    var state = try state()
    let (whole, stream) = (state.accepted(now: .zero), state.accepted(now: .zero))
    state.received(whole, Array(TestClient.post("/v1/completions", body).utf8), now: .zero)
    state.received(
      stream, Array(TestClient.post("/v1/completions", body.dropLast() + ", \"stream\": true}").utf8),
      now: .zero)
    #expect(keys(&state).begun == [1, 2])
    state.engine([sampled(2, 65)], .init(), now: .seconds(1))
    state.sent(stream, text(state, stream).utf8.count, now: .seconds(590))
    state.tick(now: .seconds(600))
    #expect(keys(&state).cancelled == [1, 2])
    #expect(text(state, whole).hasPrefix("HTTP/1.1 504") && text(state, whole).contains("\"timeout\""))
    #expect(text(state, stream).contains("data: {\"error\"") && !text(state, stream).contains("[DONE]"))
    #expect(state.connections[stream]?.ending == .afterOutput)
    // What the engine still says of them is not listened to.
    state.engine([sampled(1, 65), sampled(2, 65)], .init(), now: .seconds(600))
    #expect(!text(state, whole).contains("200 OK"))
  }

  @Test(
    "a text that ends the answer cancels the generation, and tokens that were drawn meanwhile are not told")
  func stopped() throws {
    var state = try state()
    let model = try #require(ServingFixture.served)
    let id = state.accepted(now: .zero)
    let tokens = try model.tokenizer.encode("ab")
    let request = body.replacing("3", with: "9").dropLast() + ", \"stop\": \"b\"}"
    state.received(id, Array(TestClient.post("/v1/completions", String(request)).utf8), now: .zero)
    #expect(keys(&state).begun == [1])
    let letters = try "ab".map { try model.tokenizer.encode(String($0))[0] } + tokens.prefix(1)
    state.engine(letters.map { sampled(1, $0) }, .init(), now: .zero)
    #expect(keys(&state).cancelled == [1])
    let answer = text(state, id)
    #expect(answer.contains("\"text\":\"a\"") && answer.contains("\"finish_reason\":\"stop\""))
    #expect(answer.contains("\"completion_tokens\":2"))
  }

  @Test("logits that are no numbers are a 500 for those that ran, and the next request is tried")
  func lost() throws {
    var state = try state()
    let id = state.accepted(now: .zero)
    let request = Array(TestClient.post("/v1/completions", body).utf8)
    state.received(id, request, now: .zero)
    _ = keys(&state)
    state.engine([Engine.Event(key: 1, what: .lost(NotFiniteError(place: "a logit")))], .init(), now: .zero)
    #expect(text(state, id).hasPrefix("HTTP/1.1 500") && text(state, id).contains("not_finite"))
    let other = state.accepted(now: .zero)
    state.received(other, request, now: .zero)
    #expect(keys(&state).begun == [2])
  }

  @Test("a client that reads none of its answers is not read from")
  func backpressure() throws {
    var state = try state { $0.unsent = 2_000 }
    let id = state.accepted(now: .zero)
    let many = Array(String(repeating: "GET /health HTTP/1.1\r\nHost: h\r\n\r\n", count: 100).utf8)
    state.received(id, many, now: .zero)
    #expect(state.connections[id].map { $0.unsent.count < 2_200 && !$0.wantsBytes(state.limits) } == true)
    var answers = 0
    while let unsent = state.connections[id]?.unsent, !unsent.isEmpty {
      answers += String(decoding: unsent, as: UTF8.self).components(separatedBy: "HTTP/1.1 200").count - 1
      state.sent(id, unsent.count, now: .zero)
    }
    #expect(answers == 100)
  }
}
