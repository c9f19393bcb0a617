/// A question to the world outside the episode, such as a generation by a policy.
public struct ExternalCall: Sendable {
  /// What it is, for the driver and the log.
  public var kind: String
  /// What is asked, as bytes: logged, and checked when the episode is replayed.
  public var describes: [UInt8]
  /// What the driver serves it from.
  public var payload: any Sendable
  /// Virtual time that one unit (a token) of the result takes; above 0.
  public var latencyPerUnit: Duration
  /// The most units the result may have.
  public var maximumUnits: Int
  /// Virtual time at which the result is cut.
  public var deadline: Duration?

  /// - Precondition: a positive latency and at least one unit.
  public init(
    kind: String, describes: [UInt8] = [], payload: any Sendable, latencyPerUnit: Duration, maximumUnits: Int,
    deadline: Duration? = nil
  ) {
    precondition(latencyPerUnit > .zero && maximumUnits > 0)
    self.kind = kind
    self.describes = describes
    self.payload = payload
    self.latencyPerUnit = latencyPerUnit
    self.maximumUnits = maximumUnits
    self.deadline = deadline
  }
}

/// An external call that its episode waits for.
public struct OutstandingExternal: Sendable {
  public let id: Int
  /// With `maximumUnits` cut to what the deadline leaves room for.
  public let call: ExternalCall
  /// Whether the driver has not yet said how far it is.
  public let isNew: Bool
}
