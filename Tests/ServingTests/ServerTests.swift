import Foundation
import Glibc
import Policy
import Synchronization
import Testing

@testable import Serving

@Suite("A server gives each request the bytes that it gets alone", .serialized)
struct ServerTests {
  /// Bodies of every kind, each with its path.
  private static let requests: [(path: String, body: String)] = (0..<120).map { number in
    let fields = [
      "\"max_tokens\": \(3 + number % 17)", "\"temperature\": \([0, 1, 2.5][number % 3])",
      "\"seed\": \(number / 2)",
      number % 4 == 0 ? "\"stream\": true" : "\"n\": \(1 + number % 3)",
      number % 5 == 0 ? "\"grammar\": \"root ::= [a-z ]{2,9} \\\".\\\"\"" : "\"stop\": [\"e\", \"th\"]",
      number % 7 == 0 ? "\"top_k\": 5" : "\"top_p\": 0.9",
    ]
    let words = ["one", "two trees", "Größe", "the end", "日本"][number % 5]
    if number % 2 == 0 {
      let logprobs = number % 6 == 0 ? ", \"logprobs\": true, \"top_logprobs\": 3" : ""
      return (
        "/v1/chat/completions",
        "{\"model\": \"small\", \"messages\": [{\"role\": \"user\", \"content\": \"\(words)\"}], \(fields.joined(separator: ", "))\(logprobs)}"
      )
    }
    let logprobs = number % 3 == 0 ? ", \"logprobs\": 2, \"return_token_ids\": true" : ""
    return (
      "/v1/completions",
      "{\"model\": \"small\", \"prompt\": \"\(words)\", \(fields.joined(separator: ", "))\(logprobs)}"
    )
  }

  @Test("P4: 120 requests in random company, over 12 connections, have the bytes that they have alone")
  func company() throws {
    let alone = try TestServer()
    let client = try alone.client()
    let expected = try Self.requests.map { try client.post($0.path, $0.body) }
    #expect(expected.allSatisfy { $0.status == 200 }, "\(expected.first { $0.status != 200 }?.text ?? "")")
    #expect(Set(expected.map(\.text)).count > 110)
    #expect(alone.stops())
    for threads in [1, 3] {
      let server = try TestServer(threads: threads) { $0.running = 20 }
      let wrong = Mutex<[String]>([])
      DispatchQueue.concurrentPerform(iterations: 12) { worker in
        var order = Array(Self.requests.indices)
        // Another order for each worker.
        for index in order.indices { order.swapAt(index, (index * 7 + worker * 31) % order.count) }
        do {
          let client = try server.client()
          for index in order.prefix(40) {
            let response = try client.post(Self.requests[index].path, Self.requests[index].body)
            if response != expected[index] {
              wrong.withLock { $0.append("\(index): \(response.text) is not \(expected[index].text)") }
            }
          }
        } catch {
          wrong.withLock { $0.append("\(worker): \(error)") }
        }
      }
      let found = wrong.withLock { $0 }
      #expect(found.isEmpty, "\(found.count): \(found.first ?? "")")
      #expect(server.stops())
    }
  }

  @Test("P5: the tokens and log-probabilities are those of the decoder, to the bit")
  func decoder() throws {
    let model = try #require(ServingFixture.served)
    let server = try TestServer()
    let body =
      #"{"model": "small", "prompt": "two trees", "max_tokens": 30, "seed": 5, "temperature": 1.5, "logprobs": 2, "return_token_ids": true}"#
    let response = try JSONDecoder().decode(
      CompletionResponse.self, from: Data(try server.client().post("/v1/completions", body).body))
    let decoder = Decoder(model.transformer)
    let prompt = try model.tokenizer.encode("two trees")
    _ = try decoder.submit(
      GenerationRequest(
        prompt: prompt, maximumTokens: 30, sampling: SamplingParameters(temperature: 1.5), seed: 5,
        endToken: model.tokenizer.endToken))
    var generation: Generation?
    while generation == nil { generation = try decoder.step().first?.finished }
    let choice = try #require(response.choices.first)
    #expect(choice.tokenIDs == generation?.tokens && choice.promptTokenIDs == prompt)
    #expect(choice.logprobs?.tokenLogprobs == generation?.logProbabilities)
    #expect(choice.said.text == model.tokenizer.decode(generation?.tokens ?? []))
    let top = try #require(choice.logprobs?.topLogprobs)
    #expect(top.count == 30 && top.allSatisfy { $0?.count == 2 })
    #expect(response.usage == TokenUsage(promptTokens: prompt.count, completionTokens: 30))
    #expect(server.stops())
  }

