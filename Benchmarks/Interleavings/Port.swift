import Interleavings

/// A program of a published benchmark, written anew with actors: one await for each synchronisation of the original.
struct Port: Sendable {
  /// The name in its benchmark, with the number of the issue where there is one.
  var name: String
  var benchmark: Benchmark
  /// Runs the program, with its bug or with the bug repaired, and records in the sink what should not happen.
  var body: @Sendable (_ isFixed: Bool, _ sink: IssueSink) async throws -> Void

  enum Benchmark: String, Sendable {
    /// GoBench (Yuan et al., CGO 2021): kernels of bugs in Go programs.
    case goKer = "GoKer"
    /// SCTBench (Thomson, Donaldson and Betts, PPoPP 2014).
    case sctBench = "SCTBench"
    /// One program for each class of bugs in actor programs that arXiv 1706.07372 names.
    case actorBugs = "actor bugs"
  }

  static let all = goKerLocks + goKerChannels + goKerSelects + sctBench + actorBugs

  func test(isFixed: Bool) -> InterleavingTest {
    let sink = IssueSink()
    return InterleavingTest(name, sink: sink) { [body] in try await body(isFixed, sink) }
  }
}

extension IssueSink {
  /// Records `text` unless `holds`.
  func expect(_ holds: Bool, _ text: String) {
    if !holds { record(ScheduleFailure(text)) }
  }
}

/// Runs all `bodies` as tasks at the same time, and waits for them.
func together(_ bodies: [@Sendable () async throws -> Void]) async throws {
  try await withThrowingTaskGroup(of: Void.self) { group in
    for body in bodies { group.addTask { try await body() } }
    try await group.waitForAll()
  }
}

func together(_ bodies: @Sendable () async throws -> Void...) async throws { try await together(bodies) }
