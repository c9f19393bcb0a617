/// How much a server takes on, and how long it waits. Reaching a limit is an answer with a name.
package struct ServerLimits: Sendable, Hashable {
  package var http = HTTPLimits()
  package var requests = RequestPlanner.Limits()
  /// Connections; others wait until one is closed.
  package var connections = 256
  /// Generations that run at the same time.
  package var running = 64
  /// Requests that wait until there is room; more are 429.
  package var waiting = 256
  /// How long the head of a request may take, how long its body; more is 408.
  package var head = Duration.seconds(10)
  package var body = Duration.seconds(30)
  /// How long a connection may stay open without a request.
  package var idle = Duration.seconds(60)
  /// How long an answer may take, with the time that it waited; more is 504.
  package var answer = Duration.seconds(600)
  /// How long a client may read nothing of what it was sent.
  package var reading = Duration.seconds(30)
  /// How long running requests may go on after the server was told to stop.
  package var drain = Duration.seconds(30)
  /// How long what a client still sends is read after its last answer, so that it can read that.
  package var linger = Duration.seconds(1)
  /// Bytes of answers that may wait before no further request of the same connection is read.
  package var unsent = 1 << 18

  package init() {}
}
