import Policy

/// The wall-clock time of a rollout, by what its threads did.
///
/// ``decode``, ``actors`` and ``waiting`` are means over the threads, and add up to ``wall``.
package struct RolloutTime: Sendable, Hashable {
  /// The number of threads that played episodes.
  package var threads: Int
  /// The time from the beginning of the rollout to its end.
  package var wall = Duration.zero
  /// The time in which threads made and asked their policies, summed over the threads.
  package var decodeOfThreads = Duration.zero
  /// All other time until threads had played their episodes, summed over the threads.
  package var actorsOfThreads = Duration.zero

  package init(threads: Int) { self.threads = threads }

  package var decode: Duration { decodeOfThreads / threads }
  package var actors: Duration { actorsOfThreads / threads }
  /// The time in which a thread had not begun, or was done while another went on.
  package var waiting: Duration { wall - decode - actors }
}

/// A stopwatch that adds up the separate times in which one thread does something.
final class Stopwatch {
  private(set) var elapsed = Duration.zero

  func measure<Value, Failure: Error>(_ body: () throws(Failure) -> Value) throws(Failure) -> Value {
    let begin = ContinuousClock.now
    defer { elapsed += ContinuousClock.now - begin }
    return try body()
  }
}

/// A server that measures the time in which it is asked.
final class TimedServer: GenerationServer {
  private let server: any GenerationServer
  private let stopwatch: Stopwatch

  init(_ server: any GenerationServer, _ stopwatch: Stopwatch) {
    self.server = server
    self.stopwatch = stopwatch
  }

  func submit(_ request: GenerationRequest) throws -> Int {
    try stopwatch.measure { try server.submit(request) }
  }

  func step() throws -> [Decoder.Update] { try stopwatch.measure { try server.step() } }

  var statistics: Decoder.Statistics { server.statistics }
}
