import Messaging
import Policy

extension Products {
  /// What the header of a log says of them: nothing of Troupe's own, whose bits are the same everywhere.
  var conditions: [LogHeader.Condition] {
    description.map { [LogHeader.Condition(name: "products", value: $0)] } ?? []
  }
}
