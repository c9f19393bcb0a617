/// One instruction of the list machine: it turns a list of digits into another.
///
/// Positions count from 1; an instruction that names a position the list does not have changes nothing.
public indirect enum Instruction: Hashable, Sendable {
  /// `add i d`: d to the element at position i, modulo 10.
  case add(Int, Int)
  /// `swap i j`: exchanges the elements at positions i and j.
  case swap(Int, Int)
  /// `dup`: the list followed by itself.
  case duplicate
  /// `rep d [ ... ]`: the body, d times.
  case loop(Int, [Instruction])
}

extension Instruction: CustomStringConvertible {
  public var description: String {
    switch self {
    case .add(let i, let d): "add \(i) \(d)"
    case .swap(let i, let j): "swap \(i) \(j)"
    case .duplicate: "dup"
    case .loop(let d, let body): "rep \(d) [ " + body.map { "\($0) " }.joined() + "]"
    }
  }
}
