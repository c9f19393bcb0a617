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
      let plan = BlockPlan(probing: configuration)
      for shape in BlockPlan.shapes(of: configuration) {
        for seed in 100..<110 {
          #expect(BlockPlan.agree(plan.heights, on: shape, margin: plan.margin, seed: UInt64(seed)))
        }
      }
    }
  }

  @Test("a height that the probe leaves out disagrees with those it admits")
  func leftOut() {
    let shapes = BlockPlan.shapes(of: EngineInvarianceTests.wide.configuration)
    let plan = BlockPlan(probing: EngineInvarianceTests.wide.configuration)
    for height in BlockPlan.candidates where !plan.heights.contains(height) {
      #expect(
        shapes.contains { !BlockPlan.agree(plan.heights + [height], on: $0, margin: plan.margin) },
        "\(height)")
    }
  }

  /// Products in order, but for blocks of the height 12, which `fault` changes.
  private func product(
    _ fault: @escaping @Sendable (_ row: Int, _ column: Int, _ columns: Int, _ value: Float) -> Float
  ) -> BlockPlan.Product {
    { a, b, c, rows, inner, columns in
      for row in 0..<rows {
        for column in 0..<columns {
          var sum: Float = 0
          for index in 0..<inner { sum += a[row * inner + index] * b[column * inner + index] }
          c[row * columns + column] = rows == 12 ? fault(row, column, columns, sum) : sum
        }
      }
    }
  }

  @Test("planted: other bits at one height, by the row's place, at a panel's edge, beside other rows")
  func planted() {
    let shape = BlockPlan.Shape(inner: 16, columns: 32)
    let all = BlockPlan.candidates
    func heights(margin: Int, _ product: @escaping BlockPlan.Product) -> [Int] {
      BlockPlan.agreeingHeights([shape], margin: margin, of: product)
    }
    #expect(heights(margin: 0, product { $3 }) == all)
    #expect(heights(margin: 0, product { $3.nextUp }) == all.filter { $0 != 12 })
    #expect(heights(margin: 0, product { $0 < 6 ? $3 : $3.nextUp }) == all.filter { $0 != 12 })
    #expect(heights(margin: 0, product { $0 == 11 && $1 == 5 ? $3.nextUp : $3 }) == all.filter { $0 != 12 })
    // What a margin hides is no fault.
    let edge = product { $1 >= $2 - 8 ? $3.nextUp : $3 }
    #expect(heights(margin: 0, edge) == all.filter { $0 != 12 } && heights(margin: 8, edge) == all)
    // Nor is it one where the height is not used.
    #expect(BlockPlan.narrowHeight([shape], margin: 8, heights: all, of: edge) == 3)
    let wide = product { _, _, columns, value in value }
    let byPanel: BlockPlan.Product = { a, b, c, rows, inner, columns in
      wide(a, b, c, rows, inner, columns)
      if rows == 2, columns < 40 { c[0] = c[0].nextUp }
    }
    #expect(BlockPlan.narrowHeight([shape], margin: 8, heights: all, of: byPanel) == 1)
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
    #expect(BlockPlan.agreeingHeights([shape], margin: 0, of: product) == [1])
    #expect(BlockPlan(heights: [1]).warning?.contains("only single rows agree") == true)
    #expect(BlockPlan(heights: [1, 2]).warning == nil && BlockPlan.unrestricted.warning == nil)
  }

  @Test("OpenBLAS's AVX2 kernels, as measured", .enabled(if: ["Haswell", "Zen"].contains(BLAS.kernel)))
  func haswell() {
    // OpenBLAS 0.3.21: heights 4 and 8 sum in another order than 1 to 3; 12 in two orders, by row and column.
    let shape = BlockPlan.Shape(inner: 64, columns: 64)
    #expect(
      BlockPlan.agree([1, 2, 3], on: shape, margin: 0) && BlockPlan.agree([4, 8], on: shape, margin: 0))
    #expect(!BlockPlan.agree([1, 4], on: shape, margin: 0) && !BlockPlan.agree([12], on: shape, margin: 0))
    #expect(BlockPlan.agreeingHeights([shape], margin: 0) == [4, 8])
    #expect(
      BlockPlan.agreeingHeights([shape], margin: 8) == [1, 2, 3, 12, 24, 36, 48, 60, 72, 84, 96])
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
