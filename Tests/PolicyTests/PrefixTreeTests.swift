import PropertyTesting
import Testing

@testable import Policy

@Suite("What training sequences begin with is computed once, and nobody can tell")
struct PrefixTreeTests {
  /// Sequences that part at random places: a token goes on from one of the sequences before.
  static let sequences = Generator<[[Int]]>.array(
    of: Generator<[Int]>.array(of: Generator<Int>.integer(in: 0...40), count: 3...5), count: 1...30
  ).map { drawn in
    var texts: [[Int32]] = []
    for numbers in drawn {
      let begun = texts.isEmpty ? [] : texts[numbers[0] % texts.count].prefix(numbers[1])
      texts.append(Array(begun) + (0..<2 + numbers[2] % 24).map { Int32((numbers[2] * 5 + $0 * $0) % 61) })
    }
    return texts.enumerated().map { place, tokens in
      TrainingSequence(
        tokens: tokens, promptCount: 1 + drawn[place][0] % (tokens.count - 1),
        constraint: place % 3 == 0 ? EngineInvarianceTests.Thirds() : nil,
        temperature: place % 2 == 0 ? 1 : 0.7,
        weight: 0.1 * Float(1 + place % 4))
    }
  }

  @Test("every token of every sequence has a row of its own beginning, and no beginning has two")
  func rows() {
    forAll("the tree holds the sequences", Self.sequences) { sequences in
      let tree = PrefixTree(sequences, order: PrefixTree.sorted(sequences))
      // What a row has before it, by way of its segment's parents.
      func beginning(_ segment: Int) -> [Int32] {
        let own = tree.rows.segments[segment]
        let before = own.parent.map(beginning) ?? []
        return before + tree.rows.tokens[own.firstRow..<own.firstRow + own.count]
      }
      var beginnings: [[Int32]] = []
      for (index, segment) in tree.rows.segments.enumerated() {
        let whole = beginning(index)
        guard whole.count == segment.firstPosition + segment.count else { return false }
        for count in segment.firstPosition + 1...whole.count { beginnings.append(Array(whole.prefix(count))) }
      }
      let expected = Set(sequences.flatMap { s in (1..<s.tokens.count).map { Array(s.tokens.prefix($0)) } })
      guard Set(beginnings) == expected, beginnings.count == expected.count else { return false }
      var found = sequences.map { _ in [Int]() }
      for (row, targets) in zip(tree.rows.predicting, tree.targets) {
        for target in targets {
          let sequence = sequences[target.sequence]
          let count = sequence.promptCount + target.index
          guard beginnings[row] == Array(sequence.tokens.prefix(count)) else { return false }
          found[target.sequence].append(target.index)
        }
      }
      return zip(found, sequences).allSatisfy { $0 == Array(0..<$1.completionCount) }
    }
  }

  @Test("P5: log-probabilities are those of each sequence alone, to the bit")
  func forward() {
    let engine = TrainingEngine(threads: 2)
    forAll("shared rows have the bits of unshared ones", Self.sequences, count: 40) { sequences in
      engine.logProbabilities(of: sequences, model: EngineInvarianceTests.nano)
        == sequences.flatMap { engine.logProbabilities(of: [$0], model: EngineInvarianceTests.nano) }
    }
  }

  @Test("the gradient is the sum of those of each sequence alone, and the same to the bit in any order")
  func backward() throws {
    let (engine, model) = (TrainingEngine(threads: 2), EngineInvarianceTests.wide)
    forAll(
      "shared rows learn for all", .zip(Self.sequences, Generator<UInt64>.integer(in: 0...99)), count: 30
    ) {
      masked, seed in
      // The tokens are none that a grammar gave.
      let sequences = masked.map { sequence in
        var sequence = sequence
        sequence.constraint = nil
        return sequence
      }
      let whole = try engine.gradient(of: sequences, model: model)
      var sum = [Double](repeating: 0, count: whole.gradient.count)
      for sequence in sequences {
        let alone = try engine.gradient(of: [sequence], model: model).gradient
        for index in sum.indices { sum[index] += Double(alone[index]) }
      }
      let scale = sum.map(abs).max() ?? 0
      guard zip(whole.gradient, sum).allSatisfy({ abs(Double($0) - $1) < 2e-5 * scale }) else { return false }
      let order = sequences.indices.sorted {
        CounterRandom.bits(seed: seed, index: UInt64($0)) < CounterRandom.bits(seed: seed, index: UInt64($1))
      }
      // Equal sequences are summed in the order in which they come.
      guard Set(sequences.map(\.tokens)).count == sequences.count else { return true }
      return try engine.gradient(of: order.map { sequences[$0] }, model: model).gradient == whole.gradient
    }
  }

  @Test("executions of a design share most of their rows")
  func saving() {
    let prompt = (0..<40).map { Int32($0 % 61) }
    let sequences = (0..<64).map {
      TrainingSequence(tokens: prompt + [Int32($0 % 50), 7, 8], promptCount: 40)
    }
    let tree = PrefixTree(sequences, order: PrefixTree.sorted(sequences))
    #expect(tree.rows.count == 40 + 50 * 2)
  }

  @Test("a large model's micro-batches are not so small that long prompts are computed again in each")
  func longPrompts() {
    // Six questions with a long beginning in common, and four answers to each: as many rows as a designer's step.
    let sequences = (0..<24).map { place in
      let prompt = (0..<170).map { Int32($0 % 61) } + (0..<30).map { Int32((place / 4 + 2 * $0) % 61) }
      return TrainingSequence(tokens: prompt + [Int32(place)] + (0..<40).map { Int32($0) }, promptCount: 200)
    }
    let large = ModelConfiguration(
      vocabularySize: 61, hiddenSize: 1024, layerCount: 2, headCount: 8, keyValueHeadCount: 8,
      headDimension: 128, intermediateSize: 4096)
    #expect(large.isLarge)
    let rows = TrainingEngine.microBatches(sequences, large).map {
      PrefixTree(sequences, order: $0).rows.count
    }
    #expect(rows.allSatisfy { $0 < 512 + 240 })
    // 170 + 6 * 30 + 24 * 40 if all were in one, and 24 * 240 if each had one of its own.
    #expect(rows.reduce(0, +) < 2000)
  }
}
