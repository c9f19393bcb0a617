import Foundation
import Testing

@testable import Policy

/// Golden values: `mpmath`, recorded by `record_elementary_fixtures.py`.
@Suite("Elementary functions are ours, precise, and the same everywhere (P1)")
struct ElementaryTests {
  // MARK: - Precision

  /// A function of `Elementary`, and the greatest error that its comment allows, in units in the last place.
  struct Function: Sendable, CustomTestStringConvertible {
    var name: String
    var bound: @Sendable ([Double]) -> Double = { _ in 2 }
    var value: @Sendable ([Double]) -> Double

    var testDescription: String { name }

    static let all = [
      Function(name: "log") { Elementary.log($0[0]) },
      Function(name: "exp") { Elementary.exp($0[0]) },
      Function(name: "cos") { Elementary.cosAndSin($0[0]).cos },
      Function(name: "sin") { Elementary.cosAndSin($0[0]).sin },
      Function(name: "pow") {
        2 + 2 * abs($0[1] * Elementary.log($0[0]))
      } value: {
        Elementary.pow($0[0], $0[1])
      },
    ]
  }

  @Test("every function errs by no more than its comment states", arguments: Function.all)
  func precision(_ function: Function) throws {
    let lines = try #require(Fixture.recorded.lines(function.name))
    #expect(lines.count >= 500)
    for line in lines {
      // The arguments, the correctly rounded value, and what its rounding lost.
      let numbers = try line.split(separator: " ").map {
        Double(bitPattern: try #require(UInt64($0, radix: 16)))
      }
      let (arguments, value, rest) = (
        Array(numbers.dropLast(2)), numbers[numbers.count - 2], numbers[numbers.count - 1]
      )
      let error = abs((function.value(arguments) - value) - rest) / value.ulp
      // A subnormal result is rounded twice. Next to a multiple of π / 2, an angle's error is absolute.
      var bound = function.bound(arguments) + (value.isSubnormal ? 0.5 : 0)
      if ["cos", "sin"].contains(function.name) { bound = max(bound, 0x1p-80 / value.ulp) }
      #expect(error <= bound, "\(function.name) \(arguments) errs by \(error) ulp")
    }
  }

  @Test("log 1, exp 0, cos 0, sin 0, and any number to the power 0 are exact")
  func exactValues() {
    #expect(Elementary.log(1) == 0 && Elementary.exp(0) == 1 && Elementary.exp(-0.0) == 1)
    #expect(Elementary.cosAndSin(0) == (1, 0) && Elementary.cosAndSin(-0.0).cos == 1)
    #expect(Elementary.cosAndSin(.pi).cos == -1 && Elementary.cosAndSin(2 * .pi).cos == 1)
    for base in [0x1p-1074, 0.1, 1, 1e4, 1e7, Double.greatestFiniteMagnitude] {
      #expect(Elementary.pow(base, 0) == 1 && Elementary.pow(1, base) == 1)
    }
  }

  @Test("zero, infinity and what is no number have the results of IEEE 754")
  func specialValues() {
    #expect(Elementary.log(0) == -.infinity && Elementary.log(-0.0) == -.infinity)
    #expect(Elementary.log(.infinity) == .infinity)
    for x in [-1.0, -Double.infinity, Double.nan] { #expect(Elementary.log(x).isNaN) }
    #expect(Elementary.exp(.infinity) == .infinity && Elementary.exp(710) == .infinity)
    #expect(Elementary.exp(-.infinity) == 0 && Elementary.exp(-746) == 0 && Elementary.exp(.nan).isNaN)
    #expect(Elementary.pow(10, 309) == .infinity && Elementary.pow(10, 1e308) == .infinity)
    #expect(Elementary.pow(10, -324) == 0 && Elementary.pow(.greatestFiniteMagnitude, -1e308) == 0)
    for x in [Double.infinity, -Double.infinity, Double.nan] {
      #expect(Elementary.cosAndSin(x).cos.isNaN && Elementary.cosAndSin(x).sin.isNaN)
    }
    #expect(
      VectorMath.log(0) == -.infinity && VectorMath.log(.infinity) == .infinity && VectorMath.log(1) == 0)
    #expect(VectorMath.log(-1).isNaN && VectorMath.log(.nan).isNaN)
  }

  @Test("a cosine is even, a sine is odd, and the sum of their squares is 1")
  func symmetry() {
    for index in 0..<10_000 as Range<UInt64> {
      let x = CounterRandom.uniform(seed: 3, index: index) * (index % 2 == 0 ? 10 : Elementary.greatestAngle)
      let (cosine, sine) = Elementary.cosAndSin(x)
      #expect(Elementary.cosAndSin(-x) == (cosine, -sine))
      #expect(abs(cosine * cosine + sine * sine - 1) <= 4 * Double.ulpOfOne)
    }
  }

  // MARK: - What is made of them

  @Test(
    "entries of RoPE's table are correctly rounded to float32, with no bit that differs", arguments: 0..<4)
  func rotary(_ number: Int) throws {
    let table = Fixture.recorded.rope[number]
    let configuration = ModelConfiguration(
      vocabularySize: 8, hiddenSize: 8, layerCount: 1, headCount: 1, keyValueHeadCount: 1,
      headDimension: 2 * table.half, intermediateSize: 8, ropeTheta: table.theta, maximumPositions: 8192)
    let rotary = RotaryEmbedding(configuration)
    let (cosines, sines) = (try EngineFixture.floats(table.cosines), try EngineFixture.floats(table.sines))
    #expect(cosines.count == 3000 && sines.count == 3000)
    // A head of ones, then zeros, turns into the cosines, then the sines of a position.
    let start = [Float](repeating: 1, count: table.half) + [Float](repeating: 0, count: table.half)
    for sample in 0..<3000 {
      let (position, index) = (2731 * sample % 8192, sample / 5 % table.half)
      var head = start
      try head.withUnsafeMutableBufferPointer { head in
        rotary.turn(try #require(head.baseAddress), heads: 1, positions: [position])
      }
      #expect(head[index] == cosines[sample] && head[table.half + index] == sines[sample])
    }
  }

  @Test("random weights and adapters have the recorded bits")
  func draws() throws {
    for draw in Fixture.recorded.draws {
      let values = try drawn(draw.tensor, seed: draw.seed)
      #expect(values.count == draw.count)
      let ends = Array(values.prefix(16) + values.suffix(16))
      #expect(
        ends.map { String($0.bitPattern, radix: 16) } == draw.values.map { trimmed($0) }, "\(draw.tensor)")
    }
  }

  private func trimmed(_ hexadecimal: String) -> String { String(hexadecimal.drop { $0 == "0" }) }

  /// The stored elements of a tensor of random weights, or of a new adapter's A, by its name in a checkpoint.
  private func drawn(_ name: String, seed: UInt64) throws -> [Float] {
    var configuration = small
    configuration.tiesWordEmbeddings = false
    let weights = Weights.random(configuration, seed: seed)
    if let tensor = configuration.tensors.first(where: { $0.name == name }) {
      return Array(weights.values[tensor.range].prefix(tensor.storedRows * tensor.columns))
    }
    let adapter = Adapter(configuration, rank: 2, alpha: 4, seed: seed)
    let part = try #require(adapter.parts.first { Adapter.name($0.tensor, "A") == name })
    return Array(adapter.values[part.a])
  }

  private let small = ModelConfiguration(
    vocabularySize: 11, hiddenSize: 16, layerCount: 2, headCount: 1, keyValueHeadCount: 1, headDimension: 8,
    intermediateSize: 24)

  @Test("an untied head, a wider vocabulary and a third layer move no draw of another element")
  func addedTensors() throws {
    let before = Weights.random(small, seed: 7)
    var untied = small
    untied.tiesWordEmbeddings = false
    var wider = small
    // More rows of the padded vocabulary too.
    wider.vocabularySize = 23
    var deeper = small
    deeper.layerCount = 3
    for (configuration, residual) in [(untied, Float(1)), (wider, 1), (deeper, Float(2.0 / 3).squareRoot())] {
      let after = Weights.random(configuration, seed: 7)
      for tensor in small.tensors {
        let same = try #require(configuration.tensors.first { $0.name == tensor.name })
        let count = tensor.storedRows * tensor.columns
        let (old, new) = (before.values[tensor.range].prefix(count), after.values[same.range].prefix(count))
        if residual != 1, tensor.name.hasSuffix("o_proj.weight") || tensor.name.hasSuffix("down_proj.weight")
        {
          // The same draws under the deviation of a deeper model.
          #expect(zip(old, new).allSatisfy { abs($1 - $0 * residual) <= 4 * $1.ulp }, "\(tensor.name)")
        } else {
          #expect(old.elementsEqual(new), "\(tensor.name)")
        }
      }
    }
  }

  @Test("another module that is adapted moves no draw of an adapter's other factors")
  func addedModules() throws {
    let few = Adapter(small, rank: 2, alpha: 4, modules: [.value, .down], seed: 7)
    var deeper = small
    deeper.layerCount = 3
    for all in [Adapter(small, rank: 2, alpha: 4, seed: 7), Adapter(deeper, rank: 2, alpha: 4, seed: 7)] {
      for part in few.parts {
        let same = try #require(all.parts.first { $0.tensor.name == part.tensor.name })
        #expect(few.values[part.a].elementsEqual(all.values[same.a]))
        #expect(few.values[part.b].allSatisfy { $0 == 0 })
      }
    }
  }

  @Test("no two tensors of a model or an adapter share their draws, and another seed shares none")
  func independentDraws() {
    let weights = [7, 8].map { Weights.random(small, seed: $0) }
    let adapter = Adapter(small, rank: 2, alpha: 4, seed: 7)
    var beginnings = adapter.parts.map { Array(adapter.values[$0.a].prefix(8)) }
    for tensor in small.tensors where !tensor.isVector {
      beginnings += weights.map { Array($0.values[tensor.offset..<tensor.offset + 8]) }
    }
    #expect(Set(beginnings).count == beginnings.count)
  }

  @Test("norms are 1, the vocabulary's padding is 0, and matrices have the deviation that is stated")
  func deviations() {
    let configuration = ModelConfiguration.nano(vocabularySize: 100)
    let weights = Weights.random(configuration, seed: 7)
    for tensor in configuration.tensors {
      let (stored, padding) = (
        weights.values[tensor.range].prefix(tensor.storedRows * tensor.columns),
        weights.values[tensor.range].dropFirst(tensor.storedRows * tensor.columns)
      )
      #expect(padding.allSatisfy { $0 == 0 })
      if tensor.isVector {
        #expect(stored.allSatisfy { $0 == 1 })
      } else {
        let isResidual = tensor.name.hasSuffix("o_proj.weight") || tensor.name.hasSuffix("down_proj.weight")
        let stated = 0.02 / (isResidual ? 2 : 1)
        let deviation = (stored.reduce(0.0) { $0 + Double($1 * $1) } / Double(stored.count)).squareRoot()
        // Four standard errors of 2048 draws, the fewest here.
        #expect(
          abs(deviation / stated - 1) < 4 / Double(2 * 2048).squareRoot(), "\(tensor.name) \(deviation)")
      }
    }
  }

