import Synchronization

/// Computes log-probabilities and gradients of batches of sequences on several threads, to the same bits for any
/// number.
///
/// A batch is sorted and cut into micro-batches in a way that depends only on the data. Whole sequences are packed
/// without padding, and what sequences of a micro-batch have in common at their beginning is computed once.
/// Micro-batch i is added to partial gradient i mod n, in order, where n depends on the model; then the partial
/// gradients are summed in order.
public final class TrainingEngine: Sendable {
  package let threads: Int
  // Workers and partial gradients keep their memory from one call to the next; a call takes what is idle and gives
  // it back.
  private let idleWorkers = Mutex<[Worker]>([])
  private let idleGradients = Mutex<[PartialGradient]>([])

  /// - Precondition: 1 to 64 threads.
  public init(threads: Int) {
    precondition((1...64).contains(threads))
    self.threads = threads
  }

  /// The log-probability of every completion token of every sequence.
  /// - Complexity: one forward pass over the tokens; beginnings that sequences share count once.
  /// - Precondition: all tokens are in the vocabulary, and no sequence is longer than the model's context.
  public func logProbabilities(of sequences: [TrainingSequence], model: Transformer) -> [[Float]] {
    visit(sequences, model) { worker, part in worker.logProbabilities(of: sequences, part) }
  }

  /// The log-probabilities of the whole vocabulary at every completion token: (completion tokens, vocabularySize) for
  /// each sequence, and -infinity where the grammar forbids a token.
  /// - Precondition: as for ``logProbabilities(of:model:)``.
  package func distributions(of sequences: [TrainingSequence], model: Transformer) -> [[Float]] {
    visit(sequences, model) { worker, part in worker.distributions(of: sequences, part) }
  }

  /// Calls `body` for each micro-batch, and returns all results in the order of the sequences.
  private func visit(
    _ sequences: [TrainingSequence], _ model: Transformer,
    _ body: @Sendable (Worker, ArraySlice<Int>) -> [[Float]]
  ) -> [[Float]] {
    let parts = Self.microBatches(sequences, model.configuration)
    var results = [[Float]](repeating: [], count: sequences.count)
    for (part, values) in zip(parts, map(parts.count, model) { worker, index in body(worker, parts[index]) })
    {
      for (sequence, value) in zip(part, values) { results[sequence] = value }
    }
    return results
  }

  /// The gradient of the sum of all weighted losses, in the layout of the weights.
  ///
  /// With an `adapter`, it is the gradient of the adapter's values only. The adapter must be merged into the model's weights,
  /// or be the model's own beside frozen weights.
  /// - Complexity: a forward and a backward pass over the tokens; beginnings that sequences share count once.
  /// - Precondition: as for ``logProbabilities(of:model:)``; frozen weights have an adapter.
  /// - Throws: ``NotFiniteError`` if the loss or the gradient is not finite.
  public func gradient(
    of sequences: [TrainingSequence], model: Transformer, adapter: Adapter? = nil
  ) throws(NotFiniteError) -> (gradient: [Float], statistics: LossStatistics) {
    let parts = Self.microBatches(sequences, model.configuration)
    precondition(
      model.frozen == nil || adapter != nil && model.adapter?.adapter == adapter,
      "frozen weights learn by their own adapter only")
    let count = adapter?.values.count ?? model.configuration.elementCount
    guard !parts.isEmpty else { return ([Float](repeating: 0, count: count), LossStatistics()) }
    let partials = min(Self.partialCount(model), parts.count)
    let partial = map(partials, model) { worker, first in
      let partial = idleGradients.withLock { $0.popLast() } ?? PartialGradient()
      partial.clear(count: count)
      for index in stride(from: first, to: parts.count, by: partials) {
        worker.addGradient(of: sequences, parts[index], adapter: adapter, to: partial)
      }
      return partial
    }
    defer { idleGradients.withLock { $0.append(contentsOf: partial) } }
    var statistics = LossStatistics()
    for part in partial { statistics.add(part.statistics) }
    guard statistics.loss.isFinite else { throw NotFiniteError(place: "the loss") }
    let (total, isFinite) = Self.sum(partial, threads: threads)
    guard isFinite else {
      let tensors =
        adapter.map { $0.parts.map { ($0.tensor.name, $0.a.lowerBound..<$0.b.upperBound) } }
        ?? model.layout.tensors.map { ($0.name, $0.range) }
      let place = tensors.first { !total[$0.1].allSatisfy(\.isFinite) }?.0
      throw NotFiniteError(place: "the gradient of \(place ?? "the model")")
    }
    return (total, statistics)
  }

