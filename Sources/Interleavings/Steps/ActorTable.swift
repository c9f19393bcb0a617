/// The default actors of a schedule, numbered in the order in which they are first entered. The main actor is number 0.
///
/// A number is for readers: in another order of tasks, another actor may be the first. What is the same in all orders is an
/// actor's key: it says which task made the actor, and how many that task had made before.
struct ActorTable {
  private struct Entry {
    // Another actor may get the memory of one that is gone.
    weak var object: AnyObject?
    var type: AnyObject.Type
    var key: UInt64
  }
  private var entries: [Entry] = [Entry(type: MainActor.self, key: TaskTable.key(of: "main".utf8))]
  private var places: [UnsafeRawPointer: Int] = [:]
  private var keys: [UnsafeRawPointer: UInt64] = [:]
  /// How many actors each task has made.
  private var made: [Int: Int] = [:]

  /// Notes that the task at `maker`, whose name is given, has made an actor.
  mutating func note(_ actor: UnsafeRawPointer, madeBy maker: Int, named name: [UInt8]) {
    made[maker, default: 0] += 1
    places[actor] = nil
    keys[actor] = TaskTable.key(of: name + "*\(made[maker] ?? 0)".utf8)
  }

  mutating func number(of actor: UnsafeRawPointer) -> Int {
    if let place = places[actor], entries[place].object != nil { return place }
    // The pointer is that of an actor which a task is about to enter, and which this task keeps alive.
    let object = Unmanaged<AnyObject>.fromOpaque(actor).takeUnretainedValue()
    // An actor that was there before the schedule has only its number.
    let key = keys[actor] ?? TaskTable.key(of: "*\(entries.count)".utf8)
    entries.append(Entry(object: object, type: type(of: object), key: key))
    places[actor] = entries.count - 1
    return entries.count - 1
  }

  /// Returns an actor's key; 0 for no actor.
  func key(of actor: Int) -> UInt64 { actor == ReadyStep.nonisolated ? 0 : entries[actor].key }

  /// The names of all actors for a reader: their types and numbers.
  var names: [String] { entries.indices.map(name) }

  private func name(of actor: Int) -> String {
    if actor == ReadyStep.main { return "the main actor" }
    return "\(entries[actor].type) (actor \(actor))"
  }
}
