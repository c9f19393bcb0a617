import Foundation
import Glibc
import Sandbox
import Testing

/// Whether there is a sandbox on this machine. CI must have one, so there the tests run and fail without.
let hasSandbox = (try? Sandbox.find()) != nil || ProcessInfo.processInfo.environment["CI"] != nil

@Suite("Escapes from the sandbox", .enabled(if: hasSandbox), .serialized)
struct EscapeTests {
  private let secret = "SECRET-\(getpid())"

  private func run(_ escape: Escape, _ words: [String: String] = [:]) throws -> SandboxResult {
    let program = words.sorted { $0.key < $1.key }.reduce(Escape.preamble + escape.program) {
      $0.replacingOccurrences(of: $1.key, with: $1.value)
    }
    var run = SandboxedRun(
      ["python3", "-I", "-S", "/work/program.py"], files: [.init("program.py", program)])
    run.limits.processorSeconds = 1
    run.limits.wallSeconds = escape.limit == .wall ? 2 : 60
    return try Sandbox.find().run(run)
  }

  private func expectHeld(_ escape: Escape, _ result: SandboxResult) {
    let output = String(decoding: result.output, as: UTF8.self)
    let told = Comment(
      rawValue: "\(escape.name): \(result.code) \(output) \(String(decoding: result.errors, as: UTF8.self))")
    #expect(result.limit == escape.limit, told)
    #expect(!output.contains("escaped"), told)
    if escape.limit == nil { #expect(output.hasPrefix("held:") || result.code == 137, told) }
  }

  @Test("what a program uses up has an end", arguments: Escape.bombs)
  func bomb(_ escape: Escape) throws {
    expectHeld(escape, try run(escape))
  }

  @Test("a program reads nothing of the host's", arguments: Escape.readers)
  func reader(_ escape: Escape) throws {
    let place = FileManager.default.temporaryDirectory.appending(path: "\(secret).txt").path
    try secret.write(toFile: place, atomically: true, encoding: .utf8)
    defer { unlink(place) }
    // A descriptor that a process would inherit, of a careless library.
    let opened = Glibc.open(place, O_RDONLY)
    let open = fcntl(opened, F_DUPFD, 150)
    close(opened)
    setenv("TROUPE_\(secret)", secret, 1)
    defer {
      close(open)
      unsetenv("TROUPE_\(secret)")
    }
    expectHeld(escape, try run(escape, ["SECRET": secret, "PLACE": place]))
  }

  @Test("a program does nothing to anybody else", arguments: Escape.deeds)
  func deed(_ escape: Escape) throws {
    let victim = try Process.run(URL(filePath: "/usr/bin/sleep"), arguments: ["60"])
    defer { victim.terminate() }
    let (server, port) = try listening()
    defer { close(server) }
    let result = try run(
      escape, ["HOST": "\(victim.processIdentifier)", "PORT": "\(port)", "SECRET": secret])
    #expect(victim.isRunning)
    expectHeld(escape, result)
  }

  /// A server on this machine that a program in the sandbox must not reach.
  private func listening() throws -> (Int32, UInt16) {
    let server = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isOpen = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(server, $0, size) == 0 && listen(server, 1) == 0 && getsockname(server, $0, &size) == 0
      }
    }
    try #require(isOpen)
    return (server, UInt16(bigEndian: address.sin_port))
  }

  @Test("nothing outlives its sandbox, even if it leaves its session and its parent")
  func outliving() throws {
    let marker = "\(getpid())7531"
    let result = try run(
      Escape(
        "a daemon",
        """
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                os.execv("/usr/bin/sleep", ["sleep", "\(marker)"])
            os._exit(0)
        os.wait()
        time.sleep(0.2)
        print("held: left alone")
        """))
    #expect(String(decoding: result.output, as: UTF8.self) == "held: left alone\n")
    let lines = try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap {
      try? String(contentsOfFile: "/proc/\($0)/cmdline", encoding: .utf8)
    }
    #expect(!lines.contains { $0.contains(marker) })
  }

  @Test("the table has at least 25 escapes, each under a name of its own")
  func table() {
    let names = (Escape.bombs + Escape.readers + Escape.deeds).map(\.name)
    #expect(names.count >= 25 && Set(names).count == names.count)
  }

  @Test("two runs at the same time know nothing of each other")
  func apart() async throws {
    let results = try await withThrowingTaskGroup(of: SandboxResult.self) { group in
      for number in 0..<4 {
        group.addTask {
          try Sandbox.find().run(
            SandboxedRun([
              "sh", "-c", "echo \(number) > /tmp/mine; sleep 0.2; cat /tmp/*; ls /proc | grep -c '^[0-9]'",
            ]))
        }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    let outputs = results.map { String(decoding: $0.output, as: UTF8.self).split(separator: "\n") }
    #expect(Set(outputs.map { String($0[0]) }) == ["0", "1", "2", "3"])
    #expect(Set(outputs.map { String($0[1]) }).count == 1)
  }
}
