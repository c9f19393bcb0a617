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
  }

  /// An episode that does not do again what its record says.
  public struct Divergence: Sendable, Hashable {
    public var episode: String
    public var what: ReplayDivergence
  }

  public let setup: EpisodeSetup
  public var threads: Int
  private static let batchSize = 512

  public init(_ setup: EpisodeSetup, threads: Int) {
    self.setup = setup
    self.threads = threads
  }

  /// Repeats what is left of `log`, up to the first batch with a divergence.
  public func run(_ log: inout EpisodeLog) throws(EpisodeLogError) -> Summary {
    log.provesParents = true
    var summary = Summary()
    var batch: [EpisodeHistory] = []
    repeat {
      batch.removeAll(keepingCapacity: true)
      while batch.count < Self.batchSize, let (_, history) = try log.next() { batch.append(history) }
      for (history, result) in zip(batch, repeated(batch)) {
        summary.episodes += 1
        summary.events += history.events.count - history.provenEvents
        if summary.divergence == nil, let what = result {
          summary.divergence = Divergence(episode: history.id, what: what)
        }
      }
    } while !batch.isEmpty && summary.divergence == nil
    return summary
  }

  private func repeated(_ batch: [EpisodeHistory]) -> [ReplayDivergence?] {
    let results = Mutex<[ReplayDivergence?]>(Array(repeating: nil, count: batch.count))
    let next = Atomic(0)
    DispatchQueue.concurrentPerform(iterations: max(1, min(threads, batch.count))) { _ in
      while true {
        let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
        guard index < batch.count else { return }
        let (status, _) = setup.replay(batch[index])
        if case .failed(.diverged(let divergence)) = status { results.withLock { $0[index] = divergence } }
      }
    }
    return results.withLock(\.self)
  }
}
