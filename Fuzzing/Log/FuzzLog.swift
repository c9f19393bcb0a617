import Foundation
import Messaging

private let url = URL(filePath: "/dev/shm/troupe-fuzz-\(getpid()).log")

/// Reads any bytes as the file of a log, and its records as episodes: errors are fine, crashes and hangs are not.
///
/// The checksums would stop nearly every mutation, so the records are also read past them.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzLog(_ data: UnsafePointer<UInt8>, _ size: Int) -> CInt {
  let bytes = Array(UnsafeBufferPointer(start: data, count: size))
  try? Data(bytes).write(to: url)
  if var log = try? EpisodeLog(url) {
    while let episode = try? log.next() { _ = episode.history.events }
  }
  if let record = try? EpisodeRecord(encoded: bytes) {
    guard (try? EpisodeRecord(encoded: record.encoded)) == record else {
      fatalError("a record does not round-trip")
    }
    if let history = try? EpisodeHistory(record) {
      guard EventTrail(history.events).count == history.eventCount else { fatalError("events were lost") }
      for event in history.events { _ = (event.description, event.json) }
    }
  }
  return 0
}
