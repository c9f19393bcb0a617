/// Something that will happen: what kind, to whom, and what it carries.
struct PendingEvent {
  enum Kind: UInt8 { case delivery, reply, deadline, timer, completion, mark, cancellation, crash, restart }
  var kind: Kind
  /// The seat of the actor that caused it.
  var sender: Int32
  /// The seat of the actor it happens to.
  var receiver: Int32
  /// Of whom it was sent by, or who waits for it.
  var incarnation: Int32 = 0
  /// The number of what waits for it; of a delivery the ask it makes, or -1.
  var wait = -1
  var parcel: Parcel?
  /// In order of creation.
  var number = 0

  init(_ kind: Kind, from sender: Int, to receiver: Int, wait: Int = -1, parcel: Parcel? = nil) {
    self.kind = kind
    self.sender = Int32(truncatingIfNeeded: sender)
    self.receiver = Int32(truncatingIfNeeded: receiver)
    self.wait = wait
    self.parcel = parcel
  }

  /// Whether it may be overtaken by later ones of its channel.
  var isLoose = false

  /// Events of one channel keep their order; `nil` is bound to nothing.
  var channel: Int? {
    kind == .delivery && !isLoose ? Int(sender) << 32 | Int(receiver) : nil
  }

  var candidate: Candidate { Candidate(number: number, receiver: Int(receiver)) }
}
