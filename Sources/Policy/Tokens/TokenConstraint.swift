/// A grammar as the sampler sees it: it says which tokens may come next, one token at a time.
///
/// It is a value. A generation starts with a copy in the start state, and a trainer uses another copy to compute the
/// same masks again.
public protocol TokenConstraint: Sendable {
  /// The tokens that may come next; never empty unless ``isComplete`` is true.
  func allowedTokens() -> TokenSet
  /// Moves past `token`.
  /// - Precondition: the token is allowed.
  mutating func advance(by token: Int)
  /// Whether no token can follow.
  var isComplete: Bool { get }
  /// A hash of the grammar and its parameters, the same in every process.
  var digest: UInt64 { get }
}
