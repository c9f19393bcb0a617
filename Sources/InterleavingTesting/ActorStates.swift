/// The states of actors between two parts of a schedule, when no task runs.
public struct ActorStates {
  init() {}

  /// Reads an actor's state, without an await.
  ///
  /// A file that imports this module with `@preconcurrency` gets closures that check on which actor they run, and the process
  /// ends here.
  /// - Parameters:
  ///   - actor: The actor whose state is read.
  ///   - body: Reads it. It must change nothing.
  /// - Returns: What `body` returned.
  public func read<A: Actor, Value>(_ actor: A, _ body: (isolated A) -> Value) -> Value {
    // `assumeIsolated` of the standard library is this cast behind a check, which fails here because no task runs. The cast only takes
    // `isolated` off the parameter; both types have one representation. No data race can come of it: the thread that calls this
    // plays the schedule, runs all jobs of its actors, one at a time, and runs none now.
    withoutActuallyEscaping(body) { unsafeBitCast($0, to: ((A) -> Value).self)(actor) }
  }
}
