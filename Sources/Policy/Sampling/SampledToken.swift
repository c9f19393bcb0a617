/// A token that a step of a decoder drew.
package struct SampledToken: Sendable, Hashable {
  /// A token that could have been drawn.
  package struct Candidate: Sendable, Hashable {
    package var token: Int32
    /// The natural logarithm of its probability in the distribution that was sampled from.
    package var logProbability: Float

    package init(token: Int32, logProbability: Float) {
      (self.token, self.logProbability) = (token, logProbability)
    }
  }

  package var token: Int32
  /// The natural logarithm of its probability, as in ``Generation/logProbabilities``.
  package var logProbability: Float
  /// The tokens that could have been drawn, the likeliest first, as many as ``GenerationRequest/likeliestCount`` says; of equally
  /// likely ones the lower id is first. Fewer if grammar and truncation keep fewer.
  package var likeliest: [Candidate]
}
