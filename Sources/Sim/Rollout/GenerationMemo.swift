import Policy

/// A server that asks another one each question only once.
///
/// A generation is a pure function of weights, prompt, seed and limits (P4). So a question with the same prompt, seed and
/// limit has the same answer, and forks get the generations that they share with their execution, and with each other,
/// without the policy. A greedy generation of a model does not depend on its seed either, so that designs which begin
/// alike share what they ask. Only one thread may use a memo at a time, and all its questions are to the same weights.
final class GenerationMemo: GenerationServer {
  private struct Question: Hashable {
    /// `nil` if the answer does not depend on it.
    var seed: UInt64?
    var maximumTokens: Int
    var prompt: [Int32]
    var messages: [ChatMessage]
  }

  /// What all asked so far is worth: questions, and what the other server had to generate for them.
  struct Counts: Sendable, Hashable {
    /// The number of all questions.
    var questions = 0
    /// The number of questions that the other server answered.
    var generations = 0
    /// The number of tokens of those answers.
    var tokens = 0
  }

  private let server: any GenerationServer
  private let isModel: Bool
  private(set) var counts = Counts()
  private var known: [Question: Generation] = [:]
  /// Who waits for each question that the other server works on: handles of this server.
  private var waiting: [Question: [Int]] = [:]
  /// The questions by their handles at the other server.
  private var asked: [Int: Question] = [:]
  /// The answers that the next step gives.
  private var ready: [Decoder.Update] = []
  private var nextHandle = 0

  /// Makes a memo of what `server` answers. It shares greedy generations among seeds if `isModel`: if a model answers, which draws
  /// nothing for them. Scripted agents draw their errors from the seed at any temperature.
  init(_ server: any GenerationServer, isModel: Bool = false) {
    self.server = server
    self.isModel = isModel
  }

  var statistics: Decoder.Statistics { server.statistics }

  func submit(_ request: GenerationRequest) throws -> Int {
    let question = Question(
      seed: isModel && request.sampling.temperature == 0 ? nil : request.seed,
      maximumTokens: request.maximumTokens, prompt: request.prompt,
      messages: request.messages)
    counts.questions += 1
    nextHandle += 1
    if let generation = known[question] {
      ready.append(
        Decoder.Update(handle: nextHandle, tokenCount: generation.unitCount, finished: generation))
    } else if waiting[question] != nil {
      waiting[question]?.append(nextHandle)
    } else {
      asked[try server.submit(request)] = question
      waiting[question] = [nextHandle]
    }
    return nextHandle
  }

  func step() throws -> [Decoder.Update] {
    var updates = ready
    ready = []
    guard !asked.isEmpty else { return updates }
    for update in try server.step() {
      guard let question = asked[update.handle] else { continue }
      updates += (waiting[question] ?? []).map {
        Decoder.Update(handle: $0, tokenCount: update.tokenCount, finished: update.finished)
      }
      guard let generation = update.finished else { continue }
      known[question] = generation
      waiting[question] = nil
      asked[update.handle] = nil
      counts.generations += 1
      counts.tokens += generation.sampledCount
    }
    return updates
  }
}
