import Actors
import Policy

/// A policy without weights: its designer always has the smallest digit fetched first, and its executors sort.
final class ClerkPolicy: GenerationServer {
  private let tokenizer: WordTokenizer
  private let family: SortingFamily
  private var answers: [Decoder.Update] = []
  private var handles = 0

  init(_ tokenizer: WordTokenizer, _ family: SortingFamily) {
    self.tokenizer = tokenizer
    self.family = family
  }

  func submit(_ request: GenerationRequest) throws -> Int {
    let prompt = ExecutorPrompt(parsing: tokenizer.decode(request.prompt))
    let text =
      switch prompt?.role {
      case "design": "a = tool smallest ( task ) ; b = agent solve ( a ) ; answer b"
      default: prompt.flatMap(family.reference) ?? ""
      }
    let tokens = Array((try tokenizer.encode(text) + [request.endToken]).prefix(request.maximumTokens))
    let generation = Generation(
      tokens: tokens, logProbabilities: tokens.map { _ in 0 },
      stop: tokens.last == request.endToken ? .end : .length)
    handles += 1
    answers.append(.init(handle: handles, tokenCount: tokens.count, finished: generation))
    return handles
  }

  func step() -> [Decoder.Update] {
    defer { answers = [] }
    return answers
  }
}
