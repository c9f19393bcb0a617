import Policy

/// The logic of a server: connections, the requests that wait and run, and what is answered. It has no effects: the loop tells it
/// what happened, moves the bytes of its connections, and passes its commands on to the engine.
struct ServerState: Sendable {
  let limits: ServerLimits
  let model: ServedModel
  private let router: Router
  private(set) var connections: [Int: Connection] = [:]
  private(set) var commands: [Engine.Command] = []
  private(set) var isStopping = false
  private(set) var metrics = Metrics()
  /// The connections whose requests wait for room, in the order in which they came.
  private var waiting: [Int] = []
  /// The connection and the number of the answer of each generation that runs.
  private var running: [Int: (connection: Int, answer: Int)] = [:]
  private var (nextConnection, nextKey) = (0, 0)
  private var stopsAt: Duration?

  init(_ model: ServedModel, _ limits: ServerLimits) {
    (self.model, self.limits) = (model, limits)
    router = Router(planner: RequestPlanner(model, limits.requests))
  }

  /// Whether the server was told to stop, and nobody waits for anything.
  var isDone: Bool { isStopping && connections.isEmpty && running.isEmpty }

  var canAccept: Bool { !isStopping && connections.count < limits.connections }

  // MARK: What happens

  mutating func accepted(now: Duration) -> Int {
    nextConnection += 1
    connections[nextConnection] = Connection(limits.http, now: now)
    return nextConnection
  }

  mutating func received(_ id: Int, _ bytes: some Collection<UInt8>, now: Duration) {
    guard connections[id]?.ending == .open else { return }
    connections[id]?.reader.append(bytes)
    process(id, now)
  }

  /// Bytes of the connection were sent.
  mutating func sent(_ id: Int, _ count: Int, now: Duration) {
    connections[id]?.sent(count, now: now)
    guard let connection = connections[id] else { return }
    if connection.unsent.isEmpty, connection.ending == .afterOutput {
      connections[id]?.ending = .lingering(until: now + limits.linger)
    } else if connection.unsent.count < limits.unsent {
      process(id, now)
    }
  }

  /// The client sends no more, or is gone. What is generated for it is cancelled.
  mutating func hungUp(_ id: Int, isBroken: Bool, now: Duration) {
    guard let connection = connections[id] else { return }
    if let exchange = connection.exchange {
      metrics.count(exchange.path, 499, now - exchange.began)
      metrics.count(error: "client_gone")
      abandon(id, now)
    }
    let isSent = connections[id]?.unsent.isEmpty ?? true
    let wasLingering = if case .lingering = connection.ending { true } else { false }
    connections[id]?.ending =
      isBroken || isSent || wasLingering || connection.exchange != nil ? .closed : .afterOutput
  }

  mutating func remove(_ id: Int) { connections[id] = nil }

  /// Tells the server to stop when it has answered what it took on; told twice, it stops at once.
  mutating func stop(now: Duration) {
    if isStopping { stopsAt = now } else { stopsAt = now + limits.drain }
    isStopping = true
    for (id, connection) in connections where connection.exchange == nil && connection.ending == .open {
      connections[id]?.ending = connection.unsent.isEmpty ? .closed : .afterOutput
    }
    tick(now: now)
  }

  mutating func takeCommands() -> [Engine.Command] {
    defer { commands = [] }
    return commands
  }

  /// Ends what has taken too long.
  mutating func tick(now: Duration) {
    if let stopsAt, now >= stopsAt {
      for id in connections.keys.sorted() {
        fail(
          id, RequestFailure(503, .init(message: "the server stops", type: "server_error", code: "stopping")),
          now)
        // A client that does not read its answer is not waited for.
        let isOver = now >= stopsAt + limits.linger || connections[id]?.unsent.isEmpty ?? true
        if isOver { connections[id]?.ending = .closed }
      }
    }
    for id in connections.keys.sorted() {
      guard let overdue = connections[id]?.overdue(limits, now: now) else { continue }
      switch overdue {
      case .idle, .lingering: connections[id]?.ending = .closed
      case .reading: hungUp(id, isBroken: true, now: now)
      case .request(let what):
        metrics.count(error: "request_timeout")
        let failure = RequestFailure(
          408, .init(message: what, type: "invalid_request_error", code: "request_timeout"))
        respond(id, Self.response(failure), path: "other", began: now, closes: true, now)
      case .answer:
        let message = "the answer took more than \(limits.answer / .seconds(1)) seconds"
        fail(id, RequestFailure(504, .init(message: message, type: "server_error", code: "timeout")), now)
      }
    }
  }

