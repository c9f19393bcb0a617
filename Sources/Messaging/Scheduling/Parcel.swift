/// A message or a reply on its way.
///
/// A class rather than a protocol: a pending event is copied often, and one reference is copied faster than a box.
class Parcel {
  var name: String { "" }
  /// What a record holds of it.
  func encode(to writer: inout CBORWriter) throws {}
  /// Lets the actor have it, by way of its receiver.
  func deliver(to receiver: AnyObject) {}
  /// Another value of the same type, which takes the same way.
  func replaced(byJSON text: String) throws -> Parcel { self }
}
