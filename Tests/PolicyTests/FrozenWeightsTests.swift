import CKernels
import Foundation
import PropertyTesting
import Testing

@testable import Policy

/// Golden values: `torch`, `gguf` and `peft`, recorded by `record_frozen_fixtures.py`.
@Suite("Frozen weights: rounded once, and then products as they are defined, on every instruction set")
struct FrozenWeightsTests {
  typealias Format = FrozenWeights.Format
  /// All that this processor has; the widest is first.
  static let sets = InstructionSet.allCases.filter(\.isSupported)

  private static func decoded<T: Decodable>(_ type: T.Type, _ name: String) throws -> T {
    let url = try #require(Bundle.module.resourceURL).appending(path: "Fixtures/frozen/\(name).json")
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try decoder.decode(type, from: Data(contentsOf: url))
  }

  /// A matrix, (outputs, inputs), stored in a format.
  private final class Frozen {
    let matrix: FrozenMatrix
    private let memory: UnsafeMutableRawPointer

    init(_ values: [Float], _ format: Format, outputs: Int, inputs: Int) {
      memory = .allocate(byteCount: format.bytes(outputs: outputs, inputs: inputs), alignment: 64)
      matrix = FrozenMatrix(format: format, bytes: memory, outputs: outputs, inputs: inputs)
      matrix.freeze(values, rows: 0..<outputs)
    }

    deinit { memory.deallocate() }

    /// The floats that the matrix stands for.
    var values: [Float] {
      var result = [Float](repeating: .nan, count: matrix.outputs * matrix.inputs)
      result.withUnsafeMutableBufferPointer { result in
        guard let start = result.baseAddress else { return }
        for row in 0..<matrix.outputs { matrix.copyRow(row, to: start + row * matrix.inputs) }
      }
      return result
    }
  }

  private static func bits(_ values: [Float]) -> [UInt32] { values.map(\.bitPattern) }

  // MARK: Rounding

