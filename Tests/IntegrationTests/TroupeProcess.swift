import Foundation
import Testing

/// The `troupe` that was built beside these tests, run as a user would run it.
struct TroupeProcess {
  var code: Int32
  var output: String
  var error: String

  /// The checkout in which the tests were built.
  static let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  static var executable: URL? {
    Bundle.main.executableURL?.deletingLastPathComponent().appending(path: "troupe")
  }

  /// Runs to the end; `shell` goes before the command, for limits.
  init(_ arguments: [String], shell: String? = nil) throws {
    try self.init(Self.process(arguments, shell: shell))
  }

  /// Runs a process that is set up to its end.
  private init(_ process: Process) throws {
    // Files, because two pipes could fill one while the other is read.
    let directory = FileManager.default.temporaryDirectory
    let files = (0..<2).map { _ in directory.appending(path: UUID().uuidString) }
    for file in files { try Data().write(to: file) }
    defer { for file in files { try? FileManager.default.removeItem(at: file) } }
    process.standardOutput = try FileHandle(forWritingTo: files[0])
    process.standardError = try FileHandle(forWritingTo: files[1])
    try process.run()
    process.waitUntilExit()
    code = process.terminationStatus
    output = try String(contentsOf: files[0], encoding: .utf8)
    error = try String(contentsOf: files[1], encoding: .utf8)
  }

  /// Runs a command as it was printed, by a shell.
  init(printed command: String) throws {
    let process = Process()
    process.executableURL = URL(filePath: "/bin/bash")
    process.arguments = ["-c", command]
    try self.init(process)
  }

  /// The line of the output that follows the first one that begins with `text`.
  func line(after text: String) -> String? {
    let lines = output.split(separator: "\n").map(String.init)
    guard let place = lines.firstIndex(where: { $0.hasPrefix(text) }), place + 1 < lines.count else {
      return nil
    }
    return lines[place + 1]
  }

  /// The number of the first event in the output whose line has `text`.
  func event(_ text: String) -> Int? {
    output.split(separator: "\n").first { $0.contains(text) }?.split(separator: " ").first.flatMap { Int($0) }
  }

  /// A process that is set up and not yet running, with its output thrown away.
  static func process(_ arguments: [String], shell: String? = nil) -> Process {
    let process = Process()
    if let shell {
      process.executableURL = URL(filePath: "/bin/bash")
      process.arguments = ["-c", "\(shell); exec \"$0\" \"$@\"", executable?.path ?? ""] + arguments
    } else {
      process.executableURL = executable
      process.arguments = arguments
    }
    (process.standardOutput, process.standardError) = (FileHandle.nullDevice, FileHandle.nullDevice)
    return process
  }
}

/// The `troupe` that was built beside these tests, with a terminal of some width for its standard error.
struct TerminalProcess {
  var code: Int32
  /// The text that the terminal received.
  var text: String

  init(_ arguments: [String], columns: Int, shell: String) throws {
    // What `posix_openpt`, `unlockpt` and `ptsname` do; Swift does not see them here.
    let (unlock, number) = (0x4004_5431 as UInt, 0x8004_5430 as UInt)
    let terminal = open("/dev/ptmx", O_RDWR | O_NOCTTY)
    var (isLocked, name) = (0 as CInt, 0 as CInt)
    guard terminal >= 0, ioctl(terminal, unlock, &isLocked) == 0, ioctl(terminal, number, &name) == 0 else {
      throw CocoaError(.fileReadUnknown)
    }
    defer { close(terminal) }
    let end = open("/dev/pts/\(name)", O_RDWR | O_NOCTTY)
    var size = winsize(ws_row: 24, ws_col: UInt16(columns), ws_xpixel: 0, ws_ypixel: 0)
    guard end >= 0, ioctl(end, UInt(TIOCSWINSZ), &size) == 0 else { throw CocoaError(.fileReadUnknown) }
    let process = TroupeProcess.process(arguments, shell: shell)
    process.standardError = FileHandle(fileDescriptor: end)
    try process.run()
    close(end)
    // Reading fails once the process, which holds the other end, is gone.
    var (bytes, buffer) = ([UInt8](), [UInt8](repeating: 0, count: 4096))
    while true {
      let count = read(terminal, &buffer, buffer.count)
      guard count > 0 else { break }
      bytes += buffer[..<count]
    }
    process.waitUntilExit()
    code = process.terminationStatus
    text = String(decoding: bytes, as: UTF8.self)
  }
}

/// A directory that is removed after the test.
final class TemporaryFiles {
  private let root = FileManager.default.temporaryDirectory.appending(path: "troupe-\(UUID())")

  init() throws { try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true) }
  deinit { try? FileManager.default.removeItem(at: root) }

  func url(_ name: String) -> URL { root.appending(path: name) }

  /// Writes a text file and returns its path.
  func file(_ name: String, _ text: String) throws -> String {
    let url = url(name)
    try Data(text.utf8).write(to: url)
    return url.path
  }

  /// The lines of one of a run's files, by the names of the columns.
  func table(_ name: String, _ file: String) throws -> [[String: String]] {
    let lines = try String(contentsOf: url(name).appending(path: file), encoding: .utf8)
      .split(separator: "\n").map {
        $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
      }
    #expect(lines.allSatisfy { $0.count == lines[0].count })
    return lines.dropFirst().map { Dictionary(uniqueKeysWithValues: zip(lines[0], $0)) }
  }
}
