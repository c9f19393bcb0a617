import Synchronization

/// A loss or gradient that is not a number: training must stop before it spreads.
public struct NotFiniteError: Error, Hashable, CustomStringConvertible {
  /// The loss, a tensor's gradient, or a tensor.
  public var place: String

  public init(place: String) { self.place = place }

  public var description: String { "\(place) is not finite" }
}

/// Log-probabilities and gradients of batches of sequences, on several threads, with the same bits for any number.
///
/// Batches are cut into micro-batches by the data alone, whole sequences packed without padding. Micro-batch i adds
/// to partial gradient i mod `laneCount`, in order, and the partial gradients are summed in order.
public final class TrainingEngine: Sendable {
  public let threads: Int
  // Workers and partial gradients keep their memory from one call to the next; a call takes what is idle and gives
  // it back.
  private let idleWorkers = Mutex<[Worker]>([])
  private let idleGradients = Mutex<[PartialGradient]>([])

  public init(threads: Int) {
    precondition((1...64).contains(threads))
    self.threads = threads
  }

  /// The log-probability of every completion token of every sequence.
  /// - Precondition: here and below, sequences of tokens in the vocabulary, none longer than the context.
  public func logProbabilities(of sequences: [TrainingSequence], model: Transformer) -> [[Float]] {
    let parts = Self.microBatches(sequences)
    return map(parts.count, model) { worker, index in worker.logProbabilities(of: parts[index]) }.flatMap {
      $0
    }
  }

  /// The log-probabilities of the whole vocabulary at every completion token: (completion tokens, vocabularySize)
  /// a sequence, -infinity where the grammar forbids.
  public func distributions(of sequences: [TrainingSequence], model: Transformer) -> [[Float]] {
    let parts = Self.microBatches(sequences)
    return map(parts.count, model) { worker, index in worker.distributions(of: parts[index]) }.flatMap { $0 }
  }

  /// The gradient of the summed weighted losses, laid out as the weights.
  public func gradient(
    of sequences: [TrainingSequence], model: Transformer
  ) throws(NotFiniteError) -> (gradient: [Float], statistics: LossStatistics) {
    let parts = Self.microBatches(sequences)
    guard !parts.isEmpty else {
      return ([Float](repeating: 0, count: model.weights.values.count), LossStatistics())
    }
    let lanes = min(Self.laneCount(model), parts.count)
    let partial = map(lanes, model) { worker, lane in
      let partial = idleGradients.withLock { $0.popLast() } ?? PartialGradient()
      partial.clear(count: model.weights.values.count)
      for index in stride(from: lane, to: parts.count, by: lanes) {
        worker.addGradient(of: parts[index], to: partial)
      }
      return partial
    }
    defer { idleGradients.withLock { $0.append(contentsOf: partial) } }
    var statistics = LossStatistics()
    for lane in partial { statistics.add(lane.statistics) }
    guard statistics.loss.isFinite else { throw NotFiniteError(place: "the loss") }
    let (total, isFinite) = Self.sum(partial, threads: threads)
    guard isFinite else {
      let tensor = model.configuration.tensors.first { !total[$0.range].allSatisfy(\.isFinite) }
      throw NotFiniteError(place: "the gradient of \(tensor?.name ?? "the model")")
    }
    return (total, statistics)
  }

  /// Partial gradients of a batch: enough for many threads; one where threads share a pass.
  static func laneCount(_ model: Transformer) -> Int {
    model.configuration.isLarge ? 1 : min(8, max(2, 64_000_000 / model.weights.values.count))
  }

  /// Whole sequences in order, cut where a micro-batch is full: at an eighth of the batch, within bounds that keep
  /// the products large and the activations in cache.
  static func microBatches(_ sequences: [TrainingSequence]) -> [ArraySlice<TrainingSequence>] {
    let full = min(max(sequences.reduce(0) { $0 + $1.tokens.count } / 8, 128), 512)
    var result: [ArraySlice<TrainingSequence>] = []
    var (start, tokens) = (0, 0)
    for (index, sequence) in sequences.enumerated() {
      tokens += sequence.tokens.count
      if tokens >= full {
        result.append(sequences[start...index])
        (start, tokens) = (index + 1, 0)
      }
    }
    if start < sequences.count { result.append(sequences[start...]) }
    return result
  }

  /// The sum, in the memory of the first, which loses it.
  private static func sum(_ partial: [PartialGradient], threads: Int) -> (total: [Float], isFinite: Bool) {
    guard let first = partial.first else { return ([], true) }
    var total: [Float] = []
    swap(&total, &first.values)
    let others = partial.dropFirst()
    // The buffer is a multiple of 8: tensors are, as hidden sizes are.
    let length = 1 << 16
    var isFinite = [Bool](repeating: false, count: (total.count + length - 1) / length)
    total.withUnsafeMutableBufferPointer { total in
      isFinite.withUnsafeMutableBufferPointer { isFinite in
        guard let target = total.baseAddress, let found = isFinite.baseAddress else { return }
        WorkTeam(threads: threads).forEachPart(of: total.count, length: length) { part, _ in
          for lane in others {
            lane.values.withUnsafeBufferPointer { values in
              guard let source = values.baseAddress else { return }
              VectorMath.add(source + part.lowerBound, to: target + part.lowerBound, part.count)
            }
          }
          var check = SIMD8<Float>.zero
          for index in stride(from: part.lowerBound, to: part.upperBound, by: 8) {
            check += VectorMath.load(target, index) * 0
          }
          found[part.lowerBound / length] = VectorMath.sum(check) == 0
        }
      }
    }
    return (total, isFinite.allSatisfy(\.self))
  }

  /// `body` for 0 ..< count, each on whatever thread is free; results in order.
  private func map<Result: Sendable>(
    _ count: Int, _ model: Transformer, _ body: @Sendable (Worker, Int) -> Result
  ) -> [Result] {
    let results = Mutex<[Result?]>([Result?](repeating: nil, count: count))
    let isLarge = model.configuration.isLarge
    WorkTeam(threads: isLarge ? 1 : threads).forEach(count) { index, _ in
      let worker = idleWorkers.withLock { $0.popLast() } ?? Worker(model, threads: isLarge ? threads : 1)
      worker.use(model)
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