  @Test("bfloat16 is what torch rounds to, and Q8_0 what llama.cpp's gguf does, to the bit")
  func rounding() throws {
    let fixture = try Self.decoded([String: String].self, "rounding")
    let values = try EngineFixture.floats(#require(fixture["values"]))
    for (format, name) in [(Format.bf16, "bf16"), (.q8, "q8_0")] {
      let expected = try EngineFixture.floats(#require(fixture[name]))
      let found = Frozen(values, format, outputs: values.count / 32, inputs: 32).values
      for index in values.indices where found[index] != expected[index] {
        Issue.record("\(name): \(values[index]) became \(found[index]), not \(expected[index])")
      }
    }
  }

  @Test("what was rounded stays as it is; no number becomes infinite; a short last block has its own scale")
  func again() {
    let number = Generator.zip(
      Generator<Double>.double(in: -1...1), Generator<Int>.integer(in: -140...126)
    ).map { Float($0) * Float(sign: .plus, exponent: $1, significand: 1) }
    let rows = Generator<[Float]>.array(of: number, count: 1...100)
    forAll("rounding is stable", .zip(rows, Generator<Int>.integer(in: 0...1)), count: 300) { row, index in
      let format = Format.allCases[index]
      let once = Frozen(row, format, outputs: 1, inputs: row.count).values
      let twice = Frozen(once, format, outputs: 1, inputs: row.count).values
      return once.allSatisfy(\.isFinite) && once == twice
    }
    let tiny = Frozen([0x1p-127, -0x1p-127, 0x1p-126], .bf16, outputs: 1, inputs: 3).values
    #expect(Self.bits(tiny) == Self.bits([0, -0.0, 0x1p-126]))
    let great = Float.greatestFiniteMagnitude
    #expect(Frozen([great, -great], .bf16, outputs: 2, inputs: 1).values == [0x1.fep127, -0x1.fep127])
    #expect(Frozen([great, -great, 1], .q8, outputs: 1, inputs: 3).values == [65504 * 127, -65504 * 127, 0])
    let uneven = (0..<40).map { $0 < 32 ? Float(100) : Float(1) }
    #expect(
      Frozen(uneven, .q8, outputs: 1, inputs: 40).values[35]
        == Frozen([1], .q8, outputs: 1, inputs: 1).values[0])
  }

  // MARK: Products

  struct Case: Sendable, CustomStringConvertible {
    var rows, inputs, outputs: Int
    var format: Format
    var isBack, adding: Bool
    var threads: Int

    var description: String {
      "\(format.rawValue), \(isBack ? "back" : "forward"): \(rows) rows, \(inputs) to \(outputs), adding \(adding), \(threads) threads"
    }
  }

  static let cases = Generator.zip(
    Generator<Int>.integer(in: 1...60), Generator<Int>.integer(in: 1...1400),
    Generator<Int>.integer(in: 1...300), Generator<Int>.integer(in: 0...47)
  ).map { rows, inputs, outputs, other in
    // Some have more rows than one thread takes at a time.
    Case(
      rows: other / 8 % 3 == 2 ? rows + 120 : rows, inputs: other / 4 % 2 == 0 ? inputs : outputs,
      outputs: other / 4 % 2 == 0 ? outputs : inputs,
      format: Format.allCases[other % 2], isBack: other / 2 % 2 == 1, adding: other / 24 == 1,
      threads: 1 + other / 8 % 3)
  }

  private static func random(_ count: Int, _ stream: UInt64, scale: Float = 1) -> [Float] {
    (0..<count).map { index in
      let isTiny = CounterRandom.uniform(seed: stream + 50, index: UInt64(index)) < 0.02
      let own: Float = isTiny ? 0x1p-120 : scale
      return Float(CounterRandom.uniform(seed: stream, index: UInt64(index)) * 2 - 1) * own
    }
  }

  /// The definition of a product in bfloat16, in Swift's own arithmetic.
  private enum Definition {
    /// Rounded to eight significant bits, to nearest and to even.
    static func rounded(_ x: Float) -> Float {
      let step = flushed(x).ulp * 65536
      return (flushed(x) / step).rounded(.toNearestOrEven) * step
    }

    static func flushed(_ x: Float) -> Float { x.isSubnormal ? Float(signOf: x, magnitudeOf: 0) : x }

    /// a b + c, rounded once, and zero if it is less than the least normal number after rounding without an end of exponents.
    static func fused(_ a: Float, _ b: Float, _ c: Float) -> Float {
      let exact = Double(c).addingProduct(Double(a), Double(b))
      return abs(exact) < 0x1p-126 - 0x1p-151
        ? Float(sign: exact.sign, exponent: 0, significand: 0) : c.addingProduct(a, b)
    }

    static func product(_ x: [Float], _ w: [Float]) -> Float {
      var sum: Float = 0
      for block in stride(from: 0, to: x.count, by: 32) {
        let chains = [0, 16].map { start in
          (block + start..<block + start + 16).reduce(Float(0)) { chain, index in
            index < x.count ? fused(rounded(x[index]), w[index], chain) : fused(0, 0, chain)
          }
        }
        sum = flushed(sum + flushed(chains[0] + chains[1]))
      }
      return sum
    }
  }

  @Test(
    "products are what they are defined as, to the last bit: in Q8_0 float32's with what the matrix stands for, in bfloat16 chains of sixteen whose inputs are rounded and whose denormal numbers are zero"
  )
  func products() {
    for set in Self.sets {
      forAll("frozen products, \(set)", Self.cases, count: set == .scalar ? 12 : 80) { c in
        let table = try KernelsTests.table(set)
        // Sums of some cases are near the least normal number, above and below.
        let scale: Float = c.format == .bf16 && c.rows % 3 == 0 ? 0x1p-61 : 1
        let frozen = Frozen(
          Self.random(c.inputs * c.outputs, 1, scale: scale), c.format, outputs: c.outputs, inputs: c.inputs)
        let (from, to) = c.isBack ? (c.outputs, c.inputs) : (c.inputs, c.outputs)
        let (given, w) = (Self.random(c.rows * from, 2, scale: scale), frozen.values)
        let (x, before) = (
          ProductsTests.buffer(given), Self.random(c.rows * to, 3, scale: scale * scale)
        )
        let (found, team) = (ProductsTests.buffer(before), WorkTeam(threads: c.threads))
        if c.isBack {
          frozen.matrix.multiplyBack(
            x.pointer, into: found.pointer, rows: c.rows, adding: c.adding, team: team, by: table)
        } else {
          frozen.matrix.multiply(
            x.pointer, lowRank: nil, into: found.pointer, rows: c.rows, adding: c.adding, team: team,
            by: table)
        }
        let isWithin = (before.count..<before.count + FloatBuffer.slack).allSatisfy {
          found.pointer[$0].isNaN
        }
        return isWithin
          && Self.expected(c, x, w, before).allSatisfy { place, value in
            found.pointer[place].bitPattern == value.bitPattern
          }
      }
    }
  }

  /// Elements of the product of a case and their places: all of Q8_0, and 300 of bfloat16.
  private static func expected(
    _ c: Case, _ x: FloatBuffer, _ w: [Float], _ before: [Float]
  ) -> [(place: Int, value: Float)] {
    if c.format == .q8 {
      let (y, w) = (ProductsTests.buffer(before), ProductsTests.buffer(w))
      if c.isBack {
        Products.own.multiplyBack(
          x.pointer, w.pointer, into: y.pointer, rows: c.rows, inputs: c.inputs, outputs: c.outputs,
          adding: c.adding, team: WorkTeam())
      } else {
        Products.own.multiply(
          x.pointer, w.pointer, panels: nil, into: y.pointer, rows: c.rows, inputs: c.inputs,
          outputs: c.outputs, adding: c.adding, team: WorkTeam())
      }
      return before.indices.map { ($0, y.pointer[$0]) }
    }
    let (from, to) = c.isBack ? (c.outputs, c.inputs) : (c.inputs, c.outputs)
    return (0..<300).map { index in
      let place = index * 7919 % before.count
      let (row, column) = place.quotientAndRemainder(dividingBy: to)
      let product = Definition.product(
        (0..<from).map { x.pointer[row * from + $0] },
        (0..<from).map { c.isBack ? w[$0 * c.inputs + column] : w[column * c.inputs + $0] })
      return (
        place,
        c.adding ? Definition.flushed(Definition.flushed(before[place]) + product) : product
      )
    }
  }

  @Test("what is not a number stays so in bfloat16, and what is too large becomes infinite")
  func special() throws {
    for set in Self.sets {
      let table = try KernelsTests.table(set)
      let frozen = Frozen([1, 0.5], .bf16, outputs: 2, inputs: 1)
      let inputs: [Float] = [
        .nan, Float(bitPattern: 0x7fff_ffff), -.infinity, .greatestFiniteMagnitude, 0x1.fep127,
      ]
      let (x, y) = (ProductsTests.buffer(inputs), ProductsTests.buffer([Float](repeating: 0, count: 10)))
      frozen.matrix.multiply(
        x.pointer, lowRank: nil, into: y.pointer, rows: 5, adding: false, team: WorkTeam(), by: table)
      let found = (0..<10).map { y.pointer[$0] }
      #expect(
        found[0..<4].allSatisfy(\.isNaN) && found[4...7] == [-.infinity, -.infinity, .infinity, .infinity])
      #expect(found[8...] == [0x1.fep127, 0x1.fep126])
      // The least normal number less t 2^-151: it is rounded to itself up to t = 1, and else is too small.
      let edge = Frozen([0x1p-63, 0x1p-76], .bf16, outputs: 1, inputs: 2)
      for (t, sum) in [(0.75, 0x1p-126), (1, 0x1p-126), (1.25, 0), (1.75, 0), (2, 0), (3, 0)]
        as [(Float, Float)]
      {
        let (x, y) = (ProductsTests.buffer([0x1p-63, -t * 0x1p-75]), ProductsTests.buffer([1]))
        edge.matrix.multiply(
          x.pointer, lowRank: nil, into: y.pointer, rows: 1, adding: false, team: WorkTeam(), by: table)
        #expect(y.pointer[0] == sum, "\(set), \(t)")
      }
      // The greatest denormal number is zero, though it would be rounded to the least normal one.
      let (denormal, one) = (Float.leastNormalMagnitude.nextDown, Frozen([1], .bf16, outputs: 1, inputs: 1))
      let (small, none) = (ProductsTests.buffer([denormal]), ProductsTests.buffer([1]))
      one.matrix.multiply(
        small.pointer, lowRank: nil, into: none.pointer, rows: 1, adding: false, team: WorkTeam(), by: table)
      #expect(none.pointer[0] == 0 && Frozen([denormal], .bf16, outputs: 1, inputs: 1).values == [0])
    }
  }

