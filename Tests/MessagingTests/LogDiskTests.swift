import Foundation
import Messaging
import Testing

/// What happens when the operating system refuses. The tests that change a process's limits or open files run
/// in a process of their own.
@Suite("Log on a disk")
struct LogDiskTests {
  @Test("an existing file is never overwritten")
  func exists() throws {
    try withLogFile { url in
      try Data([1, 2]).write(to: url)
      #expect(throws: LogError.exists) { try ReplayLogWriter(creating: url, header: .example) }
      #expect(try Data(contentsOf: url) == Data([1, 2]))
    }
  }

  @Test("a file that is not there, a directory and a place that does not exist are errors that say so")
  func missing() throws {
    try withLogFile { url in
      let position = LogPosition(length: 0, chain: "", records: 0)
      #expect(throws: LogError.notFound) { try ReplayLogReader(url) }
      #expect(throws: LogError.notFound) {
        try ReplayLogWriter(resuming: url, at: position, header: .example)
      }
      let nowhere = url.appending(path: "below/episodes.log")
      #expect(throws: LogError.notFound) {
        try ReplayLogWriter(creating: nowhere, header: .example)
      }
      #expect(throws: LogError.io(operation: "read", reason: "Is a directory")) {
        try ReplayLogReader(url.deletingLastPathComponent())
      }
    }
  }

  @Test("on a full disk (/dev/full, ENOSPC) a commit fails by name and what was committed stays")
  func fullDisk() async {
    await #expect(processExitsWith: .success) {
      try withLogFile { url in
        let log = try ReplayLogWriter(creating: url, header: .example)
        try log.append([1, 2, 3])
        let position = try log.commit()
        let path = url.path(percentEncoded: false)
        let descriptor = try #require(
          (0..<1024).first {
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\($0)")) == path
          })
        // From here on the writer's file is one that is always full.
        #expect(dup2(open("/dev/full", O_RDWR), Int32(descriptor)) >= 0)
        let full = LogError.io(operation: "write", reason: "No space left on device")
        try log.append([4])
        #expect(throws: full) { try log.commit() }
        #expect(throws: full) { try log.append([5]) }
        #expect(throws: full) { try log.commit() }
        #expect(log.position == position)
        #expect(Reading(url).records == [[1, 2, 3]])
      }
    }
  }

  @Test("a write of which the disk takes only a part leaves a torn tail, and the log can be resumed")
  func partialWrite() async {
    await #expect(processExitsWith: .success) {
      try withLogFile { url in
        let log = try ReplayLogWriter(creating: url, header: .example)
        try log.append([1])
        let position = try log.commit()
        // Of a block of 5,000 bytes only 1,000 fit.
        limitFiles(to: position.length + 1_000)
        try log.append(Array(repeating: 2, count: 5_000))
        #expect(throws: LogError.io(operation: "write", reason: "File too large")) { try log.commit() }

        let reading = Reading(url)
        #expect(reading.records == [[1]])
        #expect(reading.tornTail == TornTail(offset: position.length, bytes: 1_000, recordBytes: 0))
        let resumed = try ReplayLogWriter(resuming: url, at: position, header: .example)
        #expect(resumed.discardedBytes == 1_000)
        try resumed.append([3])
        try resumed.commit()
        #expect(Reading(url).records == [[1], [3]])
      }
    }
  }

  @Test("a log that cannot be begun leaves no file")
  func unbegun() async {
    await #expect(processExitsWith: .success) {
      try withLogFile { url in
        limitFiles(to: 100)
        #expect(throws: LogError.io(operation: "write", reason: "File too large")) {
          try ReplayLogWriter(creating: url, header: .example)
        }
        #expect(!FileManager.default.fileExists(atPath: url.path(percentEncoded: false)))
      }
    }
  }
}

/// Makes every write of this process beyond a length fail with EFBIG (RLIMIT_FSIZE).
private func limitFiles(to length: UInt64) {
  signal(SIGXFSZ, SIG_IGN)
  var limit = rlimit(rlim_cur: rlim_t(length), rlim_max: rlim_t(length))
  #expect(setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0)
}
