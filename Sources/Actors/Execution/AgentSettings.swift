import Policy

/// How agents ask the policy, and how much virtual time their calls take.
package struct AgentSettings: Sendable, Hashable, Codable {
  /// How one kind of agent has its text generated.
  package struct Generation: Sendable, Hashable, Codable {
    package var sampling: SamplingParameters
    /// The most tokens that one output may have, with the end token.
    package var maximumTokens: Int

    package init(sampling: SamplingParameters = SamplingParameters(), maximumTokens: Int) {
      self.sampling = sampling
      self.maximumTokens = maximumTokens
    }
  }
  /// How scripts are generated.
  package var designer: Generation
  /// How executors' outputs are generated.
  package var executor: Generation
  /// The virtual time that one token of the policy takes; more than zero.
  package var latencyPerToken: Duration
  /// The virtual time that a tool call takes.
  package var toolLatency: Duration
  /// How long, in virtual time, the environment waits for each reply; `nil` means without a limit.
  package var callDeadline: Duration?

  /// The default token limit of executors: it has room for an expression of five operations, or a program of six
  /// instructions.
  package static let defaultExecutorTokens = 16
  /// The default token limit of designers: it has room for every script of the largest grammar.
  package static let defaultDesignerTokens = 96

  package init(
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