  @Test("small whole numbers: exact, in either format, with a term of low rank")
  func exact() {
    forAll("frozen products are exact", Self.cases, count: 40) { c in
      func whole(_ count: Int, _ stream: UInt64) -> [Float] {
        (0..<count).map { Float(Int(CounterRandom.uniform(seed: stream, index: UInt64($0)) * 9) - 4) }
      }
      // The greatest number of each block is 127, so that Q8_0's scale is 1.
      var w = whole(c.inputs * c.outputs, 1)
      for row in 0..<c.outputs {
        for column in stride(from: 0, to: c.inputs, by: 32) { w[row * c.inputs + column] = 127 }
      }
      let (x, reduced, b) = (whole(c.rows * c.inputs, 2), whole(c.rows * 5, 3), whole(c.outputs * 5, 4))
      let frozen = Frozen(w, c.format, outputs: c.outputs, inputs: c.inputs)
      let panels = FloatBuffer(capacity: VectorMath.padded(c.outputs) * 5)
      kernels.pack(b, c.outputs, 5, 5, panels.pointer)
      let y = FloatBuffer(capacity: c.rows * c.outputs)
      reduced.withUnsafeBufferPointer { reduced in
        guard let start = reduced.baseAddress else { return }
        frozen.matrix.multiply(
          x, lowRank: .init(x: start, panels: panels.pointer, rank: 5), into: y.pointer, rows: c.rows,
          adding: false,
          team: WorkTeam(threads: c.threads))
      }
      return (0..<c.rows * c.outputs).allSatisfy { place in
        let (row, column) = place.quotientAndRemainder(dividingBy: c.outputs)
        let product = (0..<c.inputs).reduce(0) {
          $0 + Int(x[row * c.inputs + $1]) * Int(w[column * c.inputs + $1])
        }
        let low = (0..<5).reduce(0) { $0 + Int(reduced[row * 5 + $1]) * Int(b[column * 5 + $1]) }
        return y.pointer[place] == Float(product + low)
      }
    }
  }