  /// The number of partial gradients of a batch: several, so that many threads have work, or one if threads share a
  /// pass.
  static func partialCount(_ model: Transformer) -> Int {
    model.configuration.isLarge ? 1 : min(8, max(2, 64_000_000 / model.configuration.elementCount))
  }

  /// Sorts the sequences and cuts them into micro-batches of whole sequences. A micro-batch is full at an eighth of
  /// all rows, within bounds that keep the products large and the activations in cache. If threads share a pass, nothing
  /// is won by many micro-batches, and sequences in two of them share nothing: they are as large as they may be.
  static func microBatches(
    _ sequences: [TrainingSequence], _ configuration: ModelConfiguration
  ) -> [ArraySlice<Int>] {
    let order = PrefixTree.sorted(sequences)
    let new = PrefixTree.newRows(sequences, order: order)
    let most = 512
    let full = configuration.isLarge ? most : min(max(new.reduce(0, +) / 8, 128), most)
    var result: [ArraySlice<Int>] = []
    var (start, rows) = (0, 0)
    for (place, sequence) in order.enumerated() {
      rows += place == start ? sequences[sequence].tokens.count - 1 : new[place]
      if rows >= full {
        result.append(order[start...place])
        (start, rows) = (place + 1, 0)
      }
    }
    if start < order.count { result.append(order[start...]) }
    return result
  }

  /// Adds all partial gradients to the first and returns it. The first partial gradient gives up its memory.
  private static func sum(_ partial: [PartialGradient], threads: Int) -> (total: [Float], isFinite: Bool) {
    guard let first = partial.first else { return ([], true) }
    var total: [Float] = []
    swap(&total, &first.values)
    let others = partial.dropFirst()
    let length = 1 << 16
    var isFinite = [Bool](repeating: false, count: (total.count + length - 1) / length)
    total.withUnsafeMutableBufferPointer { total in
      isFinite.withUnsafeMutableBufferPointer { isFinite in
        guard let target = total.baseAddress, let found = isFinite.baseAddress else { return }
        WorkTeam(threads: threads).forEachPart(of: total.count, length: length) { part, _ in
          for other in others {
            other.values.withUnsafeBufferPointer { values in
              guard let source = values.baseAddress else { return }
              VectorMath.add(source + part.lowerBound, to: target + part.lowerBound, part.count)
            }
          }
          found[part.lowerBound / length] = VectorMath.areFinite(target + part.lowerBound, part.count)
        }
      }
    }
    return (total, isFinite.allSatisfy(\.self))
  }

  /// Calls `body` for 0 ..< count, each on a thread that is free, and returns the results in order.
  private func map<Result: Sendable>(
    _ count: Int, _ model: Transformer, _ body: @Sendable (Worker, Int) -> Result
  ) -> [Result] {
    let results = Mutex<[Result?]>([Result?](repeating: nil, count: count))
    let isLarge = model.configuration.isLarge
    let own = isLarge ? threads : 1
    WorkTeam(threads: isLarge ? 1 : threads).forEach(count) { index, _ in
      let worker = idleWorkers.withLock { $0.popLast() } ?? Worker(model, threads: own)
      worker.use(model, threads: own)
      let result = body(worker, index)
      results.withLock { $0[index] = result }
      idleWorkers.withLock { $0.append(worker) }
    }
    return results.withLock { $0.compactMap(\.self) }
  }
}

/// The gradient and statistics of some of a batch's micro-batches.
// Sendable unchecked: written by one thread, and read by another only after that one has finished.
final class PartialGradient: @unchecked Sendable {
  var values: [Float] = []
  var statistics = LossStatistics()

  func clear(count: Int) {
    if values.count == count {
      values.withUnsafeMutableBufferPointer { $0.update(repeating: 0) }
    } else {
      values = [Float](repeating: 0, count: count)
    }
    statistics = LossStatistics()
  }
}
