/// A sum of products of letters and roots with rational factors, in a normal form: two of them are equal only if they are the same.
///
/// An atom is a letter, `π`, the square root of a prime such as `√2`, or anything else that is taken as a whole, such as
/// `sin(x)`. The square of `√2` is 2, and that of `i` is -1.
struct Polynomial: Hashable {
  struct Factor: Hashable, Comparable {
    var atom: String
    /// Above 0.
    var power: Int

    static func < (a: Factor, b: Factor) -> Bool { (a.atom, a.power) < (b.atom, b.power) }
  }

  struct Term: Hashable {
    /// Ordered by their atoms, each once.
    var factors: [Factor]
    var coefficient: Rational
  }

  /// Ordered by their factors, without those whose coefficient is 0.
  private(set) var terms: [Term] = []

  private static let (mostTerms, mostPower) = (256, 64)

  init(_ number: Rational) {
    if number != .zero { terms = [Term(factors: [], coefficient: number)] }
  }

  init(atom: String) { terms = [Term(factors: [Factor(atom: atom, power: 1)], coefficient: .one)] }

  private init(summing terms: [Term]) throws(MathReadingError) {
    guard terms.count <= Self.mostTerms * Self.mostTerms else { throw .tooLarge }
    let ordered = terms.sorted { $0.factors.lexicographicallyPrecedes($1.factors) }
    for term in ordered {
      if let last = self.terms.last, last.factors == term.factors {
        let sum = try last.coefficient.plus(term.coefficient)
        self.terms.removeLast()
        if sum != .zero { self.terms.append(Term(factors: term.factors, coefficient: sum)) }
      } else if term.coefficient != .zero {
        self.terms.append(term)
      }
    }
    guard self.terms.count <= Self.mostTerms else { throw .tooLarge }
  }

  /// The number, if there are no atoms.
  var number: Rational? {
    if terms.isEmpty { return .zero }
    return terms.count == 1 && terms[0].factors.isEmpty ? terms[0].coefficient : nil
  }

  func plus(_ other: Polynomial) throws(MathReadingError) -> Polynomial {
    try Polynomial(summing: terms + other.terms)
  }

  func times(_ other: Polynomial) throws(MathReadingError) -> Polynomial {
    var products: [Term] = []
    for one in terms {
      for another in other.terms { products.append(try Self.product(one, another)) }
      guard products.count <= Self.mostTerms * Self.mostTerms else { throw .tooLarge }
    }
    return try Polynomial(summing: products)
  }

  private static func product(_ one: Term, _ other: Term) throws(MathReadingError) -> Term {
    var coefficient = try one.coefficient.times(other.coefficient)
    var factors: [Factor] = []
    for factor in (one.factors + other.factors).sorted() {
      if let last = factors.last, last.atom == factor.atom {
        factors[factors.count - 1].power += factor.power
      } else {
        factors.append(factor)
      }
    }
    for (place, factor) in factors.enumerated() {
      guard factor.power <= mostPower else { throw .tooLarge }
      guard factor.power > 1, let square = square(of: factor.atom) else { continue }
      for _ in 0..<(factor.power / 2) { coefficient = try coefficient.times(square) }
      factors[place].power = factor.power % 2
    }
    return Term(factors: factors.filter { $0.power > 0 }, coefficient: coefficient)
  }

  private static func square(of atom: String) -> Rational? {
    if atom == "i" { return Rational(-1) }
    return atom.first == "√" ? Int128(atom.dropFirst()).map { Rational($0) } : nil
  }

  /// A text that is the same for the same polynomial only.
  var text: String {
    terms.isEmpty
      ? "0"
      : terms.map { term in
        ([term.coefficient.description] + term.factors.map { "\($0.atom)^\($0.power)" }).joined(
          separator: "*")
      }.joined(separator: "+")
  }
}