  // MARK: Models

  /// An adapter that changes something.
  private static func adapter(_ configuration: ModelConfiguration, rank: Int, seed: UInt64) -> Adapter {
    var adapter = Adapter(
      configuration, rank: rank, alpha: 2 * Float(rank),
      modules: seed % 3 == 0 ? [.query, .up, .down] : Set(Adapter.Module.allCases), seed: seed)
    for part in adapter.parts {
      for index in part.b {
        adapter.values[index] = Float(CounterRandom.uniform(seed: seed, index: UInt64(index)) - 0.5)
      }
    }
    return adapter
  }

  @Test(
    "without an adapter, a model in Q8_0 has the bits of the float32 model with the rounded weights, of any shape"
  )
  func whole() {
    let models = Generator.zip(
      EngineInvarianceTests.configuration,
      Generator<[GenerationRequest]>.array(of: EngineInvarianceTests.request, count: 1...6))
    forAll("frozen and float32 models agree", models, count: 30) { configuration, batch in
      let weights = EngineInvarianceTests.transformer(configuration, seed: 3).weights
      let frozen = FrozenWeights(weights, .q8, threads: 2)
      let rounded = frozen.weights
      let (model, float) = (Transformer(frozen: frozen), Transformer(weights: rounded))
      let requests = batch.map { EngineInvarianceTests.fitted($0, to: configuration) }
      let half = FrozenWeights(weights, .bf16, threads: 2)
      guard rounded != weights, FrozenWeights(rounded, .q8) == frozen, frozen != half,
        half.weights != weights, FrozenWeights(half.weights, .bf16) == half
      else { return false }
      let logits = try model.logits(of: requests[0].prompt).map(Self.bits)
      guard try float.logits(of: requests[0].prompt).map(Self.bits) == logits else { return false }
      let generations = try EngineInvarianceTests.generate(requests, model, staggered: true, threads: 2)
      return try EngineInvarianceTests.generate(requests, float, staggered: false) == generations
    }
  }

