/// A message or a reply on its way.
///
/// It is a class and not a protocol, because one reference is copied faster than an existential box.
// Sendable is unchecked because only the thread that drives the episode touches a parcel, and the tasks run on it too.
class Parcel: @unchecked Sendable {
  var name: String { "" }
  /// Writes the bytes that a record holds.
  func encode(to writer: inout CBORWriter) throws {}
  /// Delivers the message to the actor's receiver.
  func deliver(to receiver: AnyObject) {}
  /// Returns a parcel of the same type with a value read from JSON: another parcel, or this one if `inPlace`.
  func replaced(byJSON text: String, inPlace: Bool) throws -> Parcel { self }
}
