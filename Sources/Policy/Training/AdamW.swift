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
  private let isDecayed: [Range<Int>]

  public init(_ configuration: ModelConfiguration) {
    firstMoment = [Float](repeating: 0, count: configuration.parameterCount)
    secondMoment = firstMoment
    isDecayed = configuration.tensors.filter { !$0.isVector }.map(\.range)
  }

  /// Updates `weights` in place and returns the gradient's norm before clipping.
  @discardableResult
  public mutating func update(
    _ weights: inout Weights, gradient: [Float], learningRate: Float, clipNorm: Float? = nil
  ) -> Float {
    var squares = 0.0
    for value in gradient { squares += Double(value) * Double(value) }
    let norm = Float(squares.squareRoot())
    let scale = clipNorm.map { norm > $0 ? $0 / (norm + 1e-6) : 1 } ?? 1
    step += 1
    let correction1 = 1 - Self.power(beta1, step)
    let correction2 = (1 - Self.power(beta2, step)).squareRoot()
    if weightDecay != 0 {
      for range in isDecayed {
        for index in range { weights.values[index] *= 1 - learningRate * weightDecay }
      }
    }
    for index in gradient.indices {
      let g = gradient[index] * scale
      firstMoment[index] = beta1 * firstMoment[index] + (1 - beta1) * g
      secondMoment[index] = beta2 * secondMoment[index] + (1 - beta2) * g * g
      let denominator = secondMoment[index].squareRoot() / correction2 + epsilon
      weights.values[index] -= learningRate / correction1 * firstMoment[index] / denominator
    }
    return norm
  }

  private static func power(_ base: Float, _ exponent: Int) -> Float {
    var result = 1.0
    for _ in 0..<exponent { result *= Double(base) }
    return Float(result)
  }
}
