/// An event that will happen: its kind, the actor it happens to, and what it carries.
///
/// It has one owner at a time and is moved; a copy has to be asked for. It takes 32 bytes, so that two events share a
/// line of the cache.
struct PendingEvent: ~Copyable {
  enum Kind: UInt8 { case delivery, reply, deadline, timer, completion, mark, cancellation, crash, restart }
  let kind: Kind
  /// Whether later events of its channel may overtake it.
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

  /// The number of the wait that it ends; for a delivery the number of its ask, or -1.
  var wait: Int { Int(shortWait) }
  /// The number of the event, in the order of creation.
  var number: Int {
    get { Int(shortNumber) }
    set { shortNumber = Int32(newValue) }
  }

  /// The channel of messages and replies from one actor to another, which keep their order; -1 if it has none.
  var channel: Int {
    (kind == .delivery || kind == .reply) && !isLoose ? Int(sender) << 32 | Int(receiver) : -1
  }

  /// Returns a copy.
  func duplicate() -> PendingEvent {
    PendingEvent(kind, from: Int(sender), to: Int(receiver), wait: wait, parcel: parcel)
  }
}
