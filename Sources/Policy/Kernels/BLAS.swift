import COpenBLAS
import Foundation

/// OpenBLAS, called with one thread: parallelism is ours, above it.
///
/// Nothing in a default run multiplies by it. It is there for those who ask for it (``Products/openBLAS``), and for tests, as
/// a reference of its own. All matrices are row-major.
public enum BLAS {
  /// The kernel in use, such as `Haswell` or `SkylakeX`.
  public static var kernel: String {
    setUp()
    return String(cString: openblas_get_corename())
  }

  /// Version and kernel, such as "OpenBLAS 0.3.21, Haswell".
  static var description: String {
    let version = String(cString: openblas_get_config()).split(separator: " ").prefix(2).joined(
      separator: " ")
    return "\(version), \(kernel)"
  }

  /// To be called before the first multiplication.
  static func setUp() { _ = isSetUp }

  private static let isSetUp: Void = openblas_set_num_threads(1)

  /// Ends the threads that OpenBLAS has started by being loaded, which take a processor for a tenth of a second and are never
  /// used. To be called first in a program, before anything is multiplied.
  public static func endThreads() {
    setUp()
    blas_thread_shutdown_()
  }

  /// Makes OpenBLAS use the kernel called `name` (its `OPENBLAS_CORETYPE`), in this process, before any
  /// multiplication. Throws ``KernelError`` if the name is unknown or the processor lacks what it needs.
  public static func pin(kernel name: String) throws(KernelError) {
    guard name.lowercased() != kernel.lowercased() else { return }
    // OpenBLAS takes the name at its word, and the first multiplication then dies of an illegal instruction.
    let missing = missing(for: name)
    guard missing.isEmpty else { throw KernelError(requested: name, chosen: kernel, missing: missing) }
    load(name)
    guard name.lowercased() == kernel.lowercased() else {
      throw KernelError(requested: name, chosen: kernel, missing: [])
    }
  }

  /// Throws ``KernelError`` if `OPENBLAS_CORETYPE` names a kernel that this processor cannot run: to be called before
  /// anything is multiplied.
  public static func checkEnvironment() throws(KernelError) {
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
    // What the user set stays for processes that this one starts; what we set does not.
    if let set { setenv("OPENBLAS_CORETYPE", set, 1) } else { unsetenv("OPENBLAS_CORETYPE") }
    openblas_set_num_threads(1)
  }

  private static func missing(for kernel: String) -> [String] {
    (needs[kernel.lowercased()] ?? []).filter { !processorFeatures.contains($0) }
  }

  /// Processor features, by kernel, as Linux names them.
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

  /// A matrix's elements, the distance of its rows as they lie, and whether they lie transposed.
  typealias Matrix = (elements: Floats, stride: Int, isTransposed: Bool)

  /// C (rows x columns) = or += A (rows x inner) B (inner x columns).
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

/// OpenBLAS did not take the kernel it was told to use.
public struct KernelError: Error, CustomStringConvertible {
  public var requested: String
  public var chosen: String
  /// Features that the kernel needs and this processor lacks.
  public var missing: [String]

  public var description: String {
    missing.isEmpty
      ? "BLAS kernel '\(requested)' is unknown to OpenBLAS; it chose \(chosen)"
      : "BLAS kernel '\(requested)' needs \(missing.joined(separator: ", ")), which this processor lacks"
  }
}
