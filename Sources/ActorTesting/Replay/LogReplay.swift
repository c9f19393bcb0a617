import Dispatch
import Messaging
import Synchronization

/// Repeats every episode of a log and compares every event with it (P2).
///
/// Reads a batch at a time, so memory does not grow with the log, and repeats a batch on several threads.
public struct LogReplay: Sendable {
  /// What was repeated.
  public struct Summary: Sendable, Hashable {
    public var episodes = 0
    public var events = 0
    /// The first episode, in the order of the log, that went another way.
    public var divergence: Divergence?
    /// The first that could not be repeated because a message is called otherwise now, and how many there are.
    public var renamed: Divergence?
    public var renamedCount = 0
  }

  /// An episode that does not do again what its record says.
  public struct Divergence: Sendable, Hashable {
    public var episode: String
    public var what: ReplayDivergence
  }

  /// Runs a recorded episode again, every event checked; called on several threads at once.
  public let replay: @Sendable (EpisodeHistory) -> EpisodeStatus
  public let threads: Int
  private static let batchSize = 512

  public init(threads: Int, replay: @escaping @Sendable (EpisodeHistory) -> EpisodeStatus) {
    self.threads = max(1, threads)
    self.replay = replay
  }

  /// Repeats what a system did in the sizes that it has.
  public init(_ system: SimulatedSystem, threads: Int) {
    let sizes = system.sizes.mapValues(\.value)
    self.init(threads: threads) { history in
      let episode = Episode(replaying: history, escapes: system.escapes) { system.setUp($0, sizes) }
      defer { episode.close() }
      return episode.run()
    }
  }

  /// Repeats what is left of `log`, up to the first batch with a divergence.
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

  /// Reads a batch at a time; a value, so that one thread can take it along.
  private struct Reader: Sendable {
    var log: EpisodeLog

    /// An episode that is followed by a fork from its end needs no replay of its own: the fork repeats it.
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

  /// What one replay checks: an episode, and, if `covered`, the one it was forked from.
  private struct Item {
    var history: EpisodeHistory
    var covered: EpisodeRecord.Fork?

    /// The episode that has event number `event` of its own.
    func owner(of event: Int) -> String {
      if let covered, event < covered.event { covered.episode } else { history.id }
    }
  }
  private typealias Read = Result<(batch: [Item], reader: Reader), EpisodeLogError>

  /// Repeats `batch` on all threads, of which the first reads the next one before it joins in.
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
