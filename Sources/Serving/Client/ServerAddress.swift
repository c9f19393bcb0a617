import Foundation

/// The address of a server that speaks OpenAI's interface, such as `http://127.0.0.1:8080/v1`.
///
/// It is the part before `/chat/completions`. Only `http` and `https` are known, and no user, password, query or fragment may be
/// in it: a key belongs in the environment, where no log can copy it.
package struct ServerAddress: Sendable, Hashable, CustomStringConvertible {
  /// The address without a slash at its end.
  package let text: String

  /// - Throws: ``RemoteError/address(_:_:)`` with what is wrong with the text.
  package init(_ text: String) throws(RemoteError) {
    // What may be a password is in no message.
    let shown = text.contains("@") ? "the address" : text
    func refused(_ what: String) -> RemoteError { .address(shown, what) }
    guard let parts = URLComponents(string: text), let scheme = parts.scheme?.lowercased() else {
      throw refused("is no URL, such as http://127.0.0.1:8080/v1")
    }
    guard scheme == "http" || scheme == "https" else { throw refused("must begin with http:// or https://") }
    guard let host = parts.host, !host.isEmpty else { throw refused("names no host") }
    guard parts.user == nil, parts.password == nil else {
      throw refused("has a user or a password; give the name of an environment variable as `key`")
    }
    guard parts.query == nil, parts.fragment == nil else { throw refused("has a query or a fragment") }
    if let port = parts.port, !(1...65_535).contains(port) {
      throw refused("has the port \(port), which must be from 1 to 65535")
    }
    var trimmed = text[...]
    while trimmed.hasSuffix("/") { trimmed.removeLast() }
    self.text = String(trimmed)
  }

  /// The address of one of the server's services, such as `chat/completions`.
  func url(_ path: String) throws(RemoteError) -> URL {
    guard let url = URL(string: "\(text)/\(path)") else { throw .address(text, "is no URL") }
    return url
  }

  package var description: String { text }
}
