/// The parameters of a model: one flat buffer of `Float`, in the order of ``ModelConfiguration/tensors``.
///
/// Weights are a value. A snapshot shares their memory until one of the two changes.
public struct Weights: Sendable, Hashable {
  public let configuration: ModelConfiguration
  public var values: [Float]

  /// - Precondition: there are as many values as the flat buffer has elements.
  public init(configuration: ModelConfiguration, values: [Float]) {
    precondition(values.count == configuration.elementCount)
    self.configuration = configuration
    self.values = values
  }

  /// Draws fresh weights: norms are 1, biases 0, and matrices are normal with deviation 0.02.
  ///
  /// The matrices that write to the residual stream are divided by sqrt(2 layers), as in GPT-2 (Radford et al., 2019,
  /// section 2.3). A draw depends on the seed, the tensor's name and the element's index in the tensor (row * columns +
  /// column). So a new tensor or a longer vocabulary changes no draw of another element. The weights have the same
  /// bits on every machine.
  /// - Complexity: O(parameters).
  public static func random(_ configuration: ModelConfiguration, seed: UInt64) -> Weights {
    var weights = Weights(
      configuration: configuration, values: [Float](repeating: 0, count: configuration.elementCount))
    let residual = 1 / Double(2 * configuration.layerCount).squareRoot()
    for tensor in configuration.tensors {
      guard tensor.kind == .matrix else {
        if tensor.kind == .norm { for index in tensor.range { weights.values[index] = 1 } }
        continue
      }
      let isResidual = tensor.name.hasSuffix("o_proj.weight") || tensor.name.hasSuffix("down_proj.weight")
      let deviation = 0.02 * (isResidual ? residual : 1)
      let stream = CounterRandom.seed(ofStream: tensor.name, seed: seed)
      // The rows that pad a vocabulary come last, and stay zero.
      for element in 0..<tensor.storedRows * tensor.columns {
        weights.values[tensor.offset + element] =
          Float(deviation * CounterRandom.normal(seed: stream, index: UInt64(element)))
      }
    }
    return weights
  }

  /// The name of the first tensor that holds a value which is not finite; `nil` if there is none.
  /// - Complexity: O(parameters).
  package var firstNotFinite: String? {
    let isFinite = values.withUnsafeBufferPointer { values in
      values.baseAddress.map { VectorMath.areFinite($0, values.count) } ?? true
    }
    if isFinite { return nil }
    return configuration.tensors.first { !values[$0.range].allSatisfy(\.isFinite) }?.name
  }
}
