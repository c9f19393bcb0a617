extension TrainingEngine {
  /// One thread's buffers, and the work on one micro-batch.
  // Sendable unchecked: a worker is owned by one thread at a time, handed over under the engine's mutex.
  final class Worker: @unchecked Sendable {
    private var pass: ForwardPass
    private let backward = BackwardPass()
    private var distribution: TokenDistribution
    /// A row of logits that several sequences ask.
    private let copy = FloatBuffer()

    /// - Parameter threads: how many share each pass.
    init(_ model: Transformer, threads: Int) {
      pass = ForwardPass(model, keepsActivations: true, team: WorkTeam(threads: threads))
      distribution = TokenDistribution(vocabularySize: model.configuration.vocabularySize)
    }

    func use(_ model: Transformer, threads: Int) {
      if pass.model.configuration == model.configuration {
        pass.model = model
      } else {
        pass = ForwardPass(model, keepsActivations: true, team: WorkTeam(threads: threads))
        distribution = TokenDistribution(vocabularySize: model.configuration.vocabularySize)
      }
    }

    /// The log-probabilities of the sequences in `part`, in the order of `part`. The functions below use the same order.
    func logProbabilities(of sequences: [TrainingSequence], _ part: ArraySlice<Int>) -> [[Float]] {
      collect(sequences, part) { values, sequence, index in
        values.append(distribution.logProbabilities[Int(sequence.tokens[sequence.promptCount + index])])
      }
    }

    func distributions(of sequences: [TrainingSequence], _ part: ArraySlice<Int>) -> [[Float]] {
      collect(sequences, part) { values, _, _ in
        values.append(
          contentsOf: UnsafeBufferPointer(
            start: distribution.logProbabilities, count: distribution.vocabularySize))
      }
    }

    private func collect(
      _ sequences: [TrainingSequence], _ part: ArraySlice<Int>,
      _ body: (_ values: inout [Float], _ sequence: TrainingSequence, _ index: Int) -> Void
    ) -> [[Float]] {
      var values: [Int: [Float]] = [:]
      run(sequences, part) { target, sequence, _ in
        body(&values[target.sequence, default: []], sequence, target.index)
      }
      return part.map { values[$0] ?? [] }
    }

    func addGradient(
      of sequences: [TrainingSequence], _ part: ArraySlice<Int>, adapter: Adapter?,
      to partial: PartialGradient
    ) {
      let rows = run(sequences, part) { target, sequence, row in
        sequence.loss(of: target.index, distribution, statistics: &partial.statistics, dlogits: row)
      }
      partial.statistics.rowCount += rows
      partial.statistics.sharedRowCount += part.reduce(-rows) { $0 + sequences[$1].tokens.count - 1 }
      partial.values.withUnsafeMutableBufferPointer { values in
        guard let gradient = values.baseAddress else { return }
        backward.run(
          pass, dlogits: pass.logits.pointer,
          learned: adapter.map { .adapter($0, gradient) } ?? .weights(gradient))
      }
    }

    /// Runs the pack and visits every completion token with its distribution set, row after row. The rows of logits are zero
    /// when they are first visited: `body` may add to them. Returns the rows of the pack.
    @discardableResult
    private func run(
      _ sequences: [TrainingSequence], _ part: ArraySlice<Int>,
      _ body: (_ target: PrefixTree.Target, _ sequence: TrainingSequence, _ dlogits: MutableFloats) -> Void
    ) -> Int {
      let configuration = pass.model.configuration
      for sequence in part.lazy.map({ sequences[$0] }) {
        precondition(
          sequence.tokens.count <= configuration.maximumPositions
            && sequence.tokens.allSatisfy { (0..<Int32(configuration.vocabularySize)).contains($0) },
          "a training sequence that the model cannot read")
      }
      let tree = PrefixTree(sequences, order: part)
      pass.run(tree.rows)
      let width = configuration.paddedVocabularySize
      let logits = copy.reserve(width)
      var constraints: [Int: any TokenConstraint] = [:]
      for (row, targets) in tree.targets.enumerated() {
        let dlogits = pass.logits.pointer + row * width
        logits.update(from: dlogits, count: width)
        dlogits.update(repeating: 0, count: width)
        for target in targets {
          let sequence = sequences[target.sequence]
          var constraint = target.index == 0 ? sequence.constraint : constraints[target.sequence]
          distribution.set(logits, temperature: sequence.temperature, allowed: constraint?.allowedTokens())
          body(target, sequence, dlogits)
          if target.index + 1 < sequence.completionCount, constraint != nil {
            constraint?.advance(by: Int(sequence.tokens[sequence.promptCount + target.index]))
            constraints[target.sequence] = constraint
          }
        }
      }
      return tree.rows.count
    }
  }
}
