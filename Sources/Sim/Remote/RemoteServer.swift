import Actors
import Dispatch
import Policy
import Serving
import Synchronization

/// Gives a server behind a network the interface of a policy in process. Only one thread may use it at a time; any number of them may
/// share a client.
///
/// Agents who speak in the words of a vocabulary are asked as in ``SpokenLanguage``. What the server said beside the text goes into
/// ``Generation/served``, so that the log has all of it. How long an answer took on the wall's clock decides nothing.
final class RemoteServer: GenerationServer {
  /// Gives the client, which is made when it is first needed.
  private let client: () throws(RemoteError) -> RemoteClient
  private let language: SpokenLanguage
  /// The grammar of scripts, in GBNF; some hundred kilobytes that are made when they are first needed.
  private lazy var grammar = makeGrammar()
  private let makeGrammar: () -> String?
  /// What needs log-probabilities; `nil` if nothing does.
  private let need: String?
  private let arrived = Arrivals()
  /// The requests without an answer: the most words, or `nil` if the answer is text.
  private var asked: [Int: Int?] = [:]
  private var count = 0
  private(set) var statistics = Decoder.Statistics()

  /// The answers that came, in the order in which they came.
  private final class Arrivals: Sendable {
    typealias Arrival = (handle: Int, result: Result<RemoteAnswer, RemoteError>)
    private let waiting = Mutex<[Arrival]>([])
    private let signal = DispatchSemaphore(value: 0)

    func add(_ arrival: Arrival) {
      waiting.withLock { $0.append(arrival) }
      signal.signal()
    }

    /// Returns all that came, and waits for a while if nothing has.
    func take() -> [Arrival] {
      // A policy beside this one may have work to do, so that the wait is short.
      _ = signal.wait(timeout: .now() + .milliseconds(20))
      return waiting.withLock { waiting in
        defer { waiting = [] }
        return waiting
      }
    }
  }

  init(
    language: SpokenLanguage, grammar: @autoclosure @escaping () -> String?, neededFor need: String?,
    client: @escaping () throws(RemoteError) -> RemoteClient
  ) {
    self.client = client
    self.language = language
    makeGrammar = grammar
    self.need = need
  }

  func submit(_ request: GenerationRequest) throws -> Int {
    let isText = !request.messages.isEmpty
    let text = isText ? nil : language.question(request.prompt)
    let question = RemoteQuestion(
      messages: text.map(language.conversation) ?? request.messages, text: text,
      maximumTokens: isText ? request.maximumTokens : request.maximumTokens * SpokenLanguage.tokensPerWord,
      sampling: request.sampling, seed: request.seed, grammar: request.constraint == nil ? nil : grammar)
    let client = try client()
    count += 1
    let handle = count
    asked[handle] = .some(isText ? nil : request.maximumTokens)
    let arrived = arrived
    client.ask(question) { arrived.add((handle, $0)) }
    return handle
  }

  func step() throws -> [Decoder.Update] {
    guard !asked.isEmpty else { return [] }
    statistics.steps += 1
    return try arrived.take().compactMap { handle, result in
      guard let limit = asked.removeValue(forKey: handle) else { return nil }
      let generation: Generation
      do throws(RemoteError) {
        generation = try read(result.get(), limit: limit)
      } catch {
        guard case .gaveUp(_, _, .overflow) = error else {
          try client().end(error)
          throw error
        }
        generation = overflow(isText: limit == nil)
      }
      statistics.tokens += generation.sampledCount
      return Decoder.Update(handle: handle, tokenCount: generation.unitCount, finished: generation)
    }
  }

  private func overflow(isText: Bool) -> Generation {
    var generation = Generation(tokens: [], logProbabilities: [], stop: .overflow)
    if isText { generation.text = "" }
    return generation
  }

  private func read(_ answer: RemoteAnswer, limit: Int?) throws(RemoteError) -> Generation {
    if answer.served.pieces.isEmpty, !answer.text.isEmpty, let need {
      throw .noLogProbabilities(server: try client().settings.address.text, neededFor: need)
    }
    // Whatever else a server calls the end of a text cut it off.
    let stop: Generation.StopReason =
      ["stop", "eos", "end_turn", "tool_calls", "function_call"].contains(answer.served.finish)
      ? .end : .length
    let sum = answer.served.pieces.reduce(Float(0)) { $0 + $1.logProbability }
    var generation =
      limit.map { language.words(answer.text, stop: stop, limit: $0, logProbability: sum) }
      ?? Generation(text: answer.text, stop: stop)
    generation.served = answer.served
    return generation
  }
}
