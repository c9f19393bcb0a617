import Dispatch
import Messaging
import Synchronization

/// A replay that repeats every episode of a log and compares every event (P2).
///
/// It reads one batch at a time, so memory does not grow with the log, and repeats a batch on several threads.
public struct LogReplay: Sendable {
  /// The result of a replay.
  public struct Summary: Sendable, Hashable {
    public var episodes = 0
    public var events = 0
    /// The first episode, in the order of the log, that differs from its record.
    public var divergence: Divergence?
    /// The first episode that cannot be repeated because a message has a new name, and the number of such episodes.
    package var renamed: Divergence?
    package var renamedCount = 0
  }

  /// An episode that differs from its record.
  public struct Divergence: Sendable, Hashable {
    public var episode: String
    public var what: ReplayDivergence
  }

  /// Runs a recorded episode again and compares every event. Several threads call it at once.
  package let replay: @Sendable (EpisodeHistory) -> EpisodeStatus
  package let threads: Int
  private static let batchSize = 512

  public init(threads: Int, replay: @escaping @Sendable (EpisodeHistory) -> EpisodeStatus) {
    self.threads = max(1, threads)
    self.replay = replay
  }

  /// Makes a replay of a system's episodes, in the sizes that the system has.
  public init(_ system: SimulatedSystem, threads: Int) {
    let sizes = system.sizes.mapValues(\.value)
    self.init(threads: threads) { history in
      let episode = Episode(replaying: history, escapes: system.escapes) { system.setUp($0, sizes) }
      defer { episode.close() }
      return episode.run()
    }
  }

  /// Repeats the rest of `log`, up to the first batch with a divergence.
  public func run(_ log: inout EpisodeLog) throws(EpisodeLogError) -> Summary {
    log.provesParents = true
    var summary = Summary()
    var reader = Reader(log: log)
    var batch = try reader.batch(of: Self.batchSize)
    while !batch.isEmpty, summary.divergence == nil {
      let (results, next) = repeated(batch, reading: reader)
      for (item, result) in zip(batch, results) {
        summary.episodes += item.covered == nil ? 1 : 2
        summary.events += item.history.eventCount - item.history.provenEvents
        if let what = result, what.renamed != nil {
          summary.renamedCount += 1
          summary.renamed = summary.renamed ?? Divergence(episode: item.owner(of: what.event), what: what)
        } else if summary.divergence == nil, let what = result {
          summary.divergence = Divergence(episode: item.owner(of: what.event), what: what)
        }
      }
      (batch, reader) = try next.get()
    }
    log = reader.log
    return summary
  }

  /// A reader of one batch at a time. It is a value, so that one thread can take it along.
  private struct Reader: Sendable {
    var log: EpisodeLog

    /// Reads a batch. An episode before a fork from its end needs no replay, because the fork repeats it.
    mutating func batch(of size: Int) throws(EpisodeLogError) -> [Item] {
      var batch: [Item] = []
      while batch.count < size, let (record, history) = try log.next() {
        if let parent = batch.last, let fork = record.parent, parent.covered == nil,
          fork == .init(episode: parent.history.id, event: parent.history.eventCount)
        {
          batch.removeLast()
          batch.append(Item(history: history, covered: fork))
          batch[batch.count - 1].history.provenEvents = parent.history.provenEvents
        } else {
          batch.append(Item(history: history))
        }
      }
      return batch
    }
  }

  /// The work of one replay: an episode and, if there is a `covered` one, the episode that it was forked from.
  private struct Item {
    var history: EpisodeHistory
    var covered: EpisodeRecord.Fork?

    /// Returns the id of the episode to which event number `event` belongs.
    func owner(of event: Int) -> String {
      if let covered, event < covered.event { covered.episode } else { history.id }
    }
  }
  private typealias Read = Result<(batch: [Item], reader: Reader), EpisodeLogError>

  /// Repeats `batch` on all threads. The first thread reads the next batch before it helps.
  private func repeated(_ batch: [Item], reading reader: Reader) -> ([ReplayDivergence?], Read) {
    let results = Mutex<[ReplayDivergence?]>(Array(repeating: nil, count: batch.count))
    let read = Mutex<Read?>(nil)
    let next = Atomic(0)
    DispatchQueue.concurrentPerform(iterations: threads) { thread in
      if thread == 0 {
        var reader = reader
        let result = Result { () throws(EpisodeLogError) in try reader.batch(of: Self.batchSize) }
        let done = result.map { (batch: $0, reader: reader) }
        read.withLock { $0 = done }
      }
      while true {
        let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
        guard index < batch.count else { return }
        if case .failed(.diverged(let divergence)) = replay(batch[index].history) {
          results.withLock { $0[index] = divergence }
        }
      }
    }
    guard let read = read.withLock(\.self) else { preconditionFailure("the first thread reads") }
    return (results.withLock(\.self), read)
  }
}