  @Test("a learning rate ends at its final part exactly")
  func schedule() {
    for part in [0, 0.1, 0.25, 1] {
      let schedule = LearningRateSchedule(peak: 3e-4, steps: 77, finalRate: part)
      #expect(schedule.rate(step: 0) == 3e-4)
      #expect(
        schedule.rate(step: 77) == Float(3e-4 * part) && schedule.rate(step: 1000) == Float(3e-4 * part))
    }
  }

  // MARK: - Fixture

  struct Fixture: Decodable {
    struct Table: Decodable {
      var theta: Double
      var half: Int
      var cosines, sines: String
    }
    struct Draw: Decodable {
      var seed: UInt64
      var tensor: String
      var count: Int
      var values: [String]
    }
    var log, exp, cos, sin, pow: [String]
    var rope: [Table]
    var draws: [Draw]

    func lines(_ name: String) -> [String]? {
      ["log": log, "exp": exp, "cos": cos, "sin": sin, "pow": pow][name]
    }

    static let recorded: Fixture = {
      do {
        let url = try #require(
          Bundle.module.url(forResource: "Fixtures/elementary", withExtension: "json"))
        return try JSONDecoder().decode(Fixture.self, from: Data(contentsOf: url))
      } catch {
        fatalError("no fixture: \(error)")
      }
    }()
  }
}
