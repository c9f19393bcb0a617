/// Why a request cannot be run.
public enum GenerationError: Error, Hashable, CustomStringConvertible {
  case emptyPrompt
  case promptTooLong(count: Int, maximum: Int)
  case tokenOutsideVocabulary(Int32, vocabularySize: Int)
  case badSampling(String)
  case noTokensAsked(Int)
  case grammarOfAnotherVocabulary(size: Int, vocabularySize: Int)
  /// The keys and values of this request alone would need more bytes than all requests together may take.
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

extension GenerationRequest {
  func validate(for configuration: ModelConfiguration) throws(GenerationError) {
    guard !prompt.isEmpty else { throw .emptyPrompt }
    guard prompt.count < configuration.maximumPositions else {
      throw .promptTooLong(count: prompt.count, maximum: configuration.maximumPositions)
    }
    guard maximumTokens > 0 else { throw .noTokensAsked(maximumTokens) }
    if let token = prompt.first(where: { $0 < 0 || $0 >= configuration.vocabularySize }) {
      throw .tokenOutsideVocabulary(token, vocabularySize: configuration.vocabularySize)
    }
    if let size = constraint?.allowedTokens().vocabularySize, size != configuration.vocabularySize {
      throw .grammarOfAnotherVocabulary(size: size, vocabularySize: configuration.vocabularySize)
    }
    guard sampling.temperature >= 0, sampling.temperature.isFinite else {
      throw .badSampling("temperature \(sampling.temperature) is not 0 or above")
    }
    if let k = sampling.topK, k < 1 { throw .badSampling("top-k \(k) keeps no token") }
    if let p = sampling.topP, !(p > 0 && p <= 1) { throw .badSampling("top-p \(p) is not in (0, 1]") }
    if let p = sampling.minP, !(p >= 0 && p <= 1) { throw .badSampling("min-p \(p) is not in [0, 1]") }
  }
}
