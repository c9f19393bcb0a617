/// Gives generators their choices, from a seeded stream or from a recorded sequence that is being shrunk.
///
/// Every choice is a whole number from 0 to a bound, and smaller is simpler. The record of the choices *is*
/// the value: shrinking edits the record and generates again, so it respects every invariant the generator
/// has, through `map`, `flatMap` and `filter` alike. The idea is Hypothesis's (MacIver and Donaldson,
/// "Test-Case Reduction via Test-Case Generation", ECOOP 2020, doi:10.4230/LIPIcs.ECOOP.2020.13).
public struct ChoiceSource: Sendable {
  /// The most choices that one value may take. A generator that asks for more throws ``Rejection``.
  package static let maximumChoices = 1 << 16

  private let replayed: [UInt64]?
  private var random: SplitMix
  private(set) var choices: [UInt64] = []

  /// Draws from a seed.
  init(seed: UInt64) {
    replayed = nil
    random = SplitMix(state: seed)
  }

  /// Repeats a record; past its end every choice is 0, and a choice above its bound becomes the bound.
  init(replaying choices: [UInt64]) {
    replayed = choices
    random = SplitMix(state: 0)
  }

  /// Draws a whole number from 0 through `bound`; a draw from the seeded stream is uniform.
  /// - Throws: ``Rejection`` after 65,536 choices.
  public mutating func choice(upTo bound: UInt64) throws(Rejection) -> UInt64 {
    guard choices.count < ChoiceSource.maximumChoices else { throw Rejection() }
    let choice: UInt64
    if let replayed {
      choice = choices.count < replayed.count ? min(replayed[choices.count], bound) : 0
    } else {
      choice = random.next(upTo: bound)
    }
    choices.append(choice)
    return choice
  }
}

/// Thrown by a generator that cannot make a value from its choices. The search goes on with other choices.
public struct Rejection: Error, Sendable {
  public init() {}
}

/// SplitMix64 (Steele, Lea and Flood, OOPSLA 2014, doi:10.1145/2660193.2660195).
struct SplitMix: RandomNumberGenerator, Sendable {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }

  /// Uniform from 0 through `bound`: multiply and shift; the bias is below 2⁻⁶⁴ times the number of values.
  mutating func next(upTo bound: UInt64) -> UInt64 {
    bound == .max ? next() : next().multipliedFullWidth(by: bound + 1).high
  }
}
