/// Something that will happen: what kind, to whom, and what it carries.
///
/// Whoever has it has it alone: it is moved from hand to hand, and never copied but on purpose. 32 bytes, so that two
/// share a line of the cache.
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
  private let shortWait: Int32
  private var shortNumber: Int32 = 0
  let parcel: Parcel?

  init(_ kind: Kind, from sender: Int, to receiver: Int, wait: Int = -1, parcel: Parcel? = nil) {
    self.kind = kind
    self.sender = Int32(truncatingIfNeeded: sender)
    self.receiver = Int32(truncatingIfNeeded: receiver)
    shortWait = Int32(wait)
    self.parcel = parcel
  }

  /// The number of what waits for it; of a delivery the ask it makes, or -1.
  var wait: Int { Int(shortWait) }
  /// In order of creation.
  var number: Int {
    get { Int(shortNumber) }
    set { shortNumber = Int32(newValue) }
  }

  /// Messages and replies from one actor to another keep their order; -1 is bound to nothing.
  var channel: Int {
    (kind == .delivery || kind == .reply) && !isLoose ? Int(sender) << 32 | Int(receiver) : -1
  }

  /// Another that is the same.
  func duplicate() -> PendingEvent {
    PendingEvent(kind, from: Int(sender), to: Int(receiver), wait: wait, parcel: parcel)
  }
}
