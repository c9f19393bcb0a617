/// A grammar, as the sampler sees it: which tokens may come next, one token at a time.
///
/// A value: copying one is how a generation starts from the grammar's start state, and how a trainer
/// recomputes the masks that the sampler used.
public protocol TokenConstraint: Sendable {
  /// The tokens that may come next; never empty unless `isComplete`.
  func allowedTokens() -> TokenSet
  /// Moves past `token`, which must have been allowed.
  mutating func advance(by token: Int)
  /// Whether nothing can follow.
  var isComplete: Bool { get }
  /// A short stable name of the grammar and its parameters, for logs.
  var digest: UInt64 { get }
}
