import Policy

/// How agents ask the policy and how long things take, in virtual time.
public struct AgentSettings: Sendable, Hashable, Codable {
  /// How text is generated for one kind of agent.
  public struct Generation: Sendable, Hashable, Codable {
    public var sampling: SamplingParameters
    /// The most tokens of one output, the end token included.
    public var maximumTokens: Int

    public init(sampling: SamplingParameters = SamplingParameters(), maximumTokens: Int) {
      self.sampling = sampling
      self.maximumTokens = maximumTokens
    }
  }
  public var designer: Generation
  public var executor: Generation
  /// Of the policy, more than zero.
  public var latencyPerToken: Duration
  /// Of every tool call.
  public var toolLatency: Duration
  /// How long the environment waits for any one reply; `nil` waits for ever.
  public var callDeadline: Duration?

  /// The most tokens an executor's output has unless the settings say otherwise: room for an expression of five
  /// operations, or a program of six instructions.
  public static let defaultExecutorTokens = 16
  /// Room for every script of the largest grammar.
  public static let defaultDesignerTokens = 96

  public init(
    designer: Generation = Generation(maximumTokens: defaultDesignerTokens),
    executor: Generation = Generation(maximumTokens: defaultExecutorTokens),
    latencyPerToken: Duration = .milliseconds(20), toolLatency: Duration = .milliseconds(5),
    callDeadline: Duration? = nil
  ) {
    self.designer = designer
    self.executor = executor
    self.latencyPerToken = latencyPerToken
    self.toolLatency = toolLatency
    self.callDeadline = callDeadline
  }
}
