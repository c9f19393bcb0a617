/// The error for a request that cannot be run.
public enum GenerationError: Error, Hashable, CustomStringConvertible {
  case emptyPrompt
  case promptTooLong(count: Int, maximum: Int)
  case tokenOutsideVocabulary(Int32, vocabularySize: Int)
  case badSampling(String)
  case noTokensAsked(Int)
  case grammarOfAnotherVocabulary(size: Int, vocabularySize: Int)
  /// The keys and values of the request would take more bytes than the limit for all requests.
  case cacheTooSmall(needed: Int, limit: Int)

  public var description: String {
    switch self {
    case .emptyPrompt: "the prompt is empty"
    case .promptTooLong(let count, let maximum):
      "the prompt has \(count) tokens and the context \(maximum), which leaves no room for a completion"
    case .tokenOutsideVocabulary(let token, let size): "token \(token) is outside the vocabulary of \(size)"
    case .badSampling(let what): what
    case .noTokensAsked(let count): "at least one token must be asked for, not \(count)"
    case .grammarOfAnotherVocabulary(let size, let vocabulary):
      "the grammar is over \(size) tokens and the model over \(vocabulary)"
    case .cacheTooSmall(let needed, let limit):
      "prompt and completion may need \(needed) bytes for keys and values, and \(limit) are allowed"
    }
  }
}
