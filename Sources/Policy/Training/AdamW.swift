import CKernels

/// Adam with decoupled weight decay; the gradient is first clipped by its global norm.
///
/// Source: Loshchilov and Hutter, "Decoupled Weight Decay Regularization" (arXiv 1711.05101), algorithm 2. Norms and
/// biases do not decay. The optimizer is a value: a copy saves its state.
public struct AdamW: Sendable, Hashable {
  /// How fast the first moment decays, 0 to 1.
  public var beta1: Float = 0.9
  /// How fast the second moment decays, 0 to 1.
  public var beta2: Float = 0.98
  /// The number that is added to the root of the second moment.
  public var epsilon: Float = 1e-8
  /// A step multiplies each matrix by 1 - learning rate x `weightDecay`, but not norms and biases.
  public var weightDecay: Float = 0
  /// How many updates have been done.
  package var step = 0
  /// The mean gradient, in the layout of the weights or of the adapter's values.
  package var firstMoment: [Float]
  /// The mean squared gradient, in the same layout.
  package var secondMoment: [Float]
  /// A tensor's elements, and whether they decay.
  private struct Part: Sendable, Hashable {
    var range: Range<Int>
    var decays: Bool
  }

  /// All tensors, in pieces that one thread updates at a time.
  private let parts: [Part]
  private static let length = 1 << 16

  /// An optimizer of nothing.
  package init() { self.init([]) }

  /// An optimizer of all weights of a model of `configuration`, with zero moments.
  /// - Complexity: O(parameters).
  public init(_ configuration: ModelConfiguration) {
    self.init(configuration.tensors.map { Part(range: $0.range, decays: !$0.isVector) })
  }

  /// An optimizer of an adapter, all values of which decay.
  /// - Complexity: O(values of the adapter).
  public init(_ adapter: Adapter) {
    self.init(adapter.parts.flatMap { [Part(range: $0.a, decays: true), Part(range: $0.b, decays: true)] })
  }

  private init(_ tensors: [Part]) {
    firstMoment = [Float](repeating: 0, count: tensors.last?.range.upperBound ?? 0)
    secondMoment = firstMoment
    parts = tensors.flatMap { tensor in
      stride(from: tensor.range.lowerBound, to: tensor.range.upperBound, by: Self.length).map {
        Part(range: $0..<min($0 + Self.length, tensor.range.upperBound), decays: tensor.decays)
      }
    }
  }

  /// Updates `weights` in place, and returns the norm of the gradient before clipping.
  ///
  /// The bits do not depend on `threads`.
  /// - Complexity: O(parameters).
  /// - Precondition: weights, gradient and moments belong to the same configuration.
  @discardableResult
  public mutating func update(
    _ weights: inout Weights, gradient: [Float], learningRate: Float, clipNorm: Float? = nil, threads: Int = 1
  ) -> Float {
    update(
      &weights.values, gradient: gradient, learningRate: learningRate, clipNorm: clipNorm, threads: threads)
  }

  /// Updates `adapter` in place, and returns the norm of the gradient before clipping.
  @discardableResult
  public mutating func update(
    _ adapter: inout Adapter, gradient: [Float], learningRate: Float, clipNorm: Float? = nil, threads: Int = 1
  ) -> Float {
    update(
      &adapter.values, gradient: gradient, learningRate: learningRate, clipNorm: clipNorm, threads: threads)
  }

  public mutating func update(
    _ parameters: inout [Float], gradient: [Float], learningRate: Float, clipNorm: Float?, threads: Int
  ) -> Float {
    precondition(gradient.count == parameters.count && gradient.count == firstMoment.count)
    let team = WorkTeam(threads: threads)
    let norm = norm(gradient, team)
    let scale = clipNorm.map { norm > $0 ? $0 / (norm + 1e-6) : 1 } ?? 1
    step += 1
    let settings = kernels_adam(
      scale: scale, beta1: beta1, beta2: beta2, epsilon: epsilon,
      rate: learningRate / Float(1 - Self.power(beta1, step)),
      inverse: Float(1 / (1 - Self.power(beta2, step)).squareRoot()), decay: 1)
    parameters.withUnsafeMutableBufferPointer { values in
      firstMoment.withUnsafeMutableBufferPointer { first in
        secondMoment.withUnsafeMutableBufferPointer { second in
          gradient.withUnsafeBufferPointer { gradient in
            guard let w = values.baseAddress, let m = first.baseAddress, let v = second.baseAddress,
              let g = gradient.baseAddress
            else { return }
            team.forEach(parts.count) { index, _ in
              let (start, count) = (parts[index].range.lowerBound, parts[index].range.count)
              var own = settings
              own.decay = parts[index].decays ? 1 - learningRate * weightDecay : 1
              kernels.adam(g + start, m + start, v + start, w + start, count, &own)
            }
          }
        }
      }
    }
    return norm
  }

  /// The Euclidean norm in double precision: a sum for each piece of a tensor, in eight lanes, and these in order.
  private func norm(_ gradient: [Float], _ team: WorkTeam) -> Float {
    let sums = [Double](unsafeUninitializedCapacity: parts.count) { sums, initialized in
      let sums = sums.baseAddress
      gradient.withUnsafeBufferPointer { gradient in
        guard let g = gradient.baseAddress, let sums else { return }
        team.forEach(parts.count) { part, _ in
          let range = parts[part].range
          let whole = range.lowerBound + range.count / 8 * 8
          var lanes = SIMD8<Double>.zero
          for index in stride(from: range.lowerBound, to: whole, by: 8) {
            let eight = SIMD8<Double>(UnsafeRawPointer(g + index).loadUnaligned(as: SIMD8<Float>.self))
            lanes += eight * eight
          }
          let four = lanes.lowHalf + lanes.highHalf
          var sum = (four.x + four.z) + (four.y + four.w)
          for index in whole..<range.upperBound { sum += Double(g[index]) * Double(g[index]) }
          (sums + part).initialize(to: sum)
        }
      }
      initialized = parts.count
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
