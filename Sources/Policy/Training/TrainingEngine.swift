import Dispatch
import Synchronization

/// A loss or gradient that is not a number: training must stop before it spreads.
public struct NotFiniteError: Error, CustomStringConvertible {
  /// The loss, or the tensor whose gradient is not finite.
  public var place: String
  public var description: String { "\(place) is not finite" }
}

/// Log-probabilities and gradients of batches of sequences, on several threads, with the same bits for any number.
///
/// Batches are cut into micro-batches by the data alone, whole sequences packed without padding, and gradients are
/// summed in the order of the micro-batches.
public final class TrainingEngine: Sendable {
  /// The tokens at which a micro-batch is full.
  public static let microBatchTokens = 1024

  public let threads: Int
  // Workers keep their buffers from one call to the next; a call takes what is idle and gives it back.
  private let idle = Mutex<[Worker]>([])

  public init(threads: Int) {
    precondition((1...64).contains(threads))
    self.threads = threads
  }

  /// The log-probability of every completion token of every sequence.
  public func logProbabilities(of sequences: [TrainingSequence], model: Transformer) -> [[Float]] {
    map(sequences, model) { worker, part in worker.logProbabilities(of: part) }.flatMap { $0 }
  }

  /// The log-probabilities of the whole vocabulary at every completion token: (completion tokens, vocabularySize)
  /// a sequence, -infinity where the grammar forbids.
  public func distributions(of sequences: [TrainingSequence], model: Transformer) -> [[Float]] {
    map(sequences, model) { worker, part in worker.distributions(of: part) }.flatMap { $0 }
  }

  /// The gradient of the summed weighted losses, laid out as the weights.
  public func gradient(
    of sequences: [TrainingSequence], model: Transformer
  ) throws(NotFiniteError) -> (gradient: [Float], statistics: LossStatistics) {
    let parts = map(sequences, model) { worker, part in worker.gradient(of: part) }
    var total = [Float](repeating: 0, count: model.configuration.parameterCount)
    var statistics = LossStatistics()
    for part in parts {
      for index in total.indices { total[index] += part.gradient[index] }
      statistics.add(part.statistics)
    }
    guard statistics.loss.isFinite else { throw NotFiniteError(place: "the loss") }
    guard total.allSatisfy(\.isFinite) else {
      let tensor = model.configuration.tensors.first { !total[$0.range].allSatisfy(\.isFinite) }
      throw NotFiniteError(place: "the gradient of \(tensor?.name ?? "the model")")
    }
    return (total, statistics)
  }

  /// Whole sequences in order, cut where a micro-batch has reached `microBatchTokens`.
  static func microBatches(_ sequences: [TrainingSequence]) -> [ArraySlice<TrainingSequence>] {
    var result: [ArraySlice<TrainingSequence>] = []
    var start = 0
    var tokens = 0
    for (index, sequence) in sequences.enumerated() {
      tokens += sequence.tokens.count
      if tokens >= microBatchTokens {
        result.append(sequences[start...index])
        (start, tokens) = (index + 1, 0)
      }
    }
    if start < sequences.count { result.append(sequences[start...]) }
    return result
  }

  private func map<Result: Sendable>(
    _ sequences: [TrainingSequence], _ model: Transformer,
    _ body: @Sendable (Worker, ArraySlice<TrainingSequence>) -> Result
  ) -> [Result] {
    let parts = Self.microBatches(sequences)
    let next = Atomic<Int>(0)
    let results = Mutex<[Result?]>([Result?](repeating: nil, count: parts.count))
    DispatchQueue.concurrentPerform(iterations: min(threads, max(1, parts.count))) { _ in
      let worker = idle.withLock { $0.popLast() } ?? Worker(model)
      worker.use(model)
      while true {
        let index = next.add(1, ordering: .relaxed).oldValue
        guard index < parts.count else { break }
        let result = body(worker, parts[index])
        results.withLock { $0[index] = result }
      }
      idle.withLock { $0.append(worker) }
    }
    return results.withLock { $0.compactMap(\.self) }
  }
}
