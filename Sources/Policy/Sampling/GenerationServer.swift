/// Answers generation requests, many at a time: a neural policy, a scripted one, or one of your own.
///
/// Only one thread uses a server at a time. The answer to a request must not depend on the requests beside it (P4).
public protocol GenerationServer: AnyObject {
  /// Takes a request and returns a handle. One of the next steps gives the answer under this handle.
  /// - Throws: if the server cannot answer the request.
  func submit(_ request: GenerationRequest) throws -> Int
  /// Works on all requests that were submitted and have no answer yet; every call must make progress.
  /// - Throws: if the server can give no answers. All requests that had none are then lost.
  func step() throws -> [Decoder.Update]
  /// What the server has done so far, as far as it counts that.
  var statistics: Decoder.Statistics { get }
}

extension GenerationServer {
  /// Zero counts, for servers that count nothing.
  public var statistics: Decoder.Statistics { Decoder.Statistics() }
}

extension Decoder: GenerationServer {}
