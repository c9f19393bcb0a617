/// Something that will happen: what kind, to whom, and what it carries.
///
/// Whoever has it has it alone: it is moved from hand to hand, and never copied but on purpose.
struct PendingEvent: ~Copyable {
  enum Kind: UInt8 { case delivery, reply, deadline, timer, completion, mark, cancellation, crash, restart }
  let kind: Kind
  /// Whether it may be overtaken by later ones of its channel.
  var isLoose = false
  /// The seat of the actor that caused it.
  let sender: Int32
  /// The seat of the actor it happens to.
  let receiver: Int32
  /// The slot of the next ready event of its channel, or -1.
  var next: Int32 = -1
  /// The number of what waits for it; of a delivery the ask it makes, or -1.
  let wait: Int
  let parcel: Parcel?
  /// In order of creation.
  var number = 0

  init(_ kind: Kind, from sender: Int, to receiver: Int, wait: Int = -1, parcel: Parcel? = nil) {
    self.kind = kind
    self.sender = Int32(truncatingIfNeeded: sender)
    self.receiver = Int32(truncatingIfNeeded: receiver)
    self.wait = wait
    self.parcel = parcel
  }

  /// Events of one channel keep their order; -1 is bound to nothing.
  var channel: Int {
    kind == .delivery && !isLoose ? Int(sender) << 32 | Int(receiver) : -1
  }

  /// Another that is the same.
  func duplicate() -> PendingEvent {
    PendingEvent(kind, from: Int(sender), to: Int(receiver), wait: wait, parcel: parcel)
  }
}
