import Policy

/// A scripted policy behind the interface of the neural one.
public final class ScriptedServer: GenerationServer {
  private let policy: ScriptedPolicy
  private var answered: [Decoder.Update] = []
  private var nextHandle = 0

  public init(_ policy: ScriptedPolicy) { self.policy = policy }

  public func submit(_ request: GenerationRequest) throws -> Int {
    let generation = try policy.generate(request)
    nextHandle += 1
    answered.append(
      Decoder.Update(handle: nextHandle, tokenCount: generation.tokens.count, finished: generation))
    return nextHandle
  }

  public func step() -> [Decoder.Update] {
    defer { answered.removeAll() }
    return answered
  }
}
