import Messaging
import Policy

extension Products {
  /// The conditions that a log's header names for these products; none for Troupe's own, whose bits are the same
  /// everywhere.
  var conditions: [LogHeader.Condition] {
    description.map { [LogHeader.Condition(name: "products", value: $0)] } ?? []
  }
}