  @Test("a stream says the same as a whole answer, in pieces that are text, and then the usage")
  func streams() throws {
    let server = try TestServer()
    let client = try server.client()
    for (number, (path, body)) in Self.requests.enumerated() where !body.contains("\"stream\"") {
      let whole = try client.post(path, body)
      let streamed = try client.post(
        path, body.dropLast() + ", \"stream\": true, \"stream_options\": {\"include_usage\": true}}")
      #expect(streamed.status == 200 && streamed.lines.contains("Content-Type: text/event-stream"))
      let events = streamed.events
      #expect(events.last == "[DONE]" && streamed.chunks?.isEmpty == false)
      #expect(streamed.chunks?.allSatisfy { String(validating: $0, as: UTF8.self) != nil } == true)
      let bodies = events.dropLast().map { Data($0.utf8) }
      if path == "/v1/chat/completions" {
        let answer = try JSONDecoder().decode(ChatResponse.self, from: Data(whole.body))
        let chunks = try bodies.map { try JSONDecoder().decode(ChatChunk.self, from: $0) }
        #expect(chunks.allSatisfy { $0.id == answer.id } && chunks.last?.usage == answer.usage)
        for choice in answer.choices {
          let own = chunks.flatMap(\.choices).filter { $0.index == choice.index }
          #expect(own.compactMap(\.said.message.content).joined() == choice.said.content, "\(number)")
          #expect(own.compactMap(\.finishReason) == [choice.finishReason])
          #expect(own.first?.said.message.role == "assistant")
          #expect(own.flatMap { $0.logprobs?.content ?? [] } == choice.logprobs?.content ?? [])
        }
      } else {
        let answer = try JSONDecoder().decode(CompletionResponse.self, from: Data(whole.body))
        let chunks = try bodies.map { try JSONDecoder().decode(CompletionResponse.self, from: $0) }
        #expect(chunks.allSatisfy { $0.id == answer.id } && chunks.last?.usage == answer.usage)
        for choice in answer.choices {
          let own = chunks.flatMap(\.choices).filter { $0.index == choice.index }
          #expect(own.map(\.said.text).joined() == choice.said.text, "\(number)")
          #expect(own.compactMap(\.finishReason) == [choice.finishReason])
          #expect(own.flatMap { $0.logprobs?.tokenLogprobs ?? [] } == choice.logprobs?.tokenLogprobs ?? [])
          #expect(own.flatMap { $0.logprobs?.textOffset ?? [] } == choice.logprobs?.textOffset ?? [])
          #expect(own.flatMap { $0.tokenIDs ?? [] } == choice.tokenIDs ?? [])
          #expect(own.first?.promptTokenIDs == choice.promptTokenIDs)
        }
      }
    }
    #expect(server.stops())
  }

