/// A message or a reply on its way.
///
/// A class rather than a protocol: a pending event is copied often, and one reference is copied faster than a box.
// Sendable unchecked: only the thread that drives the episode touches it, on which the tasks run too.
class Parcel: @unchecked Sendable {
  var name: String { "" }
  /// What a record holds of it.
  func encode(to writer: inout CBORWriter) throws {}
  /// Lets the actor have it, by way of its receiver.
  func deliver(to receiver: AnyObject) {}
  /// Another value of the same type, which takes the same way: as another parcel, or in this one.
  func replaced(byJSON text: String, inPlace: Bool) throws -> Parcel { self }
}
