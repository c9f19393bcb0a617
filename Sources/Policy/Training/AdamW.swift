/// Adam with decoupled weight decay, after clipping the gradient by its global norm.
///
/// Source: Loshchilov and Hutter, "Decoupled Weight Decay Regularization" (arXiv 1711.05101), algorithm 2. Norms
/// are not decayed. A value: its state is saved and restored by copying. O(parameters) a step.
public struct AdamW: Sendable, Hashable {
  public var beta1: Float = 0.9
  public var beta2: Float = 0.98
  public var epsilon: Float = 1e-8
  public var weightDecay: Float = 0
  /// Updates done.
  public var step = 0
  public var firstMoment: [Float]
  public var secondMoment: [Float]
  private let decayed: [Range<Int>]

  public init(_ configuration: ModelConfiguration) {
    self.init(
      count: configuration.elementCount, decayed: configuration.tensors.filter { !$0.isVector }.map(\.range))
  }

  /// For an adapter, all of which is decayed.
  public init(_ adapter: Adapter) {
    self.init(count: adapter.values.count, decayed: [0..<adapter.values.count])
  }

  private init(count: Int, decayed: [Range<Int>]) {
    firstMoment = [Float](repeating: 0, count: count)
    secondMoment = firstMoment
    self.decayed = decayed
  }

  /// Elements that the norm is summed over by itself, and those that one thread updates at a time.
  private static let normLength = 1 << 20
  private static let partLength = 1 << 16

  /// Updates `weights` in place and returns the gradient's norm before clipping; the same for any number of threads.
  /// - Precondition: weights, gradient and moments are of one configuration.
  @discardableResult
  public mutating func update(
    _ weights: inout Weights, gradient: [Float], learningRate: Float, clipNorm: Float? = nil, threads: Int = 1
  ) -> Float {
    update(
      &weights.values, gradient: gradient, learningRate: learningRate, clipNorm: clipNorm, threads: threads)
  }

  /// The same for an adapter.
  @discardableResult
  public mutating func update(
    _ adapter: inout Adapter, gradient: [Float], learningRate: Float, clipNorm: Float? = nil, threads: Int = 1
  ) -> Float {
    update(
      &adapter.values, gradient: gradient, learningRate: learningRate, clipNorm: clipNorm, threads: threads)
  }

  private mutating func update(
    _ parameters: inout [Float], gradient: [Float], learningRate: Float, clipNorm: Float? = nil,
    threads: Int = 1
  ) -> Float {
    precondition(gradient.count == parameters.count && gradient.count == firstMoment.count)
    let team = WorkTeam(threads: threads)
    let norm = Self.norm(gradient, team)
    let scale = clipNorm.map { norm > $0 ? $0 / (norm + 1e-6) : 1 } ?? 1
    step += 1
    let rate = learningRate / Float(1 - Self.power(beta1, step))
    let inverse = Float(1 / (1 - Self.power(beta2, step)).squareRoot())
    parameters.withUnsafeMutableBufferPointer { values in
      if weightDecay != 0 {
        for range in decayed { for index in range { values[index] *= 1 - learningRate * weightDecay } }
      }
      firstMoment.withUnsafeMutableBufferPointer { first in
        secondMoment.withUnsafeMutableBufferPointer { second in
          gradient.withUnsafeBufferPointer { gradient in
            // The buffer is a multiple of 8: tensors are, as hidden sizes are.
            guard let w = values.baseAddress, let m = first.baseAddress, let v = second.baseAddress,
              let g = gradient.baseAddress
            else { return }
            team.forEachPart(of: gradient.count, length: Self.partLength) { part, _ in
              for index in stride(from: part.lowerBound, to: part.upperBound, by: 8) {
                let slope = VectorMath.load(g, index) * scale
                let mean = VectorMath.load(m, index) * beta1 + slope * (1 - beta1)
                let square = VectorMath.load(v, index) * beta2 + slope * slope * (1 - beta2)
                VectorMath.store(mean, m, index)
                VectorMath.store(square, v, index)
                let direction = mean / (square.squareRoot() * inverse + epsilon)
                VectorMath.store(VectorMath.load(w, index) - direction * rate, w, index)
              }
            }
          }
        }
      }
    }
    return norm
  }

  /// The Euclidean norm, summed in double precision: in eight lanes, a part at a time.
  private static func norm(_ gradient: [Float], _ team: WorkTeam) -> Float {
    let count = (gradient.count + normLength - 1) / normLength
    let sums = [Double](unsafeUninitializedCapacity: count) { sums, initialized in
      let sums = sums.baseAddress
      gradient.withUnsafeBufferPointer { gradient in
        guard let g = gradient.baseAddress, let sums else { return }
        team.forEachPart(of: gradient.count, length: normLength) { part, _ in
          var squares = SIMD8<Double>.zero
          for index in stride(from: part.lowerBound, to: part.upperBound, by: 8) {
            let eight = SIMD8<Double>(VectorMath.load(g, index))
            squares += eight * eight
          }
          (sums + part.lowerBound / normLength).initialize(to: squares.sum())
        }
      }
      initialized = count
    }
    return Float(sums.reduce(0, +).squareRoot())
  }

  private static func power(_ base: Float, _ exponent: Int) -> Double {
    var (result, factor, left) = (1.0, Double(base), exponent)
    while left > 0 {
      if left & 1 == 1 { result *= factor }
      factor *= factor
      left >>= 1
    }
    return result
  }
}
