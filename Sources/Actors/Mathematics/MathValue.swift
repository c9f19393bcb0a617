/// What a mathematical answer is: a number or an expression, or several of them.
indirect enum MathValue: Hashable {
  /// An expression; `isPercent` if a percent sign follows it, whose hundred is not divided by.
  case expression(MathExpression, isPercent: Bool)
  /// Values without brackets, whose order does not matter.
  case list([MathValue])
  case set([MathValue])
  /// Values in brackets: a tuple, a point, or an interval, which is closed at square ones.
  case group(open: Character, [MathValue], close: Character)
  /// Sets or intervals that belong together.
  case union([MathValue])
  case matrix([[MathValue]])
  /// Values with `=`, `<`, `≤` or `≠` between them.
  case relation([MathValue], [Relation])
  case words(String)

  enum Relation: String, Hashable { case equal = "=", less = "<", lessOrEqual = "≤", other = "≠" }

  /// Whether `given` is the same answer as this one, which is known to be right.
  ///
  /// Numbers may differ by `tolerance`. Of lists and sets neither the order matters nor how often a value is in them. A percent sign may be left out or be said as hundredths. Of an equation that is given
  /// for a value, or that names what is asked for, the last side counts.
  func accepts(_ given: MathValue, tolerance: Rational = .zero) -> Bool {
    func all(_ ours: [MathValue], _ theirs: [MathValue]) -> Bool {
      ours.count == theirs.count && zip(ours, theirs).allSatisfy { $0.accepts($1, tolerance: tolerance) }
    }
    func inAnyOrder(_ ours: [MathValue], _ theirs: [MathValue]) -> Bool {
      ours.allSatisfy { one in theirs.contains { one.accepts($0, tolerance: tolerance) } }
        && theirs.allSatisfy { other in ours.contains { $0.accepts(other, tolerance: tolerance) } }
    }
    switch (self, given) {
    case (.expression(let one, let isPercent), .expression(let other, let isOthersPercent)):
      return Self.same(one, other, tolerance)
        || (isPercent != isOthersPercent
          && Self.same(
            Self.hundredths(of: one, isPercent), Self.hundredths(of: other, isOthersPercent), tolerance))
    case (.list(let ours), .list(let theirs)), (.set(let ours), .set(let theirs)),
      (.union(let ours), .union(let theirs)),
      (.list(let ours), .set(let theirs)), (.set(let ours), .list(let theirs)):
      return inAnyOrder(ours, theirs)
    case (.set(let ours), .expression) where ours.count == 1:
      return ours[0].accepts(given, tolerance: tolerance)
    case (.group(let open, let ours, let close), .group(let otherOpen, let theirs, let otherClose)):
      return open == otherOpen && close == otherClose && all(ours, theirs)
    case (.matrix(let ours), .matrix(let theirs)):
      return ours.count == theirs.count && zip(ours, theirs).allSatisfy { all($0, $1) }
    case (.relation(let ours, let signs), .relation(let theirs, let others)):
      if signs == others, all(ours, theirs) { return true }
      if signs.last == .equal, others.last == .equal, ours[0].isName, ours[0] == theirs[0],
        let one = ours.last, let other = theirs.last
      {
        return one.accepts(other, tolerance: tolerance)
      }
      let isEquation = signs == [.equal] && others == [.equal]
      return isEquation && (all(ours, theirs.reversed()) || Self.sameEquation(ours, theirs))
    case (.words(let one), .words(let other)): return one == other
    case (_, .relation(let sides, let signs)) where signs.last == .equal:
      return sides.last.map { accepts($0, tolerance: tolerance) } ?? false
    case (.relation(let sides, let signs), _) where signs.last == .equal && sides[0].isName:
      return sides.last.map { $0.accepts(given, tolerance: tolerance) } ?? false
    default: return false
    }
  }

  /// Whether it is the name of what is asked for: a letter, letters next to each other such as `AB`, a
  /// word, a quotient of these such as `AB/CD`, or several in brackets.
  private var isName: Bool {
    switch self {
    case .words: return true
    case .group(_, let values, _): return values.allSatisfy(\.isName)
    case .expression(let value, false):
      return Self.isName(value.above) && (value.below.number == .one || Self.isName(value.below))
    default: return false
    }
  }

  private static func isName(_ value: Polynomial) -> Bool {
    guard value.terms.count == 1, let term = value.terms.first else { return false }
    return term.coefficient == .one && !term.factors.isEmpty && term.factors.allSatisfy { $0.power == 1 }
  }

  private static func same(_ one: MathExpression, _ other: MathExpression, _ tolerance: Rational) -> Bool {
    if one.equals(other) { return true }
    guard tolerance > .zero, let a = one.number, let b = other.number,
      let difference = try? a.plus(b.negated).magnitude
    else { return false }
    return difference <= tolerance
  }

  private static func hundredths(of value: MathExpression, _ isPercent: Bool) -> MathExpression {
    guard isPercent, let hundredth = try? value.divided(by: MathExpression(Rational(100))) else {
      return value
    }
    return hundredth
  }

  /// Whether two equations say the same of their letters: what is left of one is a multiple of what is left of the other.
  private static func sameEquation(_ ours: [MathValue], _ theirs: [MathValue]) -> Bool {
    guard case (.expression(let a, false), .expression(let b, false)) = (ours[0], ours[1]),
      case (.expression(let c, false), .expression(let d, false)) = (theirs[0], theirs[1]),
      let one = try? a.plus(b.negated), let other = try? c.plus(d.negated),
      let first = one.above.terms.last, let second = other.above.terms.last, first.factors == second.factors,
      let scaled = try? one.times(MathExpression(second.coefficient)),
      let scaledOther = try? other.times(MathExpression(first.coefficient))
    else { return false }
    return scaled.equals(scaledOther)
  }
}
