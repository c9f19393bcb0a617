import Messaging

/// A system of actors to be explored: how an episode of it begins, what can go wrong, and what must hold.
///
/// ```
/// var system = SimulatedSystem("counter") { root, _ in
///   let counter = root.spawn("counter") { Counter($0) }
///   root.send(.increment, to: counter)
/// } violation: { played in
///   played.notes("total").last == [2] ? nil : "an increment was lost"
/// }
/// system.faults.rates.drop = 0.1
/// let found = try Explorer(system).explore(seeds: 0..<1000)
/// ```
public struct SimulatedSystem: Sendable {
  public var name: String
  /// Sizes of the system by name, such as the number of its nodes; shrinking tries smaller ones, down to the least.
  public var sizes: [String: Size] = [:]
  public var faults = FaultPlan()
  public var limits = EpisodeLimits()
  public var escapes = EscapeRule.fail
  /// Whether an episode in which nothing is left to happen has ended well.
  public var endsQuiet = true
  /// Spawns the first actors and sends the first messages; told the value of each size.
  public var setUp: @Sendable (ActorContext, [String: Int]) -> Void
  /// What a played episode did that it must not do; `nil` if nothing. Not asked about one that failed otherwise than by
  /// having nothing left to happen: why it failed is told instead.
  public var violation: @Sendable (PlayedEpisode) -> String?
  /// Runs an episode to its end; replaced where something outside has to be served.
  public var run: @Sendable (Episode) throws -> EpisodeStatus = { $0.run() }
  /// What the set-up is made from, for the record.
  public var input: [UInt8] = []

  /// A whole number of the set-up.
  public struct Size: Sendable, Hashable {
    public var value: Int
    public var least: Int

    public init(_ value: Int, least: Int = 1) {
      self.value = value
      self.least = least
    }
  }

  public init(
    _ name: String, setUp: @escaping @Sendable (ActorContext, [String: Int]) -> Void,
    violation: @escaping @Sendable (PlayedEpisode) -> String? = { _ in nil }
  ) {
    self.name = name
    self.setUp = setUp
    self.violation = violation
  }

  /// A system whose episodes end with a ``PlayedAnswer``, or with none, and must do what is expected.
  public init(
    _ name: String, expecting expectations: [EpisodeExpectation],
    setUp: @escaping @Sendable (ActorContext, [String: Int]) -> Void
  ) {
    self.init(name, setUp: setUp) { played in
      var answer: PlayedAnswer?
      if case .finished(let result) = played.status { answer = try? PlayedAnswer(encoded: result) }
      return expectations.violations(of: played, answer: answer).first
    }
  }
}
