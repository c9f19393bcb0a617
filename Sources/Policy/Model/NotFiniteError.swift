/// The error for a loss or gradient that is not finite. Training must stop before it spreads.
public struct NotFiniteError: Error, Hashable, CustomStringConvertible {
  /// The loss, a tensor's gradient, or a tensor that is not finite.
  package var place: String

  package init(place: String) { self.place = place }

  public var description: String { "\(place) is not finite" }
}
