/// Answers generation requests, many at a time: a neural policy, a scripted one, or a user's own.
///
/// Used by one thread at a time. What a request is answered must not depend on what is asked beside it (P4).
public protocol GenerationServer: AnyObject {
  /// Takes a request; its answer comes from one of the next steps, under the returned handle.
  func submit(_ request: GenerationRequest) throws -> Int
  /// Works on everything that was submitted; never idle while something is unanswered.
  /// - Throws: if there can be no answer, which ends whatever was asked for.
  func step() throws -> [Decoder.Update]
  /// What was done so far, as far as it is known.
  var statistics: Decoder.Statistics { get }
}

extension GenerationServer {
  public var statistics: Decoder.Statistics { Decoder.Statistics() }
}

extension Decoder: GenerationServer {}
