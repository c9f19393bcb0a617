/// A question to the world outside the episode, such as a generation by a policy.
public struct ExternalCall: Sendable {
  /// The kind of the call, for the driver and the log.
  public var kind: String
  /// The question as bytes. They are logged, and compared when the episode is replayed.
  public var describes: [UInt8]
  /// The value from which the driver answers the call.
  public var payload: any Sendable
  /// The virtual time that one unit (a token) of the result takes; above 0.
  package var latencyPerUnit: Duration
  /// The greatest number of units that the result may have.
  package var maximumUnits: Int
  /// The virtual time at which the result is cut.
  package var deadline: Duration?

  /// - Precondition: the latency is positive, and there is at least one unit.
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
  /// The call, with `maximumUnits` cut to what the deadline leaves room for.
  public let call: ExternalCall
  /// Whether the driver has not yet reported any progress.
  public let isNew: Bool
}
