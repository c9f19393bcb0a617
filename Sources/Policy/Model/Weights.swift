import Foundation

/// A model's parameters: one flat buffer of `Float`, in the order of ``ModelConfiguration/tensors``.
///
/// A value, so that a snapshot is a copy made when one of them next changes.
public struct Weights: Sendable, Hashable {
  public let configuration: ModelConfiguration
  public var values: [Float]

  /// - Precondition: as many values as the configuration has parameters.
  public init(configuration: ModelConfiguration, values: [Float]) {
    precondition(values.count == configuration.elementCount)
    self.configuration = configuration
    self.values = values
  }

  /// Fresh weights: norms 1, matrices normal with deviation 0.02, drawn from `seed` alone.
  ///
  /// The matrices that write to the residual stream are scaled down by sqrt(2 layers), as in GPT-2
  /// (Radford et al., 2019, section 2.3). The same on every machine up to the system's `log` and `cos`.
  public static func random(_ configuration: ModelConfiguration, seed: UInt64) -> Weights {
    var weights = Weights(
      configuration: configuration, values: [Float](repeating: 0, count: configuration.elementCount))
    let residual = 1 / Double(2 * configuration.layerCount).squareRoot()
    for tensor in configuration.tensors {
      if tensor.isVector {
        for index in tensor.range { weights.values[index] = 1 }
        continue
      }
      let isResidual = tensor.name.hasSuffix("o_proj.weight") || tensor.name.hasSuffix("down_proj.weight")
      let deviation = 0.02 * (isResidual ? residual : 1)
      for index in tensor.range {
        let u = CounterRandom.uniform(seed: seed, index: UInt64(2 * index))
        let v = CounterRandom.uniform(seed: seed, index: UInt64(2 * index + 1))
        let normal = (-2 * log(1 - u)).squareRoot() * cos(2 * Double.pi * v)
        weights.values[index] = Float(deviation * normal)
      }
    }
    weights.clearPadding()
    return weights
  }

  /// Sets the rows that pad the vocabulary to zero.
  mutating func clearPadding() {
    for tensor in configuration.tensors where tensor.storedRows < tensor.rows {
      for index in tensor.offset + tensor.storedRows * tensor.columns..<tensor.range.upperBound {
        values[index] = 0
      }
    }
  }

  /// The first tensor that holds a value which is not finite. O(parameters).
  public var firstNotFinite: String? {
    let isFinite = values.withUnsafeBufferPointer { values in
      var check = SIMD8<Float>.zero
      guard let start = values.baseAddress else { return true }
      // The buffer is a multiple of 8: tensors are, as hidden sizes are.
      for index in stride(from: 0, to: values.count, by: 8) { check += VectorMath.load(start, index) * 0 }
      return VectorMath.sum(check) == 0
    }
    if isFinite { return nil }
    return configuration.tensors.first { !values[$0.range].allSatisfy(\.isFinite) }?.name
  }

  /// The values of the tensor called `name`, as stored here; `nil` if there is none. O(tensors).
  public func tensor(_ name: String) -> ArraySlice<Float>? {
    configuration.tensors.first { $0.name == name }.map { values[$0.range] }
  }
}
