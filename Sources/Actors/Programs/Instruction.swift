/// One instruction of the list machine: it turns a list of digits into another.
public indirect enum Instruction: Hashable, Sendable {
  /// `rev`: the other way round.
  case reverse
  /// `sort`: ascending.
  case sort
  /// `swap`: exchanges the first and the last element.
  case swap
  /// `scan`: prefix sums, modulo 10.
  case scan
  /// `rot d`: to the left by d, round the end.
  case rotate(Int)
  /// `add d`: to every element, modulo 10.
  case add(Int)
  /// `mul d`: every element, modulo 10.
  case multiply(Int)
  /// `take d`: only the first d elements.
  case take(Int)
  /// `drop d`: all but the first d elements.
  case drop(Int)
  /// `dup`: the list followed by itself.
  case duplicate
  /// `rep d [ ... ]`: the body, d times.
  case loop(Int, [Instruction])
}

extension Instruction: CustomStringConvertible {
  public var description: String {
    switch self {
    case .reverse: "rev"
    case .sort: "sort"
    case .swap: "swap"
    case .scan: "scan"
    case .rotate(let d): "rot \(d)"
    case .add(let d): "add \(d)"
    case .multiply(let d): "mul \(d)"
    case .take(let d): "take \(d)"
    case .drop(let d): "drop \(d)"
    case .duplicate: "dup"
    case .loop(let d, let body): "rep \(d) [ " + body.map { "\($0) " }.joined() + "]"
    }
  }
}
