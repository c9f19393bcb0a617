import CInterleaving

extension InterleavingExplorer {
  /// Plays a plan, and makes it smaller if the test fails in it. Returns `nil` if the test passes.
  package func shrink(_ plan: InterleavingPlan, _ test: InterleavingTest) throws(InterleavingError)
    -> Failure?
  {
    try RuntimeCheck.pass()
    troupe_watch_signals()
    defer { troupe_unwatch_interrupts() }
    let player = InterleavingPlayer(rules, stallLimit: stallLimit)
    let (played, _) = follow(plan, player, test)
    guard let failure = played.failure else { return nil }
    return try shrunk(player, test, failure, played, 1, seed)
  }
}
