import Policy

/// What is to be generated for a request, after every field was checked.
package struct GenerationPlan: Sendable {
  /// Which endpoint asked.
  package enum Kind: Sendable {
    case chat
    case completion
  }

  package var kind: Kind
  /// A function of the request's content.
  package var id: String
  /// One for each answer; they differ in their seeds.
  package var requests: [GenerationRequest]
  /// Texts before which an answer ends.
  package var stops: [[UInt8]]
  /// How many of the likeliest tokens are said at each place; `nil` if no log-probabilities are.
  package var logprobs: Int?
  package var isStream: Bool
  package var includesUsage: Bool
  package var returnsTokenIDs: Bool
  /// The grammar of the answers, in its start state.
  package var grammar: GBNFConstraint?

  package var prompt: [Int32] { requests[0].prompt }
}