  /// What the engine says.
  mutating func engine(_ events: [Engine.Event], _ statistics: Decoder.Statistics, now: Duration) {
    metrics.statistics = statistics
    for event in events {
      guard let (id, answer) = running[event.key] else { continue }
      switch event.what {
      case .sampled(let sampled, let end):
        sampledToken(id, answer, event.key, sampled, end, now)
      case .refused(let error):
        running[event.key] = nil
        let isTooLong = if case .cacheTooSmall = error { true } else { false }
        fail(
          id,
          RequestFailure(
            400,
            .init(
              message: "\(error)", type: "invalid_request_error",
              code: isTooLong ? "context_length_exceeded" : "invalid_value")), now)
      case .lost(let error):
        running[event.key] = nil
        fail(
          id, RequestFailure(500, .init(message: "\(error)", type: "server_error", code: "not_finite")), now)
      }
    }
    startWaiting()
  }

  // MARK: Requests

  /// Takes the next requests of a connection, until one has to be generated.
  private mutating func process(_ id: Int, _ now: Duration, isAnew: Bool = false) {
    var isAnew = isAnew
    while let connection = connections[id], connection.ending == .open, connection.exchange == nil,
      connection.unsent.count < limits.unsent
    {
      guard let event = connections[id]?.reader.next() else { break }
      isAnew = true
      switch event {
      case .expectsContinue: connections[id]?.send(HTTPResponse.goOn, now: now)
      case .request(let request): handle(id, request, now)
      case .failure(let failure):
        metrics.count(error: "malformed_request")
        let body = RequestFailure(
          failure.status, .init(message: failure.message, type: "invalid_request_error"))
        respond(id, Self.response(body), path: "other", began: now, closes: true, now)
      }
    }
    connections[id]?.notePhase(isAnew: isAnew, now: now)
  }

  private mutating func handle(_ id: Int, _ request: HTTPRequest, _ now: Duration) {
    let path = Router.label(request.path)
    func answer(_ value: some Encodable) -> HTTPResponse {
      HTTPResponse(200, contentType: "application/json", body: AnswerWriter.json(value))
    }
    let response: HTTPResponse
    switch router.route(request) {
    case .generate(let plan):
      var failure: RequestFailure?
      if isStopping {
        failure = RequestFailure(
          503, .init(message: "the server stops", type: "server_error", code: "stopping"))
      } else if waiting.count >= limits.waiting {
        failure = RequestFailure(
          429, .init(message: "too many requests wait already", type: "rate_limit_error", code: "queue_full"))
      }
      guard let failure else {
        connections[id]?.exchange = Exchange(plan, model, request, began: now)
        metrics.promptTokens += plan.prompt.count
        waiting.append(id)
        return startWaiting()
      }
      metrics.count(error: failure.details.code ?? "other")
      response = Self.response(failure, lines: ["Retry-After: 1"])
    case .health:
      response =
        isStopping
        ? HTTPResponse(503, contentType: "application/json", body: AnswerWriter.json(["status": "stopping"]))
        : answer(["status": "ok"])
    case .models: response = answer(ModelList(data: [.init(id: model.name)]))
    case .model(let name) where name == model.name: response = answer(ModelList.Model(id: name))
    case .model(let name):
      response = Self.response(
        RequestFailure(
          404,
          .init(
            message: "there is no '\(name)' here, only '\(model.name)'", type: "invalid_request_error",
            param: "model",
            code: "model_not_found")))
    case .metrics:
      let text = metrics.text(connections: connections.count, waiting: waiting.count, running: running.count)
      response = HTTPResponse(
        200, contentType: "text/plain; version=0.0.4; charset=utf-8", body: Array(text.utf8))
    case .failure(let failure, let lines):
      metrics.count(error: failure.details.code ?? "invalid_value")
      response = Self.response(failure, lines: lines)
    }
    respond(
      id, response, path: path, began: now, isHead: request.method == "HEAD",
      closes: isStopping || !request.isPersistent, now)
  }

