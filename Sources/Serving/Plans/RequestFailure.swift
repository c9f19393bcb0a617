/// Why a request is not answered: the status and the body of the answer.
package struct RequestFailure: Error, Sendable, Hashable {
  package var status: Int
  package var details: ErrorBody.Details

  package init(_ status: Int, _ details: ErrorBody.Details) {
    (self.status, self.details) = (status, details)
  }

  /// A field whose value is wrong.
  static func field(_ name: String, _ what: String, code: String? = nil) -> RequestFailure {
    RequestFailure(
      400, .init(message: "\(name): \(what)", type: "invalid_request_error", param: name, code: code))
  }
}
