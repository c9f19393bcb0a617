/// A value of the metadata of a GGUF file.
package enum GGUFValue: Sendable, Hashable {
  /// Any whole number that fits.
  case integer(Int)
  /// A number of the types float32 or float64, widened.
  case number(Double)
  case bool(Bool)
  case text(String)
  /// A list of numbers, of either kind.
  case integers([Int])
  case numbers([Double])
  case texts([String])
  /// A list of lists or of truth values, which no model needs. It is skipped.
  case skipped

  package var integer: Int? { if case .integer(let value) = self { value } else { nil } }
  package var number: Double? {
    switch self {
    case .number(let value): value
    case .integer(let value): Double(value)
    default: nil
    }
  }
  package var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
  package var text: String? { if case .text(let value) = self { value } else { nil } }
  package var integers: [Int]? { if case .integers(let values) = self { values } else { nil } }
  package var texts: [String]? { if case .texts(let values) = self { values } else { nil } }
}
