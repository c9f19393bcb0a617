import Policy

/// What a server's model answered, and what the server said beside it.
package struct RemoteAnswer: Sendable, Hashable, Codable {
  package var text: String
  package var served: Generation.Served

  package init(text: String, finish: String, model: String) {
    self.text = text
    served = .init(model: model, finish: finish)
  }
}