  @Test("P4, P5: with an adapter beside them, for random shapes, batches, samplers and threads")
  func everywhere() {
    let batch = Generator<[GenerationRequest]>.array(of: EngineInvarianceTests.request, count: 1...24)
    let choices = Generator.zip(
      EngineInvarianceTests.configuration, batch, Generator<Int>.integer(in: 1...16),
      Generator<Int>.integer(in: 1...20))
    forAll("invariance of frozen models", choices, count: 30) { configuration, batch, threads, rank in
      let weights = EngineInvarianceTests.transformer(configuration, seed: UInt64(batch.count)).weights
      let adapter = Self.adapter(configuration, rank: rank, seed: UInt64(batch.count))
      let model = Transformer(frozen: FrozenWeights(weights, Format.allCases[rank % 2]), adapter: adapter)
      let requests = batch.map { EngineInvarianceTests.fitted($0, to: configuration) }
      let alone = try requests.flatMap { try EngineInvarianceTests.generate([$0], model, staggered: false) }
      for isStaggered in [false, true] {
        guard
          try EngineInvarianceTests.generate(requests, model, staggered: isStaggered, threads: threads)
            == alone
        else { return false }
      }
      let pairs = zip(requests, alone).filter {
        ($0.sampling.topK, $0.sampling.topP, $0.sampling.minP) == (nil, nil, nil) && !$1.tokens.isEmpty
      }
      let sequences = pairs.map { request, generation in
        TrainingSequence(
          tokens: request.prompt + generation.tokens, promptCount: request.prompt.count,
          constraint: request.constraint,
          temperature: request.sampling.temperature > 0 ? request.sampling.temperature : 1)
      }
      return TrainingEngine(threads: threads).logProbabilities(of: sequences, model: model)
        == pairs.map(\.1.logProbabilities)
    }
  }

  @Test(
    "P1: gradients of an adapter are the same with every instruction set and number of threads, small or large"
  )
  func gradients() throws {
    let widest = Self.sets[0]
    defer { widest.use() }
    let large = ModelConfiguration(
      vocabularySize: 9000, hiddenSize: 512, layerCount: 4, headCount: 8, keyValueHeadCount: 4,
      headDimension: 64, intermediateSize: 1600)
    #expect(large.isLarge)
    for (configuration, count) in [(.nano(vocabularySize: 61), 40), (large, 3)] {
      let sequences = (0..<count).map { index in
        TrainingSequence(
          tokens: (0..<(10 + index % 30)).map { Int32((index % 9 * 7 + $0 * $0) % 61) }, promptCount: 3,
          temperature: 0.8, weight: 0.1)
      }
      let adapter = Self.adapter(configuration, rank: 4, seed: 1)
      for format in Format.allCases {
        let weights = EngineInvarianceTests.transformer(configuration, seed: 4).weights
        let model = Transformer(frozen: FrozenWeights(weights, format), adapter: adapter)
        // Without fused sums, the large model takes minutes.
        let results = try Self.sets.filter { count > 3 || $0 != .scalar }.flatMap { set in
          set.use()
          return try [1, 3].map { threads in
            let result = try TrainingEngine(threads: threads).gradient(
              of: sequences, model: model, adapter: adapter)
            return (result.gradient, result.statistics)
          }
        }
        #expect(results.allSatisfy { $0.0 == results[0].0 && $0.1 == results[0].1 })
      }
    }
  }

