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
    // This is `assumeIsolated` without its check, which fails because no task runs. It is safe because the thread that plays
    // the schedule runs one part at a time, and all jobs of these actors.
    withoutActuallyEscaping(body) { unsafeBitCast($0, to: ((A) -> Value).self)(actor) }
  }
}
