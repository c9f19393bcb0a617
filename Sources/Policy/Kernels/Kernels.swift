import CKernels

/// The innermost loops, for the widest vectors that this processor has. They give the same bits with any instruction
/// set.
var kernels: kernels { kernels_current().pointee }

/// The instruction sets that the innermost loops are compiled for.
package enum InstructionSet: String, Sendable, CaseIterable {
  /// AVX-512 with bfloat16, and AMX for products in bfloat16: tiles of sixteen vectors.
  case amx
  /// AVX-512, and its instruction for products in bfloat16. On other processors than AMD's it is used only if it is chosen,
  /// because on Intel's it takes twice as long as what ``avx512`` does.
  case avx512bf16
  /// AVX-512 (F, VL, BW and DQ): vectors of sixteen.
  case avx512
  /// AVX2 and FMA: vectors of eight.
  case avx2
  /// The instructions that every processor of the architecture has. On x86-64 these have no fused multiplication, which
  /// is then computed in double precision, some 100 times slower.
  case scalar

  private var table: UnsafePointer<CKernels.kernels>? { kernels_named(rawValue) }

  /// Whether this processor has the instruction set.
  package var isSupported: Bool { table != nil }

  /// The instruction set in use: the widest that is supported and not slow, unless another was chosen.
  package static var current: InstructionSet {
    InstructionSet(rawValue: String(cString: kernels.name)) ?? .scalar
  }

  /// Makes all products and loops of this process use the instruction set. The speed changes, and the bits do not.
  /// - Precondition: `isSupported` is true.
  package func use() {
    guard let table else { preconditionFailure("this processor lacks what \(rawValue) needs") }
    kernels_choose(table)
  }
}
