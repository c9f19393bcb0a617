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
  private let scripts: ScriptGrammar
  private let form: RemoteSettings.Grammar
  /// The grammar of scripts as the server takes it; some hundred kilobytes that are made when they are first needed.
  private lazy var grammar: String? =
    switch form {
    case .none: nil
    case .gbnf, .guided: scripts.gbnf
    case .schema: scripts.schema.description
    }
  /// What needs log-probabilities; `nil` if nothing does.
  private let need: String?
  private let arrived = Arrivals()
  /// The requests without an answer.
  private var asked: [Int: Asked] = [:]
  private var count = 0
  private(set) var statistics = Decoder.Statistics()
  /// How many times as many tokens as the text of a script its JSON may have, where its limit is in words.
  private static let formLength = 6

  private struct Asked {
    /// The most words of the answer; `nil` if it is text.
    var limit: Int?
    /// Whether the answer is a script in JSON.
    var isForm: Bool
  }

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
    language: SpokenLanguage, scripts: ScriptGrammar, as form: RemoteSettings.Grammar,
    neededFor need: String?,
    client: @escaping () throws(RemoteError) -> RemoteClient
  ) {
    self.client = client
    self.language = language
    self.scripts = scripts
    self.form = form
    self.need = need
  }

  func submit(_ request: GenerationRequest) throws -> Int {
    let isText = !request.messages.isEmpty
    let text = isText ? nil : language.question(request.prompt)
    let isForm = request.constraint != nil && form == .schema
    var messages = text.map(language.conversation) ?? request.messages
    if isForm, let last = messages.indices.last { messages[last].text += "\n" + scripts.instructionsOfForm }
    // A limit in tokens is kept, because virtual time and `recorded:LOG` go by it.
    let perUnit = isText ? 1 : SpokenLanguage.tokensPerWord * (isForm ? Self.formLength : 1)
    let question = RemoteQuestion(
      messages: messages, text: text, maximumTokens: request.maximumTokens * perUnit,
      sampling: request.sampling, seed: request.seed, grammar: request.constraint == nil ? nil : grammar)
    let client = try client()
    count += 1
    let handle = count
    asked[handle] = Asked(limit: isText ? nil : request.maximumTokens, isForm: isForm)
    let arrived = arrived
    client.ask(question) { arrived.add((handle, $0)) }
    return handle
  }

  func step() throws -> [Decoder.Update] {
    guard !asked.isEmpty else { return [] }
    statistics.steps += 1
    return try arrived.take().compactMap { handle, result in
      guard let question = asked.removeValue(forKey: handle) else { return nil }
      let generation: Generation
      do throws(RemoteError) {
        generation = try read(result.get(), question)
      } catch {
        guard case .gaveUp(_, _, .overflow) = error else {
          try client().end(error)
          throw error
        }
        generation = overflow(isText: question.limit == nil)
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

  private func read(_ answer: RemoteAnswer, _ question: Asked) throws(RemoteError) -> Generation {
    if answer.served.pieces.isEmpty, !answer.text.isEmpty, let need {
      throw .noLogProbabilities(server: try client().settings.address.text, neededFor: need)
    }
    // Whatever else a server calls the end of a text cut it off.
    let stop: Generation.StopReason =
      ["stop", "eos", "end_turn", "tool_calls", "function_call"].contains(answer.served.finish)
      ? .end : .length
    let sum = answer.served.pieces.reduce(Float(0)) { $0 + $1.logProbability }
    // What is no script in JSON stays as it is, and is a format error like any other.
    let text = question.isForm ? scripts.text(ofForm: answer.text) ?? answer.text : answer.text
    var generation =
      question.limit.map { language.words(text, stop: stop, limit: $0, logProbability: sum) }
      ?? Generation(text: text, stop: stop)
    generation.served = answer.served
    return generation
  }
}
