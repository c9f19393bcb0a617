/// The tasks of a schedule and their names.
///
/// The first task is `0`, and the tasks that it makes are `0.1`, `0.2` and so on, in the order in which it makes them. So a
/// name stays the same when other tasks do more or less than before.
struct TaskTable {
  struct Entry {
    var name: [UInt8]
    /// The hash of the name.
    var key: UInt64
    var children = 0
    var turns = 0
  }
  private(set) var entries: [Entry] = []
  private var places: [UInt32: Int] = [:]
  private(set) var memory: [UnsafeRawPointer: Int] = [:]
  private var unnamed: [Int: Int] = [:]

  static func key(of name: some Sequence<UInt8>) -> UInt64 {
    name.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
  }

  /// Returns the place of a task. A task that is not known yet is a child of the task at `maker`.
  mutating func place(of job: JobMemory, madeBy maker: Int) -> Int {
    if let place = places[job.taskNumber] { return place }
    var name = Array("0".utf8)
    if !entries.isEmpty {
      entries[maker].children += 1
      name = entries[maker].name + ".\(entries[maker].children)".utf8
    }
    let place = add(name)
    places[job.taskNumber] = place
    memory[job.task] = place
    return place
  }

  /// Returns the place that stands for whatever runs on an actor, if it is not known which task that is.
  mutating func place(ofQueueOf actor: Int) -> Int {
    if let place = unnamed[actor] { return place }
    let place = add(Array("@\(actor)".utf8))
    unnamed[actor] = place
    return place
  }

  private mutating func add(_ name: [UInt8]) -> Int {
    entries.append(Entry(name: name, key: Self.key(of: name)))
    return entries.count - 1
  }

  mutating func countTurn(at place: Int) { entries[place].turns += 1 }
}
