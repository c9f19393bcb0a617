import Messaging

/// A system of actors to explore: how an episode begins, what can go wrong, and what must hold.
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
  /// The sizes of the system by name, such as its number of nodes. Shrinking tries smaller ones, down to the least.
  public var sizes: [String: Size] = [:]
  public var faults = FaultPlan()
  public var limits = EpisodeLimits()
  public var escapes = EscapeRule.fail
  /// Whether an episode that ends because nothing is left to happen has ended well.
  public var endsQuiet = true
  /// Spawns the first actors and sends the first messages. It gets the value of each size.
  public var setUp: @Sendable (ActorContext, [String: Int]) -> Void
  /// Says what is wrong with a played episode; `nil` if nothing is.
  ///
  /// It is not called for an episode that failed, unless nothing was left to happen. The error is told instead.
  public var violation: @Sendable (PlayedEpisode) -> String?
  /// Runs an episode to its end. Replace it if something outside has to be answered.
  public var run: @Sendable (Episode) throws -> EpisodeStatus = { $0.run() }
  /// The value from which the set-up is made, as bytes for the record.
  public var input: [UInt8] = []
  /// The seed of all that actors draw, in every episode. `nil` if each episode draws under the seed that also orders its events.
  package var drawSeed: UInt64?

  /// A whole number that the set-up uses.
  public struct Size: Sendable, Hashable {
    public var value: Int
    package var least: Int

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

  /// Makes a system whose episodes end with a ``PlayedAnswer``, or with none, and must meet the expectations.
  public init(
    _ name: String, expecting expectations: [EpisodeExpectation],
    setUp: @escaping @Sendable (ActorContext, [String: Int]) -> Void
  ) {
    self.init(name, setUp: setUp) { played in
      var answer: PlayedAnswer?
      if case .finished(let result) = played.status { answer = try? PlayedAnswer(encoded: result) }
      return expectations.violations(of: played, answer: answer).first?.description
    }
  }
}
