import Glibc

/// Runs programs in bubblewrap: without a network, on a read-only system without the host's files beside `/usr`, with a `/tmp` of
/// their own, as a user of their own without capabilities, and within limits.
///
/// A value of this type exists only where that was tried and works. Whoever runs code that it did not write has no other way
/// to run it: see ``find()``.
package struct Sandbox: Sendable {
  private let isRoot: Bool

  /// Returns the sandbox of this machine. It is tried once in a process, by a program that does nothing.
  /// - Throws: ``SandboxError``, which says why there is none.
  package static func find() throws(SandboxError) -> Sandbox { try found.get() }

  private static let found = Result { () throws(SandboxError) in
    let isRoot = geteuid() == 0
    let parts = [
      ("bwrap", "bubblewrap"), ("unshare", "util-linux"), ("prlimit", "util-linux"), ("mount", "mount"),
    ]
    for (program, package) in parts + (isRoot ? [("setpriv", "util-linux")] : []) {
      guard ["/usr/bin/", "/bin/"].contains(where: { access($0 + program, X_OK) == 0 }) else {
        throw .missing(program: program, package: package)
      }
    }
    let sandbox = Sandbox(isRoot: isRoot)
    let tried = try sandbox.run(SandboxedRun(["true"]))
    guard tried.code == 0, tried.limit == nil else {
      let said = String(decoding: tried.errors, as: UTF8.self).split(separator: "\n").joined(separator: "; ")
      throw .refused(said.isEmpty ? "code \(tried.code)" : said)
    }
    return sandbox
  }

  /// Runs a program to its end, or to a limit.
  /// - Throws: ``SandboxError/system(_:)`` if it could not be begun.
  package func run(_ run: SandboxedRun) throws(SandboxError) -> SandboxResult {
    let input = try Descriptor.file(run.input)
    let output = try Descriptor.pipe()
    let errors = try Descriptor.pipe()
    let child = try start(run, input: input, output: output.writing, errors: errors.writing)
    output.writing.close()
    errors.writing.close()
    var watch = SandboxWatch([(child, run.limits)], reading: [output.reading, errors.reading])
    return watch.result()
  }

  /// Runs a judge that puts questions to a candidate in another sandbox.
  ///
  /// What the judge writes to standard output the candidate reads from standard input, and the other way round. The result is
  /// the judge's: its verdict is what it writes to standard error. Neither sees the other's files or processes. The candidate is
  /// ended with the judge.
  /// - Throws: ``SandboxError/system(_:)`` if one of them could not be begun.
  package func run(
    _ judge: SandboxedRun, against candidate: SandboxedRun
  ) throws(SandboxError) -> SandboxResult {
    let questions = try Descriptor.pipe()
    let answers = try Descriptor.pipe()
    let verdict = try Descriptor.pipe()
    let nothing = try Descriptor.nothing()
    let judging = try start(judge, input: answers.reading, output: questions.writing, errors: verdict.writing)
    let judged: ChildProcess
    do throws(SandboxError) {
      judged = try start(candidate, input: questions.reading, output: answers.writing, errors: nothing)
    } catch {
      judging.end()
      throw error
    }
    for end in [questions.reading, questions.writing, answers.reading, answers.writing, verdict.writing] {
      end.close()
    }
    var watch = SandboxWatch(
      [(judging, judge.limits), (judged, candidate.limits)], reading: [verdict.reading])
    return watch.result()
  }

  private func start(
    _ run: SandboxedRun, input: Descriptor, output: Descriptor, errors: Descriptor
  ) throws(SandboxError) -> ChildProcess {
    var files: [Descriptor] = []
    for file in run.files { files.append(try Descriptor.file(file.bytes)) }
    let filter = try Descriptor.file(SystemCallFilter.bytes)
    var descriptors = [
      (input.number, Int32(0)), (output.number, 1), (errors.number, 2),
      (filter.number, SandboxedRun.filterDescriptor),
    ]
    for (index, file) in files.enumerated() {
      descriptors.append((file.number, SandboxedRun.firstFileDescriptor + Int32(index)))
    }
    return try withExtendedLifetime(files + [filter]) { () throws(SandboxError) in
      try ChildProcess(run.commandLine(asRoot: isRoot), descriptors: descriptors)
    }
  }
}
