import Policy

/// A registered policy, whose answers are checked.
final class CheckedServer: GenerationServer {
  private let server: any GenerationServer
  private let part: RegisteredPart
  private let vocabularySize: Int
  /// The requests without an answer, by handle.
  private var asked: [Int: GenerationRequest] = [:]
  private var idleSteps = 0

  /// How many steps in a row may pass without a token while requests have no answer.
  private static let mostIdleSteps = 10_000

  init(_ server: any GenerationServer, _ part: RegisteredPart, vocabularySize: Int) {
    self.server = server
    self.part = part
    self.vocabularySize = vocabularySize
  }

  var statistics: Decoder.Statistics { server.statistics }

  func submit(_ request: GenerationRequest) throws -> Int {
    let handle = try part.calling { try server.submit(request) }
    guard asked.updateValue(request, forKey: handle) == nil else {
      throw part.fault("gave two requests the handle \(handle)")
    }
    return handle
  }

  func step() throws -> [Decoder.Update] {
    let updates = try part.calling { try server.step() }
    idleSteps = updates.isEmpty && !asked.isEmpty ? idleSteps + 1 : 0
    guard idleSteps < Self.mostIdleSteps else {
      throw part.fault("made no progress in \(idleSteps) steps, with \(asked.count) requests to answer")
    }
    for update in updates {
      guard let request = asked[update.handle] else {
        throw part.fault("answered a request \(update.handle) that nobody asked")
      }
      guard let generation = update.finished else { continue }
      asked[update.handle] = nil
      if let flaw = flaw(of: generation, for: request) { throw part.fault(flaw) }
    }
    return updates
  }

  /// What cannot be right about an answer.
  private func flaw(of generation: Generation, for request: GenerationRequest) -> String? {
    if !request.messages.isEmpty {
      guard generation.text != nil else { return "answered a conversation without a text" }
      return generation.tokens.isEmpty ? nil : "answered a conversation with words of the vocabulary"
    }
    let (tokens, logs) = (generation.tokens, generation.logProbabilities)
    guard tokens.count == logs.count else {
      return "answered with \(tokens.count) tokens and \(logs.count) log-probabilities"
    }
    guard tokens.count <= request.maximumTokens else {
      return "answered with \(tokens.count) tokens where \(request.maximumTokens) are allowed"
    }
    if let token = tokens.first(where: { !(0..<vocabularySize).contains(Int($0)) }) {
      return "answered with token \(token) of a vocabulary of \(vocabularySize)"
    }
    if let log = logs.first(where: { !($0 <= 0) }) { return "gave a log-probability of \(log)" }
    guard generation.stop != .end || tokens.last == request.endToken else {
      return "ended an answer without the end token"
    }
    return nil
  }
}
