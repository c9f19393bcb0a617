import COpenBLAS
import Foundation

/// The interface to OpenBLAS, which is called with one thread. Threads are Troupe's own, above it.
///
/// A default run multiplies nothing by OpenBLAS. It is there for those who ask for it (``Products/openBLAS``), and for
/// tests, as an independent reference. All matrices are row-major.
package enum BLAS {
  /// The kernel in use, such as `Haswell` or `SkylakeX`.
  package static var kernel: String {
    setUp()
    return String(cString: openblas_get_corename())
  }

  /// The version and the kernel, such as "OpenBLAS 0.3.21, Haswell".
  static var description: String {
    let version = String(cString: openblas_get_config()).split(separator: " ").prefix(2).joined(
      separator: " ")
    return "\(version), \(kernel)"
  }

  /// Sets OpenBLAS up. Call it before the first multiplication.
  static func setUp() { _ = isSetUp }

  private static let isSetUp: Void = openblas_set_num_threads(1)

  /// Ends the threads that OpenBLAS starts when it is loaded. They take a processor for a tenth of a second, and are
  /// never used. Call it at the beginning of a program, before anything is multiplied.
  package static func endThreads() {
    setUp()
    blas_thread_shutdown_()
  }

  /// Makes OpenBLAS use the kernel called `name` (its `OPENBLAS_CORETYPE`) in this process. Call it before the first
  /// multiplication.
  /// - Throws: ``KernelError`` if the name is unknown, or if the processor lacks features that the kernel needs.
  package static func pin(kernel name: String) throws(KernelError) {
    guard name.lowercased() != kernel.lowercased() else { return }
    // OpenBLAS does not check the name, and the first multiplication would then end with an illegal instruction.
    let missing = missing(for: name)
    guard missing.isEmpty else { throw KernelError(requested: name, chosen: kernel, missing: missing) }
    load(name)
    guard name.lowercased() == kernel.lowercased() else {
      throw KernelError(requested: name, chosen: kernel, missing: [])
    }
  }

  /// Checks the kernel in `OPENBLAS_CORETYPE`. Call it before anything is multiplied.
  /// - Throws: ``KernelError`` if this processor cannot run the kernel.
  package static func checkEnvironment() throws(KernelError) {
    guard let name = getenv("OPENBLAS_CORETYPE").map({ String(cString: $0) }) else { return }
    let missing = missing(for: name)
    guard missing.isEmpty, name.lowercased() == kernel.lowercased() else {
      throw KernelError(requested: name, chosen: kernel, missing: missing)
    }
  }

  private static func load(_ name: String) {
    gotoblas_dynamic_quit()
    let set = getenv("OPENBLAS_CORETYPE").map { String(cString: $0) }
    setenv("OPENBLAS_CORETYPE", name, 1)
    gotoblas_dynamic_init()
    // The user's value stays for processes that this one starts; Troupe's own does not.
    if let set { setenv("OPENBLAS_CORETYPE", set, 1) } else { unsetenv("OPENBLAS_CORETYPE") }
    openblas_set_num_threads(1)
  }

  private static func missing(for kernel: String) -> [String] {
    (needs[kernel.lowercased()] ?? []).filter { !processorFeatures.contains($0) }
  }

  /// The processor features that each kernel needs, as Linux names them.
  private static let needs = [
    "sandybridge": ["avx"], "haswell": ["avx2", "fma"], "zen": ["avx2", "fma"],
    "skylakex": ["avx512f", "avx512vl", "avx512bw", "avx512dq"],
    "cooperlake": ["avx512f", "avx512vl", "avx512_bf16"],
    "sapphirerapids": ["avx512f", "avx512vl", "avx512_bf16"],
    "bulldozer": ["fma4"], "piledriver": ["fma4"], "steamroller": ["fma4"], "excavator": ["fma4"],
  ]

  private static let processorFeatures: Set<String> = {
    let info = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
    let flags = info.split(separator: "\n").first { $0.hasPrefix("flags") } ?? ""
    return Set(flags.split(whereSeparator: \.isWhitespace).map(String.init))
  }()

  /// A matrix: its elements, the distance between rows in memory, and whether it is stored transposed.
  typealias Matrix = (elements: Floats, stride: Int, isTransposed: Bool)

  /// Computes C (rows x columns) = or += A (rows x inner) B (inner x columns).
  static func multiply(
    _ a: Matrix, _ b: Matrix, into c: MutableFloats, stride: Int, rows: Int, inner: Int, columns: Int,
    adding: Bool
  ) {
    setUp()
    cblas_sgemm(
      CblasRowMajor, a.isTransposed ? CblasTrans : CblasNoTrans, b.isTransposed ? CblasTrans : CblasNoTrans,
      blasint(rows), blasint(columns), blasint(inner), 1, a.elements, blasint(a.stride), b.elements,
      blasint(b.stride), adding ? 1 : 0, c, blasint(stride))
  }
}

/// The error for a kernel that OpenBLAS cannot or does not use.
package struct KernelError: Error, CustomStringConvertible {
  package var requested: String
  package var chosen: String
  /// The features that the kernel needs and this processor lacks.
  package var missing: [String]

  package var description: String {
    missing.isEmpty
      ? "BLAS kernel '\(requested)' is unknown to OpenBLAS; it chose \(chosen)"
      : "BLAS kernel '\(requested)' needs \(missing.joined(separator: ", ")), which this processor lacks"
  }
}
