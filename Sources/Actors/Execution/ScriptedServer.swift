import Policy

/// Gives a ``ScriptedPolicy`` the interface of the neural policy.
public final class ScriptedServer: GenerationServer {
  private let policy: ScriptedPolicy
  private var answers = ImmediateAnswers()

  public init(_ policy: ScriptedPolicy) { self.policy = policy }

  public func submit(_ request: GenerationRequest) throws -> Int {
    answers.add(try policy.generate(request))
  }

  public func step() -> [Decoder.Update] { answers.take() }
}
