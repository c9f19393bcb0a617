/// The body of an answer that is an error.
package struct ErrorBody: Codable, Sendable, Hashable {
  /// What is wrong.
  package struct Details: Codable, Sendable, Hashable {
    package var message: String
    /// The kind, such as `invalid_request_error`.
    package var type: String?
    /// The field that is wrong.
    package var param: String?
    /// A name for programs, such as `context_length_exceeded`. Some servers give a number.
    package var code: String?

    package init(message: String, type: String?, param: String? = nil, code: String? = nil) {
      (self.message, self.type, self.param, self.code) = (message, type, param, code)
    }

    package init(from decoder: any Decoder) throws {
      let fields = try decoder.container(keyedBy: FieldName.self)
      message = try fields.optional("message") ?? ""
      type = try fields.optional("type")
      param = try fields.optional("param")
      if let number = try? fields.optional("code", as: Int.self) {
        code = "\(number)"
      } else {
        code = try fields.optional("code")
      }
    }

    package func encode(to encoder: any Encoder) throws {
      var fields = encoder.container(keyedBy: FieldName.self)
      try fields.write("message", message)
      try fields.writeAlways("type", type)
      try fields.writeAlways("param", param)
      try fields.writeAlways("code", code)
    }
  }

  package var error: Details

  package init(_ error: Details) { self.error = error }
}

extension ErrorBody.Details {
  /// Says which field of a request could not be decoded, and why.
  package init(_ error: DecodingError) {
    let (path, what): ([any CodingKey], String) =
      switch error {
      case .keyNotFound(let key, let context): (context.codingPath + [key], "is missing")
      case .valueNotFound(let type, let context):
        (context.codingPath, "is null and must be \(Self.name(type))")
      case .typeMismatch(let type, let context): (context.codingPath, "must be \(Self.name(type))")
      case .dataCorrupted(let context): (context.codingPath, context.debugDescription)
      @unknown default: ([], "cannot be read")
      }
    var place = ""
    for key in path {
      if let index = key.intValue {
        place += "[\(index)]"
      } else {
        place += (place.isEmpty ? "" : ".") + key.stringValue
      }
    }
    self.init(
      message: place.isEmpty ? "the body is no JSON object of this request: \(what)" : "\(place): \(what)",
      type: "invalid_request_error", param: place.isEmpty ? nil : place)
  }

  private static func name(_ type: Any.Type) -> String {
    switch type {
    case is String.Type: "a text"
    case is Bool.Type: "true or false"
    case is Int.Type, is Int32.Type, is Int64.Type, is UInt64.Type, is UInt8.Type: "a whole number"
    case is Double.Type, is Float.Type: "a number"
    case is [Any].Type: "a list"
    case let type where "\(type)".hasPrefix("Array"): "a list"
    default: "an object"
    }
  }
}
