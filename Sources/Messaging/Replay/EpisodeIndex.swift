import Foundation

/// An index of a log's episodes, with which each one can be read without the others.
///
/// It is made in one pass, which checks the whole log. After that, reading an episode reads only the blocks of the
/// episode and its ancestors. Memory is a few dozen bytes an episode, whatever the episodes hold.
package struct EpisodeIndex: Sendable {
  private struct Entry: Sendable {
    var place: LogRecordReader.Place
    var parent: String?
  }
  package let header: LogHeader
  /// The ids of the episodes, in the order of the log.
  package private(set) var ids: [String] = []
  private var entries: [String: Entry] = [:]
  private let file: LogFile
  private let size: UInt64
  private let path: String
  private let version: UInt32

  package init(_ url: URL) throws(EpisodeLogError) {
    path = url.relativePath
    do {
      file = try LogFile.open(url, .read)
      size = try file.size()
      var reader = try ReplayLogReader(file, size: size)
      (header, version) = (reader.header, reader.version)
      var place = reader.place
      while let bytes = try reader.next() {
        let record = try EpisodeRecord(encoded: bytes, version: reader.version)
        ids.append(record.id)
        entries[record.id] = Entry(place: place, parent: record.parent?.episode)
        place = reader.place
      }
    } catch {
      throw EpisodeLogError(url.relativePath, error)
    }
  }

  /// Reads an episode with what it inherited; `nil` if the log has none with that id.
  package func episode(_ id: String) throws(EpisodeLogError) -> (
    record: EpisodeRecord, history: EpisodeHistory
  )? {
    guard entries[id] != nil else { return nil }
    do {
      var lineage: [EpisodeRecord] = []
      var next: String? = id
      while let id = next {
        guard let entry = entries[id], lineage.count <= ids.count else {
          throw HistoryError.parentMissing(episode: lineage.last?.id ?? id, parent: id)
        }
        var reader = try LogRecordReader(file, size: size, at: entry.place)
        guard let bytes = try reader.next() else { return nil }
        lineage.append(try EpisodeRecord(encoded: bytes, version: version))
        next = entry.parent
      }
      return (lineage[0], try EpisodeHistory(lineage.reversed()))
    } catch {
      throw EpisodeLogError(path, error)
    }
  }
}
