extension TrainingEngine {
  /// One thread's buffers, and the work on one micro-batch.
  // Sendable unchecked: a worker is owned by one thread at a time, handed over under the engine's mutex.
  final class Worker: @unchecked Sendable {
    private var pass: ForwardPass
    private let backward = BackwardPass()
    private let gathered = FloatBuffer()
    private let logits = FloatBuffer()
    private var distribution: TokenDistribution

    init(_ model: Transformer) {
      pass = ForwardPass(model, keepsActivations: true)
      distribution = TokenDistribution(vocabularySize: model.configuration.vocabularySize)
    }

    func use(_ model: Transformer) {
      if pass.model.configuration == model.configuration {
        pass.model = model
      } else {
        pass = ForwardPass(model, keepsActivations: true)
        distribution = TokenDistribution(vocabularySize: model.configuration.vocabularySize)
      }
    }

    func logProbabilities(of sequences: ArraySlice<TrainingSequence>) -> [[Float]] {
      var result: [[Float]] = sequences.map { _ in [] }
      forEachToken(of: sequences) { place, sequence, index, _ in
        result[place].append(
          distribution.logProbabilities[Int(sequence.tokens[sequence.promptCount + index])])
      }
      return result
    }

    func distributions(of sequences: ArraySlice<TrainingSequence>) -> [[Float]] {
      var result: [[Float]] = sequences.map { _ in [] }
      forEachToken(of: sequences) { place, _, _, _ in
        result[place].append(contentsOf: distribution.logProbabilities[..<distribution.vocabularySize])
      }
      return result
    }

    func gradient(of sequences: ArraySlice<TrainingSequence>) -> (
      gradient: [Float], statistics: LossStatistics
    ) {
      let c = pass.model.configuration
      var gradient = [Float](repeating: 0, count: c.parameterCount)
      var statistics = LossStatistics()
      let chosen = forEachToken(of: sequences) { _, sequence, index, row in
        for id in c.vocabularySize..<c.paddedVocabularySize { row[id] = 0 }
        sequence.loss(of: index, distribution, statistics: &statistics, dlogits: row)
      }
      gradient.withUnsafeMutableBufferPointer { gradient in
        guard let gradient = gradient.baseAddress else { return }
        backward.run(pass, dlogits: logits.pointer, chosen: chosen, gathered: gathered, gradient: gradient)
      }
      return (gradient, statistics)
    }

    /// Runs the pack and visits every completion token with its distribution set and its row of logits; returns
    /// the pack's rows that predict them.
    @discardableResult
    private func forEachToken(
      of sequences: ArraySlice<TrainingSequence>,
      _ body: (_ place: Int, _ sequence: TrainingSequence, _ index: Int, _ logits: MutableFloats) -> Void
    ) -> [Int] {
      var rows = Rows()
      var chosen: [Int] = []
      for sequence in sequences {
        // The last token predicts nothing that is looked at.
        let start = rows.count
        rows.append(sequence: sequence.tokens.dropLast())
        chosen += (0..<sequence.completionCount).map { start + sequence.promptCount - 1 + $0 }
      }
      pass.run(rows)
      pass.logits(of: chosen, gathered: gathered, into: logits)
      let width = pass.model.configuration.paddedVocabularySize
      var row = 0
      for (place, sequence) in sequences.enumerated() {
        var constraint = sequence.constraint
        for index in 0..<sequence.completionCount {
          let pointer = logits.pointer + row * width
          distribution.set(pointer, temperature: sequence.temperature, allowed: constraint?.allowedTokens())
          body(place, sequence, index, pointer)
          if index + 1 < sequence.completionCount {
            constraint?.advance(by: Int(sequence.tokens[sequence.promptCount + index]))
          }
          row += 1
        }
      }
      return chosen
    }
  }
}
