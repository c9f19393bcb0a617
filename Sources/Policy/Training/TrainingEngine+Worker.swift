extension TrainingEngine {
  /// One thread's buffers, and the work on one micro-batch.
  // Sendable unchecked: a worker is owned by one thread at a time, handed over under the engine's mutex.
  final class Worker: @unchecked Sendable {
    private var pass: ForwardPass
    private let backward = BackwardPass()
    private var distribution: TokenDistribution
    private var rows = Rows()

    /// - Parameter threads: how many share each pass.
    init(_ model: Transformer, threads: Int) {
      pass = ForwardPass(model, keepsActivations: true, team: WorkTeam(threads: threads))
      distribution = TokenDistribution(vocabularySize: model.configuration.vocabularySize)
    }

    func use(_ model: Transformer) {
      if pass.model.configuration == model.configuration {
        pass.model = model
      } else {
        pass = ForwardPass(model, keepsActivations: true, team: pass.team)
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
        result[place].append(
          contentsOf: UnsafeBufferPointer(
            start: distribution.logProbabilities, count: distribution.vocabularySize))
      }
      return result
    }

    func addGradient(of sequences: ArraySlice<TrainingSequence>, to partial: PartialGradient) {
      let width = pass.model.configuration.paddedVocabularySize
      forEachToken(of: sequences) { _, sequence, index, row in
        for id in distribution.paddedSize..<width { row[id] = 0 }
        sequence.loss(of: index, distribution, statistics: &partial.statistics, dlogits: row)
      }
      partial.values.withUnsafeMutableBufferPointer { values in
        guard let gradient = values.baseAddress else { return }
        backward.run(pass, dlogits: pass.logits.pointer, gradient: gradient)
      }
    }

    /// Runs the pack and visits every completion token with its distribution set and its row of logits.
    private func forEachToken(
      of sequences: ArraySlice<TrainingSequence>,
      _ body: (_ place: Int, _ sequence: TrainingSequence, _ index: Int, _ logits: MutableFloats) -> Void
    ) {
      let configuration = pass.model.configuration
      rows.removeAll()
      for sequence in sequences {
        precondition(
          sequence.tokens.count <= configuration.maximumPositions
            && sequence.tokens.allSatisfy { (0..<Int32(configuration.vocabularySize)).contains($0) },
          "a training sequence that the model cannot read")
        // The last token predicts nothing that is looked at.
        rows.append(sequence.tokens.dropLast(), predicting: sequence.completionCount)
      }
      pass.run(rows)
      let width = configuration.paddedVocabularySize
      var logits = pass.logits.pointer
      for (place, sequence) in sequences.enumerated() {
        var constraint = sequence.constraint
        for index in 0..<sequence.completionCount {
          distribution.set(logits, temperature: sequence.temperature, allowed: constraint?.allowedTokens())
          body(place, sequence, index, logits)
          if index + 1 < sequence.completionCount {
            constraint?.advance(by: Int(sequence.tokens[sequence.promptCount + index]))
          }
          logits += width
        }
      }
    }
  }
}
