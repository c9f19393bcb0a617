import Foundation

/// A reader of a replay log's episodes, one after another, each with what it inherited.
///
/// It reads the log as a stream, and holds one chain of forks at a time. A fork has to follow its parent, or another
/// fork of its parent.
public struct EpisodeLog: Sendable {
  private let path: String
  private var reader: ReplayLogReader
  private var chain: [EpisodeHistory] = []
  /// The episode that was read last and those it descends from, the oldest first.
  package private(set) var lineage: [EpisodeRecord] = []
  /// Whether forks take what they inherit as proven, for a reader that repeats their parents, too.
  package var provesParents = false

  public init(_ url: URL) throws(EpisodeLogError) {
    path = url.relativePath
    reader = try EpisodeLogError.naming(url) { () throws(LogError) in try ReplayLogReader(url) }
  }

  public var header: LogHeader { reader.header }
  /// The incomplete end that a crash left, once all has been read.
  public var tornTail: TornTail? { reader.tornTail }

  /// Returns the next episode; `nil` at the end.
  public mutating func next() throws(EpisodeLogError) -> (record: EpisodeRecord, history: EpisodeHistory)? {
    do {
      guard let bytes = try reader.next() else { return nil }
      let record = try EpisodeRecord(encoded: bytes, version: reader.version)
      var history: EpisodeHistory
      if let parent = record.parent {
        while let last = chain.last, last.id != parent.episode {
          chain.removeLast()
          lineage.removeLast()
        }
        guard let last = chain.last else {
          throw HistoryError.parentMissing(episode: record.id, parent: parent.episode)
        }
        history = try EpisodeHistory(record, of: last)
        if provesParents { history.provenEvents = parent.event }
      } else {
        chain.removeAll()
        lineage.removeAll()
        history = try EpisodeHistory(record)
      }
      chain.append(history)
      lineage.append(record)
      return (record, history)
    } catch {
      throw EpisodeLogError(path, error)
    }
  }
}

/// An error with the log that it is about.
public struct EpisodeLogError: Error, Hashable, Sendable, CustomStringConvertible {
  package var path: String
  /// Whether the file exists and begins as a log does.
  package var isLog: Bool
  package var reason: String

  public var description: String { "\(path): \(reason)" }

  init(_ path: String, _ error: any Error) {
    self.path = path
    isLog = error as? LogError != .notALog && error as? LogError != .notFound
    reason = "\(error)"
  }

  /// Runs `body`, which reads or writes the log at `url`, and adds the log's name to its errors.
  package static func naming<Result>(
    _ url: URL, _ body: () throws(LogError) -> Result
  ) throws(EpisodeLogError) -> Result {
    do {
      return try body()
    } catch {
      throw EpisodeLogError(url.relativePath, error)
    }
  }
}
