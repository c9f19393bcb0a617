import Policy
import Sim

extension Verb.Option {
  package static let products = Self(
    "--products", "NAME",
    "own (default); amx, avx512bf16, avx512, avx2 or scalar: the same bits by these instructions; openblas: other bits"
  )
  package static let kernel = Self(
    "--blas-kernel", "NAME", "with --products openblas: its kernel, e.g. Haswell or SkylakeX")
  package static let inexact = Self(
    "--inexact", nil, "policy: the same as --products openblas, to see what exactness costs")
}

/// The choice of products that `--products` and `--blas-kernel` make.
enum ProductsChoice: Equatable {
  /// Troupe's own products with this instruction set, or, for `nil`, with the widest that the processor has.
  case own(InstructionSet?)
  /// OpenBLAS with the named kernel, or, for `nil`, with the one that it chooses for the processor.
  case openBLAS(kernel: String?)

  /// - Throws: ``UsageError`` for an unknown name, and for options that contradict each other.
  init(_ arguments: Arguments) throws {
    let kernel = arguments.string(.kernel)
    let name = arguments.string(.products) ?? (arguments.has(.inexact) ? "openblas" : "own")
    switch name {
    case "openblas":
      self = .openBLAS(kernel: kernel)
      return
    case "own": self = .own(nil)
    default:
      if let chosen = InstructionSet(rawValue: name) {
        guard chosen.isSupported else {
          throw UsageError("--products \(name): this processor lacks the instructions")
        }
        self = .own(chosen)
        break
      }
      let known = ["own"] + InstructionSet.allCases.map(\.rawValue) + ["openblas"]
      let near = Spelling.nearest(to: name, among: known)
      throw UsageError(
        "--products: '\(name)' is none of \(known.joined(separator: ", "))"
          + (near.map { "; did you mean \($0)?" } ?? ""))
    }
    if let kernel {
      throw UsageError("--blas-kernel \(kernel) is a kernel of OpenBLAS: add --products openblas to use it")
    }
    if arguments.has(.inexact) {
      throw UsageError("--inexact multiplies by OpenBLAS, and --products \(name) does not: give one of them")
    }
  }

  var products: Products {
    switch self {
    case .own: .own
    case .openBLAS: .openBLAS
    }
  }
}

extension Arguments {
  /// Returns the chosen products, which are Troupe's own by default.
  package func products() throws -> Products { try ProductsChoice(self).products }
}
