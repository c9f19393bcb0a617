import Policy

/// How agents ask the policy, and how much virtual time their calls take.
public struct AgentSettings: Sendable, Hashable, Codable {
  /// How one kind of agent has its text generated.
  public struct Generation: Sendable, Hashable, Codable {
    public var sampling: SamplingParameters
    /// The most tokens that one output may have, with the end token.
    public var maximumTokens: Int

    public init(sampling: SamplingParameters = SamplingParameters(), maximumTokens: Int) {
      self.sampling = sampling
      self.maximumTokens = maximumTokens
    }
  }
  /// How scripts are generated.
  public var designer: Generation
  /// How executors' outputs are generated.
  public var executor: Generation
  /// The virtual time that one token of the policy takes; more than zero.
  public var latencyPerToken: Duration
  /// The virtual time that a tool call takes.
  public var toolLatency: Duration
  /// How long, in virtual time, the environment waits for each reply; `nil` means without a limit.
  public var callDeadline: Duration?

  /// The default token limit of executors: it has room for an expression of five operations, or a program of six
  /// instructions.
  public static let defaultExecutorTokens = 16
  /// The default token limit of designers: it has room for every script of the largest grammar.
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
