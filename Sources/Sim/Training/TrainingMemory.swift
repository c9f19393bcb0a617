import Foundation
import Policy

/// The memory that training a published model takes, as an estimate that errs on the high side.
///
/// Counted are copies of all parameters in float32: those that were read, those that both roles share, two moments of the cold
/// start, a gradient, the merged weights of both roles, a copy of each role's matrices in panels for each thread, and one for
/// activations, keys and values. SmolLM2-135M on two threads was seen to take 11 of these 12 copies at most. Adapters have neither
/// moments nor a gradient of all parameters, and the weights that were read are those that both roles share: 9 copies, of which 8 were seen.
struct TrainingMemory: Sendable, Hashable {
  /// The estimate, in bytes.
  let bytes: UInt64

  init(_ configuration: ModelConfiguration, adapters: Bool = false, threads: Int) {
    let copies = (adapters ? 5 : 8) + 2 * UInt64(threads)
    bytes = copies * 4 * UInt64(configuration.elementCount)
  }

  /// What is wrong with training such a model on this machine; `nil` if its memory is enough.
  func complaint(about path: String, physical: UInt64 = ProcessInfo.processInfo.physicalMemory) -> String? {
    guard bytes > physical else { return nil }
    func gibibytes(_ bytes: UInt64) -> String { String(format: "%.1f", Double(bytes) / Double(1 << 30)) }
    return
      "training \(path) takes about \(gibibytes(bytes)) GiB, and this machine has \(gibibytes(physical)) GiB"
  }
}
