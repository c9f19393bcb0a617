import CKernels
import Foundation

/// A model's matrices as panels, for many passes of few rows.
// Sendable unchecked: it is written once, before anybody reads it.
final class PackedMatrices: @unchecked Sendable {
  private let buffer: FloatBuffer
  var values: Floats { Floats(buffer.pointer) }

  /// Packs the matrices; `nil` if they are frozen, if OpenBLAS multiplies, or if the copy needs more than a quarter of the machine's
  /// memory.
  init?(_ model: Transformer, team: WorkTeam) {
    let bytes = UInt64(4 * model.layout.panelCount)
    guard let weights = model.whole, model.products == .own,
      bytes <= ProcessInfo.processInfo.physicalMemory / 4
    else { return nil }
    buffer = FloatBuffer(capacity: model.layout.panelCount)
    let layers = model.layout.linearLayers
    weights.values.withUnsafeBufferPointer { weights in
      guard let w = weights.baseAddress else { return }
      team.forEach(layers.count) { index, _ in
        let layer = layers[index]
        kernels.pack(
          w + layer.weight, layer.outputs, layer.inputs, layer.inputs, buffer.pointer + layer.panels)
      }
    }
  }
}