  @Test(
    "an answer that its grammar ends is whole, and one that is cut is not, also where the grammar could have ended"
  )
  func endings() throws {
    let server = try TestServer()
    let client = try server.client()
    func ending(_ grammar: String, _ most: Int) throws -> String? {
      let body =
        "{\"model\": \"small\", \"prompt\": \"one\", \"max_tokens\": \(most), \"grammar\": \"\(grammar)\"}"
      let response = try client.post("/v1/completions", body)
      return try JSONDecoder().decode(CompletionResponse.self, from: Data(response.body)).choices[0]
        .finishReason
    }
    #expect(try ending("root ::= \\\"yes\\\" | \\\"no\\\"", 9) == "stop")
    #expect(try ending("root ::= [a-z]* [0-9]{400}", 3) == "length")
    #expect(try ending("root ::= [a-z ]*", 1) == "length")
    #expect(
      try ending("root ::= \\\"a\\\" [^\\\\x00-\\\\U0010FFFF]", 9) == "length", "nothing can follow the a")
    #expect(server.stops())
  }

  @Test("several answers are those of the seeds that follow, and a longer answer begins with the shorter one")
  func seeds() throws {
    let server = try TestServer()
    let client = try server.client()
    func texts(_ fields: String) throws -> [String] {
      let body = "{\"model\": \"small\", \"prompt\": \"one\", \(fields)}"
      let response = try client.post("/v1/completions", body)
      return try JSONDecoder().decode(CompletionResponse.self, from: Data(response.body)).choices.map(
        \.said.text)
    }
    let three = try texts("\"seed\": 4, \"n\": 3, \"max_tokens\": 12")
    #expect(try three == (4...6).flatMap { try texts("\"seed\": \($0), \"max_tokens\": 12") })
    #expect(Set(three).count == 3)
    #expect(
      try texts("\"max_tokens\": 40")[0].hasPrefix(
        try texts("\"max_tokens\": 9")[0].trimmingCharacters(in: ["\u{FFFD}"])))
    #expect(server.stops())
  }

  @Test("a connection takes one request after another, also such as are sent before the answers, and HEAD")
  func connections() throws {
    let server = try TestServer()
    let client = try server.client()
    let body = #"{"model": "small", "prompt": "one", "max_tokens": 5}"#
    let single = try client.post("/v1/completions", body)
    client.send(
      "GET /health HTTP/1.1\r\nHost: h\r\n\r\n" + TestClient.post("/v1/completions", body)
        + "HEAD /v1/models HTTP/1.1\r\nHost: h\r\n\r\n" + TestClient.post("/v1/completions", body)
        + "GET /v1/models/small HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\nGET /health HTTP/1.1\r\n")
    #expect(try client.receive().text == #"{"status":"ok"}"#)
    #expect(try client.receive() == single)
    let head = try client.receive(isHead: true)
    #expect(head.status == 200 && head.lines.contains("Content-Length: 90"), "\(head.lines)")
    #expect(try client.receive() == single)
    #expect(try client.receive().json["id"] as? String == "small")
    #expect(client.isAtEnd)
    // HTTP/1.0 knows no chunks, and closes.
    let old = try server.client()
    let streamed = #"{"model": "small", "prompt": "one", "max_tokens": 5, "stream": true}"#
    old.send("POST /v1/completions HTTP/1.0\r\nContent-Length: \(streamed.utf8.count)\r\n\r\n\(streamed)")
    let response = try old.receive()
    #expect(response.chunks == nil && response.events.last == "[DONE]")
    // A body in chunks, after 100 Continue.
    let waiting = try server.client()
    waiting.send(
      "POST /v1/completions HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n"
    )
    #expect(try waiting.receive().status == 100)
    for byte in body.utf8 { waiting.send("1\r\n\(Character(Unicode.Scalar(byte)))\r\n") }
    waiting.send("0\r\n\r\n")
    #expect(try waiting.receive() == single)
    #expect(server.stops())
  }

  @Test(
    "other paths, methods and types, a model of another name, and malformed requests have their own statuses")
  func statuses() throws {
    let server = try TestServer { $0.http.body = 1_000 }
    let client = try server.client()
    #expect(try client.get("/v1/other").status == 404)
    #expect(try client.get("/v1/models/large").error.code == "model_not_found")
    let wrong = try client.get("/v1/completions")
    #expect(wrong.status == 405 && wrong.lines.contains("Allow: POST"))
    #expect(try client.post("/health", "{}").status == 405)
    client.send("GET /health HTTP/1.1\r\nHost: h\r\nAccept: text/html\r\n\r\n")
    #expect(try client.receive().status == 406)
    let large = try client.post("/v1/completions", String(repeating: " ", count: 1_001))
    #expect(large.status == 413 && large.lines.contains("Connection: close"))
    #expect(client.isAtEnd)
    let smuggler = try server.client()
    smuggler.send(
      "POST /health HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET / HTTP/1.1\r\n\r\n"
    )
    #expect(try smuggler.receive().status == 400 && smuggler.isAtEnd)
    let text = try server.client().get("/metrics").text
    #expect(text.contains(#"troupe_requests_total{path="/v1/completions",code="405"} 1"#), "\(text)")
    #expect(text.contains(#"troupe_requests_total{path="other",code="413"} 1"#))
    #expect(server.stops())
  }

  @Test(
    "a client that is gone frees its place at once, whether it waited, was answered in a stream, or was half-way through a request"
  )
  func gone() throws {
    let server = try TestServer { $0.running = 4 }
    let body = #"{"model": "small", "prompt": "one", "max_tokens": 500, "temperature": 0, "stream": STREAM}"#
    var clients = try (0..<12).map { _ in try server.client() }
    for (index, client) in clients.enumerated() {
      client.send(
        index % 3 == 2
          ? "POST /v1/completions HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\n{"
          : TestClient.post(
            "/v1/completions", body.replacing("STREAM", with: index % 3 == 0 ? "true" : "false")))
    }
    #expect(try server.waits(for: "troupe_running_generations") { $0 == 4 })
    clients = []
    #expect(try server.waits(for: "troupe_connections") { $0 == 1 }, "only the one that asks")
    #expect(try server.metric("troupe_running_generations") == 0)
    #expect(try server.metric("troupe_waiting_requests") == 0)
    #expect(
      try server.client().post("/v1/completions", #"{"model": "small", "prompt": "one"}"#).status == 200)
    #expect(server.stops())
  }

  @Test(
    "when as many wait as may, others are told to come again; answers and requests that take too long are ended"
  )
  func limits() throws {
    let server = try TestServer {
      ($0.running, $0.waiting) = (1, 2)
      $0.answer = .milliseconds(1_500)
      ($0.head, $0.idle) = (.milliseconds(400), .milliseconds(900))
    }
    // Some hundred steps of 16 rows keep the only place for long enough.
    let slow = #"{"model": "small", "prompt": "one", "max_tokens": 500, "temperature": 0, "n": 16}"#
    let clients = try (0..<6).map { _ in try server.client() }
    for client in clients { client.send(TestClient.post("/v1/completions", slow)) }
    let refused = try clients[5].receive()
    #expect(refused.status == 429 && refused.lines.contains("Retry-After: 1"), "\(refused)")
    #expect(refused.error.code == "queue_full")
    let statuses = try clients[..<5].map { try $0.receive().status }
    #expect(statuses.allSatisfy { [200, 429, 504].contains($0) }, "\(statuses)")
    // A byte now and then does not keep a head open.
    let slowly = try server.client()
    for byte in "GET /health HTTP/1.1\r\nHos" {
      slowly.send(String(byte))
      usleep(25_000)
    }
    let late = try slowly.receive()
    #expect(late.status == 408 && late.error.code == "request_timeout")
    #expect(try server.client().isAtEnd, "a connection without a request is closed")
    #expect(server.stops())
  }

  @Test("told to stop, a server answers what it has taken on and nothing else; told twice, it stops at once")
  func stop() throws {
    let server = try TestServer { $0.running = 32 }
    // It does not end before 300 letters.
    let body =
      #"{"model": "small", "prompt": "one", "max_tokens": 500, "n": 16, "grammar": "root ::= [a-z]{300}"}"#
    let (client, second, idle) = (try server.client(), try server.client(), try server.client())
    #expect(try idle.get("/health").status == 200)
    client.send(TestClient.post("/v1/completions", body) + "GET /health HTTP/1.1\r\nHost: h\r\n\r\n")
    second.send(TestClient.post("/v1/completions", body))
    #expect(try server.waits(for: "troupe_running_generations") { $0 == 32 })
    #expect(server.stops())
    let answer = try client.receive()
    #expect(answer.status == 200 && answer.lines.contains("Connection: close"), "\(answer.lines)")
    #expect(client.isAtEnd && idle.isAtEnd)
    #expect(try second.receive().body == answer.body)
    #expect(throws: TestClient.Closed.self) { try server.client() }

    let other = try TestServer { $0.drain = .seconds(3_600) }
    let last = try other.client()
    last.send(TestClient.post("/v1/completions", body.dropLast() + ", \"stream\": true}"))
    #expect(try other.waits(for: "troupe_running_generations") { $0 == 16 })
    other.server.stop()
    #expect(other.stops(within: 10))
    #expect(last.rest().contains("the server stops"), "as an answer, or as the last event")
  }

  @Test("a port in use is an error that says so, and an address that is none of this machine's")
  func ports() throws {
    let server = try TestServer()
    let model = try #require(ServingFixture.served)
    #expect { try Server(model, host: "127.0.0.1", port: server.port) } throws: {
      "\($0)".contains("port \(server.port) is in use")
    }
    #expect { try Server(model, host: "192.0.2.1", port: 0) } throws: { "\($0)".contains("no address") }
    #expect(server.stops())
  }

  @Test(
    "a policy whose vocabulary is words answers completions, with spaces between the words of every piece")
  func words() throws {
    let model = try #require(ServingFixture.servedWords)
    let server = try TestServer(model)
    let body =
      #"{"model": "words", "prompt": "one two", "max_tokens": 8, "temperature": 2, "return_token_ids": true"#
    let whole = try server.client().post("/v1/completions", body + "}")
    let choice = try #require(
      JSONDecoder().decode(CompletionResponse.self, from: Data(whole.body)).choices.first)
    #expect(
      choice.said.text == model.tokenizer.decode(choice.tokenIDs ?? []) && choice.said.text.contains(" "))
    let streamed = try server.client().post("/v1/completions", body + ", \"stream\": true}")
    let pieces = try streamed.events.dropLast().flatMap {
      try JSONDecoder().decode(CompletionResponse.self, from: Data($0.utf8)).choices.map(\.said.text)
    }
    #expect(pieces.joined() == choice.said.text)
    #expect(server.stops())
  }
}
