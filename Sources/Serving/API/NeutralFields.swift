import Messaging

/// Fields that clients send and that change nothing here: any value of some, and of others only the value that asks for
/// nothing. Another value is refused, rather than passed over in silence (P8).
enum NeutralFields {
  /// Names whose value is for the provider's own records, or for scheduling.
  private static let ignored = [
    "user", "metadata", "service_tier", "parallel_tool_calls", "safety_identifier", "prompt_cache_key",
    "cache_prompt",
  ]

  /// Names with the values that ask for nothing.
  private static let neutral: [(name: String, values: [JSONValue])] = [
    ("presence_penalty", [0, .number(0)]), ("frequency_penalty", [0, .number(0)]),
    ("repetition_penalty", [1, .number(1)]), ("repeat_penalty", [1, .number(1)]),
    ("logit_bias", [.object([])]), ("best_of", [1]), ("echo", [false]), ("suffix", [""]), ("store", [false]),
    ("ignore_eos", [false]), ("modalities", [["text"]]),
  ]

  static let names = ignored + neutral.map(\.name)

  /// - Throws: `DecodingError` that names a field whose value asks for something.
  static func check(_ fields: KeyedDecodingContainer<FieldName>) throws {
    for (name, values) in neutral {
      guard let value: JSONValue = try fields.optional(name), value != .null, !values.contains(value) else {
        continue
      }
      throw fields.error(name, "is not done here; leave it out, or say \(values[0])")
    }
  }
}
