import COpenBLAS
import Foundation

/// OpenBLAS, called with one thread: parallelism is ours, above it.
///
/// All matrices are row-major.
public enum BLAS {
  /// Done once, before the first multiplication.
  private static let isSetUp: Void = openblas_set_num_threads(1)

  /// The kernel in use, such as `Haswell` or `SkylakeX`: results agree to the bit between machines that use the same.
  public static var kernel: String { String(cString: openblas_get_corename()) }

  /// Makes OpenBLAS use the kernel called `name` (its `OPENBLAS_CORETYPE`), in this process, before any
  /// multiplication. Throws ``KernelError`` if the name is unknown or the processor lacks what it needs.
  public static func pin(kernel name: String) throws(KernelError) {
    guard name.lowercased() != kernel.lowercased() else { return }
    // OpenBLAS takes the name at its word, and the first multiplication then dies of an illegal instruction.
    let missing = (needs[name.lowercased()] ?? []).filter { !processorFeatures.contains($0) }
    guard missing.isEmpty else { throw KernelError(requested: name, chosen: kernel, missing: missing) }
    gotoblas_dynamic_quit()
    setenv("OPENBLAS_CORETYPE", name, 1)
    gotoblas_dynamic_init()
    openblas_set_num_threads(1)
    guard name.lowercased() == kernel.lowercased() else {
      throw KernelError(requested: name, chosen: kernel, missing: [])
    }
  }

  /// Processor features, by kernel, as Linux names them.
  private static let needs = [
    "sandybridge": ["avx"], "haswell": ["avx2", "fma"], "zen": ["avx2", "fma"],
    "skylakex": ["avx512f", "avx512vl", "avx512bw", "avx512dq"],
    "cooperlake": ["avx512f", "avx512vl", "avx512_bf16"],
    "sapphirerapids": ["avx512f", "avx512vl", "avx512_bf16"],
    "bulldozer": ["fma4"], "piledriver": ["fma4"], "steamroller": ["fma4"], "excavator": ["fma4"],
  ]

  private static var processorFeatures: Set<String> {
    let info = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
    let flags = info.split(separator: "\n").first { $0.hasPrefix("flags") } ?? ""
    return Set(flags.split(whereSeparator: \.isWhitespace).map(String.init))
  }

  /// C (rows x columns) = A (rows x inner) B (inner x columns).
  @inline(__always)
  static func multiply(
    _ a: Floats, _ b: Floats, into c: MutableFloats, rows: Int, inner: Int, columns: Int, bStride: Int,
    cStride: Int
  ) {
    _ = isSetUp
    cblas_sgemm(
      CblasRowMajor, CblasNoTrans, CblasNoTrans, blasint(rows), blasint(columns), blasint(inner), 1, a,
      blasint(inner), b, blasint(bStride), 0, c, blasint(cStride))
  }

  /// C (rows x inner) = or += A (rows x columns) Bᵀ, with B (inner x columns).
  static func multiplyTransposed(
    _ a: Floats, _ b: Floats, into c: MutableFloats, rows: Int, columns: Int, inner: Int, accumulate: Bool
  ) {
    _ = isSetUp
    cblas_sgemm(
      CblasRowMajor, CblasNoTrans, CblasTrans, blasint(rows), blasint(inner), blasint(columns), 1, a,
      blasint(columns), b, blasint(columns), accumulate ? 1 : 0, c, blasint(inner))
  }

  /// C (inner x columns) += Aᵀ B, with A (rows x inner) and B (rows x columns).
  static func accumulateOuter(
    _ a: Floats, _ b: Floats, into c: MutableFloats, rows: Int, inner: Int, columns: Int
  ) {
    _ = isSetUp
    cblas_sgemm(
      CblasRowMajor, CblasTrans, CblasNoTrans, blasint(inner), blasint(columns), blasint(rows), 1, a,
      blasint(inner), b, blasint(columns), 1, c, blasint(columns))
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
