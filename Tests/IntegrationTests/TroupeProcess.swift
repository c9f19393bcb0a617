import Foundation

/// The `troupe` that was built beside these tests, run as a user would run it.
struct TroupeProcess {
  var code: Int32
  var output: String
  var error: String

  static var executable: URL? {
    Bundle.main.executableURL?.deletingLastPathComponent().appending(path: "troupe")
  }

  /// Runs to the end; `shell` goes before the command, for limits.
  init(_ arguments: [String], shell: String? = nil) throws {
    let process = Self.process(arguments, shell: shell)
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

/// A directory that goes away with the test.
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
}
