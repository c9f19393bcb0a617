import CSandbox
import Glibc

/// A process that this one started, in a process group of its own.
struct ChildProcess {
  let id: pid_t

  /// Starts the program `words[0]`, which is looked for in the path of the system.
  ///
  /// `descriptors` says what the process has under which number; all others are closed in it.
  init(_ words: [String], descriptors: [(from: Int32, to: Int32)]) throws(SandboxError) {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for (from, to) in descriptors { posix_spawn_file_actions_adddup2(&actions, from, to) }
    // Only what was named is left open, whatever this process has opened elsewhere.
    let last = descriptors.map(\.to).max() ?? 2
    for number in 0..<last where !descriptors.contains(where: { $0.to == number }) {
      posix_spawn_file_actions_addclose(&actions, number)
    }
    sandbox_close_from(&actions, last + 1)

    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    var all = sigset_t()
    sigfillset(&all)
    posix_spawnattr_setsigdefault(&attributes, &all)
    posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

    var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
    var environment: [UnsafeMutablePointer<CChar>?] = [strdup("PATH=/usr/bin:/bin:/usr/sbin:/sbin"), nil]
    defer { for text in arguments + environment { free(text) } }
    var started: pid_t = 0
    let failure = posix_spawnp(&started, words[0], &actions, &attributes, &arguments, &environment)
    guard failure == 0 else { throw .system("\(words[0]): \(String(cString: strerror(failure)))") }
    id = started
  }

  /// Returns the exit code, or 128 and the signal that ended the process; `nil` if it still runs. After it returned a code, the
  /// process is gone.
  func ending() -> Int? {
    var status = Int32(0)
    guard waitpid(id, &status, WNOHANG) == id else { return nil }
    let signal = status & 0x7f
    return Int(signal == 0 ? (status >> 8) & 0xff : 128 + signal)
  }

  /// Ends the process and its group at once. All that runs in a sandbox ends with it.
  func kill() { _ = Glibc.kill(-id, SIGKILL) }

  /// Ends the process, and waits until it is gone.
  func end() {
    kill()
    var status = Int32(0)
    while waitpid(id, &status, 0) == -1, errno == EINTR {}
  }
}
