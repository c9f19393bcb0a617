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
