/// Why a server could not be asked, or gave no answer that can be used.
///
/// No case holds a key: what a server said is cleaned of it before it becomes a text.
package enum RemoteError: Error, Hashable, Sendable {
  /// The address, and what is wrong with it.
  case address(String, String)
  /// The environment has no variable of this name, which should hold the server's key.
  case missingKey(variable: String)
  /// A request could not be answered: the server, how often it was asked, and what came last.
  case gaveUp(server: String, attempts: Int, RemoteFailure)
  /// The server does not have the model, or has several and none was named.
  case model(server: String, String)
  /// The server answers without log-probabilities, which something asks for.
  case noLogProbabilities(server: String, neededFor: String)
  /// A budget does not allow another call: its name, and what it allows.
  case budget(server: String, String)
  /// The file that keeps answers cannot be read or written, and why.
  case journal(String, String)
}

extension RemoteError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .address(let text, let what): "\(text): \(what)"
    case .missingKey(let variable):
      "the environment variable \(variable), which should hold the server's key, is not set"
    case .gaveUp(let server, 1, let failure): "\(server): \(failure)"
    case .gaveUp(let server, let attempts, let failure): "\(server): \(failure) (asked \(attempts) times)"
    case .model(let server, let what): "\(server): \(what)"
    case .noLogProbabilities(let server, let need):
      "\(server): gives no log-probabilities, which \(need) needs"
    case .budget(let server, let what): "\(server): \(what)"
    case .journal(let path, let what): "\(path): \(what)"
    }
  }
}

/// What was wrong with one attempt to get an answer.
package enum RemoteFailure: Error, Hashable, Sendable {
  /// The server refused with a status of HTTP, and the beginning of what it said.
  case status(Int, String)
  /// The prompt leaves no room in the model's context.
  case overflow
  /// There was no connection, or it broke, and why.
  case connection(String)
  /// TLS failed: the certificate is not trusted or not of this host.
  case security(String)
  /// Nothing complete came within the time limit, which is in seconds.
  case timeout(Double)
  /// The answer has more than this many bytes.
  case tooLarge(Int)
  /// The answer was not what the interface says, and where.
  case malformed(String)
  /// Another model answered than was asked.
  case otherModel(asked: String, answered: String)
  /// The log-probabilities cannot be right, and why.
  case logProbabilities(String)
  /// The server sent on to another address, where the key must not go.
  case redirect(String)
}

extension RemoteFailure: CustomStringConvertible {
  package var description: String {
    switch self {
    case .status(let code, let said): "answered with status \(code)" + (said.isEmpty ? "" : ": \(said)")
    case .overflow: "the prompt leaves no room in the model's context"
    case .connection(let what): "no connection: \(what)"
    case .security(let what): "TLS failed: \(what)"
    case .timeout(let seconds): "gave no whole answer within \(seconds) s"
    case .tooLarge(let bytes): "answered with more than \(bytes) bytes"
    case .malformed(let what): "answered with what is no completion: \(what)"
    case .otherModel(let asked, let answered):
      "answered with the model \"\(answered)\", and \"\(asked)\" was asked"
    case .logProbabilities(let what): "gave log-probabilities that cannot be right: \(what)"
    case .redirect(let place): "sends on to \(place), which is not followed"
    }
  }

  /// Whether another attempt may fare better.
  var isPassing: Bool {
    switch self {
    case .status(let code, _): [408, 409, 425, 429, 500, 502, 503, 504, 529].contains(code)
    case .connection, .timeout, .malformed, .logProbabilities: true
    case .overflow, .security, .tooLarge, .otherModel, .redirect: false
    }
  }
}
