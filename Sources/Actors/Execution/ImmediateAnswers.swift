import Policy

/// Keeps generations that are known at once until the next step returns them.
struct ImmediateAnswers {
  private var waiting: [Decoder.Update] = []
  private var nextHandle = 0

  /// Keeps `generation`, and returns the handle under which ``take()`` will return it.
  mutating func add(_ generation: Generation) -> Int {
    nextHandle += 1
    waiting.append(
      Decoder.Update(handle: nextHandle, tokenCount: generation.unitCount, finished: generation))
    return nextHandle
  }

  /// Removes and returns all kept generations, in order.
  mutating func take() -> [Decoder.Update] {
    defer { waiting.removeAll() }
    return waiting
  }
}
