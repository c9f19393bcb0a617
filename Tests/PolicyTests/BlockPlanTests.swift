import Testing

@testable import Policy

/// `make test` runs this suite, and the engine's, under every kernel that the processor can run.
@Suite("The probe finds the blocks that agree, on every kernel, and catches those that do not")
struct BlockPlanTests {
  @Test("the heights the probe admits agree on fresh data")
  func admitted() {
    for configuration in [
      EngineInvarianceTests.nano.configuration, EngineInvarianceTests.wide.configuration,
    ] {
      let shapes = BlockPlan.shapes(of: configuration)
      let heights = BlockPlan.agreeingHeights(shapes)
      for shape in shapes {
        for seed in 100..<110 { #expect(BlockPlan.agree(heights, on: shape, seed: UInt64(seed))) }
      }
    }
  }

  @Test("a height that the probe leaves out disagrees with those it admits")
  func leftOut() {
    let shapes = BlockPlan.shapes(of: EngineInvarianceTests.wide.configuration)
    let heights = BlockPlan.agreeingHeights(shapes)
    for height in BlockPlan.candidates where !heights.contains(height) {
      #expect(shapes.contains { !BlockPlan.agree(heights + [height], on: $0) }, "\(height)")
    }
  }

  /// Products in order, but for blocks of the height 12, which `fault` changes.
  private func product(
    _ fault: @escaping @Sendable (_ row: Int, _ column: Int, _ value: Float) -> Float
  ) -> BlockPlan.Product {
    { a, b, c, rows, inner, columns in
      for row in 0..<rows {
        for column in 0..<columns {
          var sum: Float = 0
          for index in 0..<inner { sum += a[row * inner + index] * b[column * inner + index] }
          c[row * columns + column] = rows == 12 ? fault(row, column, sum) : sum
        }
      }
    }
  }

  @Test("planted: other bits at one height, by the row's place, in one column, beside other rows")
  func planted() {
    let shape = BlockPlan.Shape(inner: 16, columns: 32)
    let all = BlockPlan.candidates
    #expect(BlockPlan.agreeingHeights([shape], of: product { $2 }) == all)
    for fault in [
      product { $2.nextUp }, product { $0 < 6 ? $2 : $2.nextUp },
      product { $0 == 11 && $1 == 5 ? $2.nextUp : $2 }, product { $1 >= 24 ? $2.nextUp : $2 },
    ] {
      #expect(BlockPlan.agreeingHeights([shape], of: fault) == all.filter { $0 != 12 })
    }
  }

  @Test("where only single rows agree, the plan is that, and a line says so")
  func onlySingleRows() {
    let shape = BlockPlan.Shape(inner: 16, columns: 32)
    let product: BlockPlan.Product = { a, b, c, rows, inner, columns in
      for row in 0..<rows {
        for column in 0..<columns {
          c[row * columns + column] = a[row * inner] + b[column * inner] + (rows == 1 ? 0 : Float(row))
        }
      }
    }
    #expect(BlockPlan.agreeingHeights([shape], of: product) == [1])
    #expect(BlockPlan(heights: [1]).warning?.contains("only single rows agree") == true)
    #expect(BlockPlan(heights: [1, 2]).warning == nil && BlockPlan.unrestricted.warning == nil)
  }

  @Test("OpenBLAS's AVX2 kernels, as measured", .enabled(if: ["Haswell", "Zen"].contains(BLAS.kernel)))
  func haswell() {
    // OpenBLAS 0.3.21: heights 4 and 8 sum in another order than 1 to 3; 12 in two orders, by row and column.
    let shape = BlockPlan.Shape(inner: 64, columns: 64)
    #expect(BlockPlan.agree([1, 2, 3], on: shape) && BlockPlan.agree([4, 8], on: shape))
    #expect(!BlockPlan.agree([1, 4], on: shape) && !BlockPlan.agree([12], on: shape))
    #expect(BlockPlan.agreeingHeights([shape]) == [4, 8])
    // Which is why products are our own there.
    #expect(BlockPlan(probing: EngineInvarianceTests.nano.configuration) == .panels)
  }

  @Test(
    "P4 breaks when blocks of disagreeing heights are mixed: the property has teeth",
    .enabled(if: ["Haswell", "Zen"].contains(BLAS.kernel)))
  func wrongPlan() throws {
    let model = Transformer(weights: EngineInvarianceTests.nano.weights, plan: BlockPlan(heights: [1, 8]))
    let requests = (0..<8).map { index in
      GenerationRequest(
        prompt: [Int32(3 + index), 9, 4], maximumTokens: 8, sampling: SamplingParameters(), seed: 1,
        endToken: 2)
    }
    let alone = try requests.flatMap { try EngineInvarianceTests.generate([$0], model, staggered: false) }
    #expect(try EngineInvarianceTests.generate(requests, model, staggered: false) != alone)
  }

  @Test("a cut covers the rows, with less than one of the greatest blocks to spare")
  func cut() {
    for heights in [[1], [4, 8], [1, 2, 3, 8, 128], [5]] {
      let plan = BlockPlan(heights: heights)
      for rows in 0...300 {
        let blocks = plan.cut(rows)
        let total = blocks.reduce(0, +)
        #expect(blocks.allSatisfy(heights.contains) && total >= rows && total - rows < plan.padding)
      }
    }
  }
}
