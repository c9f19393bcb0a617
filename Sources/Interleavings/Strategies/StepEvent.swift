/// A step of a schedule that has run, as partial order reduction sees it.
package struct StepEvent: Sendable, Hashable {
  /// The task or what else ran, by its key.
  package var key: UInt64
  /// The number of the step, in the order in which steps became ready.
  package var number: Int
  /// The key of the actor on which it ran; 0 for none.
  package var actor: UInt64
  package var effect: StepEffect

  package init(_ step: ReadyStep, _ effect: StepEffect) {
    (key, number, actor, self.effect) = (step.key, step.number, step.actorKey, effect)
    if step.kind != .part { self.effect.isGlobal = true }
  }

  /// Whether the order of the two steps could matter. That one of them makes the other one ready is not looked at.
  package func depends(on other: StepEvent) -> Bool {
    if key == other.key || effect.isGlobal || other.effect.isGlobal { return true }
    if actor != 0, actor == other.actor { return true }
    if let parent = effect.endsChildOf {
      if parent == other.key { return true }
      if parent == other.effect.endsChildOf, effect.endsInGroup, other.effect.endsInGroup { return true }
    }
    if other.effect.endsChildOf == key { return true }
    return touches(other.actor) || other.touches(actor)
      || effect.queues.contains { other.effect.queues.contains($0) }
  }

  private func touches(_ actor: UInt64) -> Bool { actor != 0 && effect.queues.contains(actor) }
}
