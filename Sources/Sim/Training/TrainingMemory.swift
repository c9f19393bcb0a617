import Foundation
import Policy

/// The memory that training a published model takes, as an estimate that errs on the high side.
///
/// Counted are copies of all parameters in float32: those that were read, those that both roles share, two moments of the cold
/// start, a gradient, the merged weights of both roles, a copy of each role's matrices in panels for each thread, and three for keys, values
/// and what is short-lived. Adapters have neither moments nor a gradient of all parameters, and the weights that were read are those that both
/// roles share. Beside frozen weights nothing is merged or packed; these count as another copy, and there are two of those that were read while
/// they are rounded. To these come the activations of a micro-batch. SmolLM2-135M with adapters on two threads was seen to take 6.7 of the 7.2 GB
/// that are estimated, and 4.3 of 4.5 with a base in bfloat16.
struct TrainingMemory: Sendable, Hashable {
  /// The estimate, in bytes.
  let bytes: UInt64

  /// The rows of a micro-batch: of a large model it is full at 512, and its last sequence may go beyond.
  private static let rows = 1024

  init(_ configuration: ModelConfiguration, adapters: Bool = false, frozen: Bool = false, threads: Int) {
    let copies = frozen ? 6 : (adapters ? 7 : 10) + 2 * threads
    let c = configuration
    let activations =
      c.layerCount * (4 * c.hiddenSize + 2 * (c.queryWidth + c.keyValueWidth) + 3 * c.intermediateSize)
    bytes = 4 * UInt64(copies * c.elementCount + Self.rows * (activations + c.vocabularySize))
  }

  /// What is wrong with training such a model on this machine; `nil` if its memory is enough.
  func complaint(about path: String, physical: UInt64 = ProcessInfo.processInfo.physicalMemory) -> String? {
    guard bytes > physical else { return nil }
    func gibibytes(_ bytes: UInt64) -> String { String(format: "%.1f", Double(bytes) / Double(1 << 30)) }
    return
      "training \(path) takes about \(gibibytes(bytes)) GiB, and this machine has \(gibibytes(physical)) GiB"
  }
}