  private struct Measured: Decodable {
    var rank: Int
    var alpha: Float
    var adapter, gradients: [String: String]
    var tokens: [Int32]
    var logits: String
    var loss: Double
  }

  @Test(
    "with an adapter, logits are within 1e-4 (bfloat16: 1e-3, nine tenths 1e-5) and gradients within 1e-3 of PEFT's beside weights rounded by torch and gguf, in bfloat16 with inputs rounded too"
  )
  func parity() throws {
    for format in Format.allCases {
      let expected = try Self.decoded(Measured.self, format.rawValue)
      let weights = try Self.decoded(ParityTests.Shape.self, format.rawValue).model()
      var adapter = Adapter(
        weights.configuration, rank: expected.rank, alpha: expected.alpha,
        modules: [.query, .output, .gate, .down], seed: 0)
      for part in adapter.parts {
        for (factor, range) in [("A", part.a), ("B", part.b)] {
          let values = try EngineFixture.floats(#require(expected.adapter[Adapter.name(part.tensor, factor)]))
          adapter.values.replaceSubrange(range, with: values)
        }
      }
      let model = Transformer(frozen: FrozenWeights(weights, format), adapter: adapter)
      func worst(_ a: some Collection<Float>, _ b: [Float]) -> Float {
        #expect(a.count == b.count)
        return zip(a, b).map { abs($0 - $1) }.max() ?? .infinity
      }
      let theirs = try EngineFixture.floats(expected.logits)
      let logits = try model.logits(of: expected.tokens).flatMap(\.self)
      let most = theirs.map(abs).max() ?? 0
      // An input of bfloat16 that lies halfway can be rounded to the other side, by a difference in float32's last place.
      #expect(worst(logits, theirs) < (format == .bf16 ? 1e-3 : 1e-4) * most)
      #expect(zip(logits, theirs).count { abs($0 - $1) < 1e-5 * most } > logits.count * 9 / 10)
      let inputs = Transformer(weights: adapter.merged(into: FrozenWeights(weights, format).weights))
      let withoutInputs = worst(try inputs.logits(of: expected.tokens).flatMap(\.self), theirs)
      #expect(format == .q8 ? withoutInputs < 1e-4 * most : withoutInputs > 5e-3 * most)
      // Without rounding they are farther away, so this would be seen.
      let plain = Transformer(weights: adapter.merged(into: weights))
      #expect(worst(try plain.logits(of: expected.tokens).flatMap(\.self), theirs) > 2e-4 * most)
      let (gradient, statistics) = try TrainingEngine(threads: 2).gradient(
        of: [TrainingSequence(tokens: expected.tokens, promptCount: 1)], model: model, adapter: adapter)
      #expect(abs(statistics.loss - expected.loss) < 1e-4 * expected.loss)
      #expect(expected.gradients.count == 2 * adapter.parts.count)
      for part in adapter.parts {
        for (factor, range) in [("A", part.a), ("B", part.b)] {
          let name = Adapter.name(part.tensor, factor)
          let theirs = try EngineFixture.floats(#require(expected.gradients[name]))
          #expect(worst(gradient[range], theirs) < 1e-3 * max(theirs.map(abs).max() ?? 0, 1e-6), "\(name)")
        }
      }
    }
  }

  @Test("Q8_0 takes 1.125 bytes a number, and bfloat16 two")
  func size() {
    let weights = Weights.random(.nano(vocabularySize: 64), seed: 1)
    let matrices = weights.configuration.tensors.filter { !$0.isVector }.reduce(0) { $0 + $1.count }
    // The 32 rows of the keys and of the values are padded to 64.
    let padding = 2 * 2 * 32 * 64
    #expect(FrozenWeights(weights, .bf16).matrixBytes == 2 * (matrices + padding))
    #expect(FrozenWeights(weights, .q8).matrixBytes == 9 * (matrices + padding) / 8)
  }
}
