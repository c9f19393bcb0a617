import Messaging

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
    /// The place of the task that made this one.
    var maker: Int?
    /// The name that the program gave to the task.
    var label: String?
    /// Whether the task that made this one waits for its end: it is one of a group, or an `async let`.
    var isInGroup = false
    var isAsyncLet = false
    /// The memory of the task; `nil` when the task has ended, or if nobody asks whether it has.
    var living: UnsafeMutableRawPointer?
  }
  private(set) var entries: [Entry] = []
  private var places: [UInt32: Int] = [:]
  private(set) var memory: [UnsafeRawPointer: Int] = [:]
  private var unnamed: [Int: Int] = [:]
  /// Whether it is followed which tasks have ended.
  private let followsEnds: Bool

  /// The name of the clock, which is no task, but makes parts ready as tasks do.
  static let clockName = "~"

  init(followsEnds: Bool = false) { self.followsEnds = followsEnds }

  static func key(of name: some Sequence<UInt8>) -> UInt64 {
    name.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
  }

  /// Returns the place of a task. A task that is not known yet is a child of the task at `maker`.
  mutating func place(of job: JobMemory, madeBy maker: Int, label: @autoclosure () -> String?) -> Int {
    if let place = places[job.taskNumber] { return place }
    var name = Array("0".utf8)
    let isFirst = places.isEmpty
    if !isFirst {
      entries[maker].children += 1
      name = entries[maker].name + ".\(entries[maker].children)".utf8
    }
    let place = add(name)
    places[job.taskNumber] = place
    memory[job.task] = place
    guard followsEnds else { return place }
    entries[place].maker = isFirst ? nil : maker
    entries[place].label = label()
    (entries[place].isInGroup, entries[place].isAsyncLet) = (job.isInGroup, job.isAsyncLet)
    entries[place].living = UnsafeMutableRawPointer(mutating: job.task)
    // The job is about to be run, so the task is alive. The memory of an `async let` belongs to the task that made it.
    if !job.isAsyncLet { _ = Unmanaged<AnyObject>.fromOpaque(job.task).retain() }
    return place
  }

  /// Returns the place that stands for whatever runs on an actor, if it is not known which task that is.
  mutating func place(ofQueueOf actor: Int) -> Int {
    if let place = unnamed[actor] { return place }
    let place = add(Array("@\(actor)".utf8))
    unnamed[actor] = place
    return place
  }

  /// The place that stands for the clock.
  mutating func placeOfClock() -> Int {
    let noActor = Int.min
    if let place = unnamed[noActor] { return place }
    let place = add(Array(Self.clockName.utf8))
    unnamed[noActor] = place
    return place
  }

  private mutating func add(_ name: [UInt8]) -> Int {
    entries.append(Entry(name: name, key: Self.key(of: name)))
    return entries.count - 1
  }

  mutating func countTurn(at place: Int) { entries[place].turns += 1 }

  // MARK: Ends and cancellation

  /// Notes which tasks have ended. Returns their places, and what the caller has to release, because what a task ends with may
  /// call back when it goes.
  mutating func noteEnds() -> (places: [Int], released: [Unmanaged<AnyObject>]) {
    let places = entries.indices.filter { place in
      entries[place].living.map { JobMemory($0).isComplete } ?? false
    }
    return (places, places.compactMap { letGo(of: $0) })
  }

  /// Notes that the memory of an `async let` task is about to be gone.
  mutating func noteEnd(ofMemory task: UnsafeMutableRawPointer) {
    // It is not retained.
    if let place = memory[task], entries[place].living == task { _ = letGo(of: place) }
  }

  private mutating func letGo(of place: Int) -> Unmanaged<AnyObject>? {
    guard let living = entries[place].living else { return nil }
    entries[place].living = nil
    return entries[place].isAsyncLet ? nil : Unmanaged.fromOpaque(living)
  }

  /// Lets all tasks go. Returns those which the caller has to release.
  mutating func close() -> [Unmanaged<AnyObject>] { entries.indices.compactMap { letGo(of: $0) } }

  /// The places of the tasks that can be cancelled now, in the order in which they were made.
  func cancellable(_ tasks: CancellableTasks) -> [Int] {
    entries.indices.filter { place in
      guard let living = entries[place].living, !JobMemory(living).isCancelled else { return false }
      return switch tasks {
      case .none: false
      case .children: entries[place].maker == 0
      case .named(let names, _): entries[place].label.map(names.contains) ?? false
      }
    }
  }
}
