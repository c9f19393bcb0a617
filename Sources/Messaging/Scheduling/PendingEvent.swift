/// Something that will happen: what kind, to whom, and what it carries.
struct PendingEvent {
  enum Kind: UInt8 { case delivery, reply, deadline, timer, completion, mark }
  var kind: Kind
  /// The seat of the actor that caused it.
  var sender: Int32
  /// The seat of the actor it happens to.
  var receiver: Int32
  /// Of all but deliveries: the number of what waits for it.
  var wait = 0
  var parcel: (any Parcel)?
  /// In order of creation.
  var number = 0

  init(_ kind: Kind, from sender: Int, to receiver: Int, wait: Int = 0, parcel: (any Parcel)? = nil) {
    self.kind = kind
    self.sender = Int32(truncatingIfNeeded: sender)
    self.receiver = Int32(truncatingIfNeeded: receiver)
    self.wait = wait
    self.parcel = parcel
  }

  /// Events of one channel keep their order; `nil` is bound to nothing.
  var channel: Int? {
    kind == .delivery ? Int(sender) << 32 | Int(receiver) : nil
  }
}
