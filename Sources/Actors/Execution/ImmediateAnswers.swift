import Policy

/// Generations that are known when they are asked for, kept until the next step gives them out.
struct ImmediateAnswers {
  private var waiting: [Decoder.Update] = []
  private var nextHandle = 0

  /// Keeps a generation; returns its handle.
  mutating func add(_ generation: Generation) -> Int {
    nextHandle += 1
    waiting.append(
      Decoder.Update(handle: nextHandle, tokenCount: generation.tokens.count, finished: generation))
    return nextHandle
  }

  /// All that wait, in order; then none do.
  mutating func take() -> [Decoder.Update] {
    defer { waiting.removeAll() }
    return waiting
  }
}
