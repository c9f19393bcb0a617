import Messaging

/// Members of objects come in the order of their names, because decoders do not keep the order of a text.
extension JSONValue: Codable {
  package init(from decoder: any Decoder) throws {
    let one = try decoder.singleValueContainer()
    if one.decodeNil() {
      self = .null
    } else if let flag = try? one.decode(Bool.self) {
      self = .bool(flag)
    } else if let number = try? one.decode(Int.self) {
      self = .integer(number)
    } else if let number = try? one.decode(Double.self) {
      self = .number(number)
    } else if let text = try? one.decode(String.self) {
      self = .text(text)
    } else if let values = try? one.decode([JSONValue].self) {
      self = .array(values)
    } else {
      let members = try decoder.container(keyedBy: FieldName.self)
      self = .object(
        try members.allKeys.sorted { $0.stringValue < $1.stringValue }.map {
          Member($0.stringValue, try members.decode(JSONValue.self, forKey: $0))
        })
    }
  }

  package func encode(to encoder: any Encoder) throws {
    var one = encoder.singleValueContainer()
    switch self {
    case .null: try one.encodeNil()
    case .bool(let flag): try one.encode(flag)
    case .integer(let number): try one.encode(number)
    case .number(let number): try one.encode(number)
    case .text(let text): try one.encode(text)
    case .array(let values): try one.encode(values)
    case .object(let members):
      var names = encoder.container(keyedBy: FieldName.self)
      for member in members { try names.encode(member.value, forKey: FieldName(member.name)) }
    case .verbatim:
      throw EncodingError.invalidValue(
        self, .init(codingPath: encoder.codingPath, debugDescription: "text that is JSON already"))
    }
  }
}
