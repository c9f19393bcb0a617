extension IssueSink {
  /// Calls `body` with the sink of the test that this thread plays. Returns false if the thread plays none.
  package static func current(_ body: (IssueSink) -> Void) -> Bool {
    guard let sink = GlobalHook.queue?.sink else { return false }
    body(sink)
    return true
  }
}
