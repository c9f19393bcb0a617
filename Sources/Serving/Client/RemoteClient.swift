import Foundation
import Messaging
import Synchronization

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

/// Asks a server that speaks OpenAI's interface. Any number of threads may use one client, which then keeps the limits together.
///
/// What the server's answers are is not decided here; when which request is sent is decided by ``RequestQueue``. The wall clock decides only
/// when a request is sent, never what an episode gets.
package final class RemoteClient: Sendable {
  package typealias Completion = @Sendable (Result<RemoteAnswer, RemoteError>) -> Void

  private struct Asked {
    var question: RemoteQuestion
    var body: String
    /// The digest under which the journal keeps the answer.
    var digest: String
    var completion: Completion
  }

  private struct State {
    var queue: RequestQueue
    var asked: [Int: Asked] = [:]
    var count = 0
    /// The time at which a timer will look again.
    var wakes: Double?
    /// What ended the client. Nothing more is asked then.
    var end: RemoteError?
  }

  package let settings: RemoteSettings
  /// The model that is asked.
  package let model: String
  private let key: String?
  private let transport = HTTPTransport()
  private let journal: AnswerJournal?
  private let begin = ContinuousClock.now
  private let state: Mutex<State>
  private let timers = DispatchQueue(label: "troupe.server.timers")

  /// Makes a client, and asks the server which model it has if the settings name none.
  ///
  /// Answers that `journal` has are not asked again, and count as spent.
  /// - Throws: ``RemoteError`` if the key is missing, or the server cannot say its model.
  package init(
    _ settings: RemoteSettings, journal: AnswerJournal? = nil,
    environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws(RemoteError) {
    self.settings = settings
    self.journal = journal
    if let variable = settings.keyVariable {
      guard let key = environment[variable], !key.isEmpty else { throw .missingKey(variable: variable) }
      self.key = key
    } else {
      key = nil
    }
    state = Mutex(
      State(
        queue: RequestQueue(
          concurrency: settings.concurrency, perMinute: settings.perMinute, rule: settings.retries,
          budget: settings.budget, spent: journal?.spent ?? .init())))
    if let model = settings.model {
      self.model = model
    } else {
      do {
        model = try Self.onlyModel(settings, key, transport)
      } catch {
        transport.close()
        throw error
      }
    }
  }

  deinit { transport.close() }

  /// What the answers so far cost, those of the journal included.
  package var spent: CallBudget.Spent { state.withLock { $0.queue.spent } }

  /// Asks a question. `completion` is called once, on this thread or another.
  package func ask(_ question: RemoteQuestion, _ completion: @escaping Completion) {
    let body = question.body(settings, model: model)
    let digest = AnswerJournal.digest(settings.address.text, body)
    if let known = journal?.answer(to: digest) { return completion(.success(known)) }
    let end = state.withLock { state -> RemoteError? in
      guard state.end == nil else { return state.end }
      let number = state.count
      state.count += 1
      state.asked[number] = Asked(
        question: question, body: "\(body)", digest: digest, completion: completion)
      state.queue.add(number, most: question.maximumTokens, seed: question.seed)
      return nil
    }
    if let end { return completion(.failure(end)) }
    pump()
  }

  /// Asks nothing more, for `reason`, and waits until what is under way has come, so that the journal keeps it. A failed request is not sent
  /// again.
  package func end(_ reason: RemoteError) {
    let left = state.withLock { state -> [Asked] in
      if state.end == nil { state.end = reason }
      return state.queue.clear().compactMap { state.asked.removeValue(forKey: $0) }
    }
    for asked in left { asked.completion(.failure(reason)) }
    let deadline = ContinuousClock.now + .seconds(settings.timeout)
    while !state.withLock(\.queue.isIdle), ContinuousClock.now < deadline {
      Thread.sleep(forTimeInterval: 0.005)
    }
  }

  private var now: Double { (ContinuousClock.now - begin) / .seconds(1) }

  // MARK: Sending

  /// Does what the queue says, until it says nothing or to wait.
  private func pump() {
    while true {
      let now = now
      let (action, asked) = state.withLock { state -> (RequestQueue.Action?, Asked?) in
        let action = state.queue.action(now: now)
        switch action {
        case .send(let number): return (action, state.asked[number])
        case .refuse(let number, _): return (action, state.asked.removeValue(forKey: number))
        case .wait(let time):
          // One timer for the earliest time is enough.
          if let wakes = state.wakes, wakes <= time { return (nil, nil) }
          state.wakes = time
          return (action, nil)
        case nil: return (nil, nil)
        }
      }
      switch action {
      case .send(let number): if let asked { send(number, asked) }
      case .refuse(_, let why):
        asked?.completion(.failure(.budget(server: settings.address.text, why)))
      case .wait(let time):
        timers.asyncAfter(deadline: .now() + max(0.001, time - now)) { [weak self] in
          self?.state.withLock { $0.wakes = nil }
          self?.pump()
        }
        return
      case nil: return
      }
    }
  }

  private func send(_ number: Int, _ asked: Asked) {
    let path = settings.interface == .chat ? "chat/completions" : "completions"
    let request: URLRequest
    do {
      request = try Self.request(settings, path, key, body: asked.body)
    } catch {
      return finish(number, .failure(error))
    }
    transport.send(request, timeout: settings.timeout, limit: settings.maximumBytes) { [weak self] result in
      self?.received(number, asked, result)
    }
  }

  private func received(
    _ number: Int, _ asked: Asked, _ result: Result<HTTPTransport.Response, RemoteFailure>
  ) {
    let reader = AnswerReader(settings: settings, question: asked.question, model: model, secret: key)
    let failure: RemoteFailure
    var wanted: Double?
    do throws(RemoteFailure) {
      let response = try result.get()
      wanted = response.retryAfter.flatMap {
        RetryRule.seconds(ofRetryAfter: $0, now: Date().timeIntervalSince1970)
      }
      let answer = try reader.read(response)
      return keep(number, asked, answer)
    } catch {
      failure = error
    }
    let now = now
    let attempts = state.withLock { state -> Int? in
      let attempts = state.queue.failed(number, failure, asked: wanted, now: now)
      // After the end, whoever asked has given up.
      if state.end != nil, attempts == nil { _ = state.queue.clear() }
      return state.end != nil ? attempts ?? 1 : attempts
    }
    if let attempts {
      finish(number, .failure(.gaveUp(server: settings.address.text, attempts: attempts, failure)))
    }
    pump()
  }

  private func keep(_ number: Int, _ asked: Asked, _ answer: RemoteAnswer) {
    // The answer is on the disk before the queue says that nothing is under way, for `end` waits for that alone.
    let kept = Result { () throws(RemoteError) in
      try journal?.add(asked.digest, answer)
      return answer
    }
    state.withLock { $0.queue.answered(number, answer) }
    finish(number, kept)
    pump()
  }

  private func finish(_ number: Int, _ result: Result<RemoteAnswer, RemoteError>) {
    state.withLock { $0.asked.removeValue(forKey: number) }?.completion(result)
  }

  // MARK: Requests

  private static func request(
    _ settings: RemoteSettings, _ path: String, _ key: String?, body: String? = nil
  ) throws(RemoteError) -> URLRequest {
    var request = URLRequest(url: try settings.address.url(path))
    request.httpMethod = body == nil ? "GET" : "POST"
    request.httpBody = body.map { Data($0.utf8) }
    request.setValue("application/json", forHTTPHeaderField: "Content-Type")
    request.setValue("troupe", forHTTPHeaderField: "User-Agent")
    if let key { request.setValue("Bearer \(key)", forHTTPHeaderField: "Authorization") }
    return request
  }

  /// The only model that the server lists.
  private static func onlyModel(
    _ settings: RemoteSettings, _ key: String?, _ transport: HTTPTransport
  ) throws(RemoteError) -> String {
    let server = settings.address.text
    var attempt = 1
    while true {
      let failure: RemoteFailure
      let request = try request(settings, "models", key)
      let result = Mutex<Result<HTTPTransport.Response, RemoteFailure>?>(nil)
      let done = DispatchSemaphore(value: 0)
      transport.send(request, timeout: min(30, settings.timeout), limit: settings.maximumBytes) { found in
        result.withLock { $0 = found }
        done.signal()
      }
      done.wait()
      do throws(RemoteFailure) {
        guard let response = try result.withLock({ $0 })?.get() else {
          throw RemoteFailure.connection("nothing came")
        }
        let body = Secret.removing(key, from: response.body)
        guard response.status == 200 else {
          throw RemoteFailure.status(response.status, AnswerReader.complaint(in: body))
        }
        guard let list = try? JSONDecoder().decode(ModelList.self, from: Data(body)) else {
          throw RemoteFailure.malformed("its list of models cannot be read")
        }
        let names = list.data.map(\.id)
        guard let name = names.first, names.count == 1 else {
          throw RemoteFailure.malformed(
            names.isEmpty
              ? "it lists no model" : "it has several models: \(names.prefix(8).joined(separator: ", "))")
        }
        return name
      } catch {
        failure = error
      }
      if case .malformed(let what) = failure {
        throw .model(server: server, "\(what); name one with `model`")
      }
      switch settings.retries.decision(after: failure, attempt: attempt, asked: nil, seed: 0) {
      case .again(let seconds): Thread.sleep(forTimeInterval: seconds)
      case .giveUp: throw .gaveUp(server: server, attempts: attempt, failure)
      }
      attempt += 1
    }
  }
}
