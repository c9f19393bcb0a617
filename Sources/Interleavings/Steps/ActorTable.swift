/// The default actors of a schedule, numbered in the order in which they are first entered. The main actor is number 0.
struct ActorTable {
  private struct Entry {
    // Another actor may get the memory of one that is gone.
    weak var object: AnyObject?
    var type: AnyObject.Type
  }
  private var entries: [Entry] = [Entry(type: MainActor.self)]
  private var places: [UnsafeRawPointer: Int] = [:]

  mutating func number(of actor: UnsafeRawPointer) -> Int {
    if let place = places[actor], entries[place].object != nil { return place }
    // The pointer is that of an actor which a task is about to enter, and which this task keeps alive.
    let object = Unmanaged<AnyObject>.fromOpaque(actor).takeUnretainedValue()
    entries.append(Entry(object: object, type: type(of: object)))
    places[actor] = entries.count - 1
    return entries.count - 1
  }

  /// The names of all actors for a reader: their types and numbers.
  var names: [String] { entries.indices.map(name) }

  private func name(of actor: Int) -> String {
    if actor == ReadyStep.main { return "the main actor" }
    return "\(entries[actor].type) (actor \(actor))"
  }
}
