import CKernels

extension ProductRate {
  /// The GFLOP a second of one shape on one thread, each the best of five.
  package struct Comparison: Sendable {
    package var openBLAS: Double
    package var packed: Double
    package var unpacked: Double
    package var bfloat16: Double
  }

  /// Measures C (rows x columns) = A (rows x inner) Wᵀ by one call of OpenBLAS, by panels of a packed matrix, by panels of a
  /// matrix that is not packed, and with W in bfloat16. It takes about a second.
  package static func compared(rows: Int, inner: Int, columns: Int) -> Comparison {
    let (a, w) = (FloatBuffer(capacity: rows * inner), FloatBuffer(capacity: columns * inner))
    let (packed, c) = (
      FloatBuffer(capacity: VectorMath.padded(columns) * inner), FloatBuffer(capacity: rows * columns)
    )
    for buffer in [a, w] {
      for index in 0..<buffer.capacity {
        buffer.pointer[index] = Float(CounterRandom.uniform(seed: 1, index: UInt64(index)))
      }
    }
    let operations = 2 * Double(rows * inner * columns)
    func rate(_ body: () -> Void) -> Double {
      let count = max(1, Int(5e8 / operations))
      let best = (0..<5).map { _ in
        let start = ContinuousClock.now
        for _ in 0..<count { body() }
        return (ContinuousClock.now - start) / .seconds(1)
      }.min()
      return operations * Double(count) / (best ?? .infinity) / 1e9
    }
    let team = WorkTeam()
    func rate(_ products: Products, _ panels: Floats?) -> Double {
      rate {
        products.multiply(
          a.pointer, w.pointer, panels: panels, into: c.pointer, rows: rows, inputs: inner, outputs: columns,
          adding: false, team: team)
      }
    }
    kernels.pack(w.pointer, columns, inner, inner, packed.pointer)
    let size = FrozenWeights.Format.bf16.bytes(outputs: columns, inputs: inner)
    let memory = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 64)
    defer { memory.deallocate() }
    let frozen = FrozenMatrix(format: .bf16, bytes: memory, outputs: columns, inputs: inner)
    frozen.freeze(w.pointer, rows: 0..<columns)
    let bfloat16 = rate {
      frozen.multiply(a.pointer, lowRank: nil, into: c.pointer, rows: rows, adding: false, team: team)
    }
    return Comparison(
      openBLAS: rate(.openBLAS, nil), packed: rate(.own, packed.pointer), unpacked: rate(.own, nil),
      bfloat16: bfloat16)
  }
}
