import CKernels

/// The innermost loops, for the widest vectors that this processor has; the same bits for any.
var kernels: kernels { kernels_current().pointee }

/// The instruction sets that the innermost loops are compiled for.
public enum InstructionSet: String, Sendable, CaseIterable {
  /// AVX-512 (F, VL, BW and DQ): vectors of sixteen.
  case avx512
  /// AVX2 and FMA: vectors of eight.
  case avx2
  /// What every processor of the architecture has; on x86-64 without fused multiplication, which is then computed in
  /// double precision: some 100 times slower.
  case scalar

  private var table: UnsafePointer<CKernels.kernels>? { kernels_named(rawValue) }

  /// Whether this processor has the instruction set.
  public var isSupported: Bool { table != nil }

  /// The instruction set in use: the widest that is supported, unless another was chosen.
  public static var current: InstructionSet {
    InstructionSet(rawValue: String(cString: kernels.name)) ?? .scalar
  }

  /// Makes all products and loops of this process use it: another speed, the same bits.
  /// - Precondition: `isSupported`.
  public func use() {
    guard let table else { preconditionFailure("this processor lacks what \(rawValue) needs") }
    kernels_choose(table)
  }
}
