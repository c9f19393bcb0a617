/// One instruction of the list machine, which changes a list of digits.
///
/// Positions count from 1. An instruction that names a position beyond the list changes nothing.
package indirect enum Instruction: Hashable, Sendable {
  /// `add i d` adds d to the element at position i, modulo 10.
  case add(Int, Int)
  /// `swap i j` exchanges the elements at positions i and j.
  case swap(Int, Int)
  /// `dup` appends the list to itself.
  case duplicate
  /// `rep d [ ... ]` runs its body d times.
  case loop(Int, [Instruction])
}

extension Instruction: CustomStringConvertible {
  package var description: String {
    switch self {
    case .add(let i, let d): "add \(i) \(d)"
    case .swap(let i, let j): "swap \(i) \(j)"
    case .duplicate: "dup"
    case .loop(let d, let body): "rep \(d) [ " + body.map { "\($0) " }.joined() + "]"
    }
  }
}