  private static func response(_ failure: RequestFailure, lines: [String] = []) -> HTTPResponse {
    var response = HTTPResponse(
      failure.status, contentType: "application/json", body: AnswerWriter.json(ErrorBody(failure.details)))
    response.lines = lines
    return response
  }

  private mutating func respond(
    _ id: Int, _ response: HTTPResponse, path: String, began: Duration, isHead: Bool = false, closes: Bool,
    _ now: Duration
  ) {
    connections[id]?.send(response.bytes(isHead: isHead, closes: closes), now: now)
    if closes { connections[id]?.ending = .afterOutput }
    metrics.count(path, response.status, now - began)
  }

  // MARK: Generations

  /// Starts the requests that wait, in their order, while there is room.
  private mutating func startWaiting() {
    while let id = waiting.first {
      guard let exchange = connections[id]?.exchange else {
        waiting.removeFirst()
        continue
      }
      guard running.isEmpty || running.count + exchange.plan.requests.count <= limits.running else { return }
      waiting.removeFirst()
      for (index, request) in exchange.plan.requests.enumerated() {
        nextKey += 1
        running[nextKey] = (id, index)
        connections[id]?.exchange?.keys.append(nextKey)
        commands.append(.submit(key: nextKey, request))
      }
    }
  }

  private mutating func sampledToken(
    _ id: Int, _ index: Int, _ key: Int, _ sampled: SampledToken?, _ end: Generation.StopReason?,
    _ now: Duration
  ) {
    guard var exchange = connections[id]?.exchange else { return }
    connections[id]?.exchange = nil
    let isFirst = exchange.answers[index].tokenCount == 0
    let piece = exchange.answers[index].add(sampled, end)
    if exchange.answers[index].isFinished {
      running[key] = nil
      if end == nil { commands.append(.cancel(key: key)) }
    }
    if exchange.plan.isStream {
      var bytes: [UInt8] = []
      if !exchange.hasBegun {
        exchange.hasBegun = true
        let head = HTTPResponse(200, contentType: "text/event-stream", body: [])
        let closes = closes(exchange)
        connections[id]?.send(head.streamHead(chunked: exchange.isChunked, closes: closes), now: now)
        bytes += exchange.writer.beginning()
      }
      bytes += exchange.writer.event(index, piece, isFirst: isFirst)
      if exchange.isFinished { bytes += exchange.writer.ending(exchange.answers) }
      connections[id]?.send(exchange.framed(bytes), now: now)
    }
    guard exchange.isFinished else {
      connections[id]?.exchange = exchange
      return
    }
    if exchange.plan.isStream {
      if exchange.isChunked { connections[id]?.send(HTTPResponse.lastChunk, now: now) }
      if closes(exchange) { connections[id]?.ending = .afterOutput }
      metrics.count(exchange.path, 200, now - exchange.began)
    } else {
      let response = HTTPResponse(
        200, contentType: "application/json", body: exchange.writer.body(exchange.answers))
      respond(id, response, path: exchange.path, began: exchange.began, closes: closes(exchange), now)
    }
    process(id, now, isAnew: true)
  }

  private func closes(_ exchange: Exchange) -> Bool {
    isStopping || !exchange.isPersistent || !exchange.isChunked && exchange.plan.isStream
  }

  /// Ends the request of a connection with an error, if it has one.
  private mutating func fail(_ id: Int, _ failure: RequestFailure, _ now: Duration) {
    guard let exchange = connections[id]?.exchange else { return }
    metrics.count(error: failure.details.code ?? "other")
    abandon(id, now)
    guard exchange.hasBegun else {
      return respond(
        id, Self.response(failure), path: exchange.path, began: exchange.began, closes: true, now)
    }
    // A stream that has begun cannot change its status: it says the error, and ends without its last chunk.
    connections[id]?.send(exchange.framed(AnswerWriter.failure(failure.details)), now: now)
    connections[id]?.ending = .afterOutput
    metrics.count(exchange.path, failure.status, now - exchange.began)
  }

  /// Cancels what is generated for a connection, and makes room for others.
  private mutating func abandon(_ id: Int, _ now: Duration) {
    guard let exchange = connections[id]?.exchange else { return }
    connections[id]?.exchange = nil
    waiting.removeAll { $0 == id }
    for key in exchange.keys where running.removeValue(forKey: key) != nil {
      commands.append(.cancel(key: key))
      metrics.cancelled += 1
    }
    startWaiting()
  }
}
