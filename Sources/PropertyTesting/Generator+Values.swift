extension Generator where Value: FixedWidthInteger {
  /// Generates whole numbers of `range`, uniformly.
  ///
  /// They shrink towards 0, or towards the bound that is nearest to 0; a positive number counts as simpler than a
  /// negative one.
  public static func integer(in range: ClosedRange<Value> = .min ... .max) -> Generator {
    let origin = min(max(0, range.lowerBound), range.upperBound)
    let above = UInt64(truncatingIfNeeded: range.upperBound &- origin)
    let below = UInt64(truncatingIfNeeded: origin &- range.lowerBound)
    return Generator { (source) throws(Rejection) in
      let choice = try source.choice(upTo: above + below)
      return choice <= above
        ? origin &+ Value(truncatingIfNeeded: choice) : origin &- Value(truncatingIfNeeded: choice - above)
    }
  }
}

extension Generator where Value == Double {
  /// Generates finite numbers of `range`. Half of them are whole if the range has whole numbers.
  ///
  /// They shrink towards whole numbers first. A fraction is a multiple of 2⁻⁵³ of the range's width, so not every
  /// `Double` can occur.
  public static func double(in range: ClosedRange<Double>) -> Generator {
    let (low, high) = (range.lowerBound.rounded(.up), range.upperBound.rounded(.down))
    let hasWhole = low <= high && abs(low) < 0x1p53 && abs(high) < 0x1p53
    let whole = hasWhole ? Generator<Int>.integer(in: Int(low)...Int(high)) : .constant(0)
    return Generator { (source) throws(Rejection) in
      if hasWhole, try source.choice(upTo: 1) == 0 { return Double(try source.draw(whole)) }
      let fraction = Double(try source.choice(upTo: 1 << 53)) * 0x1p-53
      return min(range.lowerBound * (1 - fraction) + range.upperBound * fraction, range.upperBound)
    }
  }
}

extension Generator where Value == Bool {
  /// Generates `true` and `false` equally often; shrinks to `false`.
  public static var bool: Generator {
    Generator { (source) throws(Rejection) in try source.choice(upTo: 1) == 1 }
  }
}

extension Generator where Value == String {
  /// Generates strings over an alphabet, by default `a` to `z`. They shrink to fewer characters, then to earlier
  /// ones.
  /// - Precondition: the alphabet has at least one character.
  public static func string(
    of alphabet: String = "abcdefghijklmnopqrstuvwxyz", count: ClosedRange<Int> = 0...16
  ) -> Generator {
    Generator<[Character]>.array(of: .element(of: Array(alphabet)), count: count).map { String($0) }
  }
}

extension Generator {
  /// Picks one of `values`, uniformly; shrinks to the first.
  /// - Precondition: `values` is not empty.
  public static func element(of values: [Value]) -> Generator {
    precondition(!values.isEmpty, "an element of nothing")
    return Generator { (source) throws(Rejection) in
      values[Int(try source.choice(upTo: UInt64(values.count - 1)))]
    }
  }

  /// Picks one of some generators and draws its value; shrinks to the first generator.
  /// - Precondition: there is at least one generator.
  public static func oneOf(_ generators: Generator...) -> Generator {
    Generator<Generator>.element(of: generators).flatMap { $0 }
  }

  /// Generates lists whose lengths are uniform in `count`. They shrink by losing elements; then the elements shrink.
  ///
  /// A choice before each element says whether the element follows, so removing an element removes one run of
  /// choices.
  /// - Precondition: `count` does not begin below 0.
  public static func array<Element>(
    of element: Generator<Element>, count: ClosedRange<Int> = 0...16
  ) -> Generator where Value == [Element] {
    precondition(count.lowerBound >= 0, "a list with fewer than no elements")
    return Generator { (source) throws(Rejection) in
      var elements: [Element] = []
      while elements.count < count.upperBound {
        let optional = elements.count - count.lowerBound
        // Stops here with probability 1/(lengths left), which makes every length equally likely.
        let lengthsLeft = UInt64(count.upperBound - elements.count + 1)
        if optional >= 0, try source.choice(upTo: lengthsLeft - 1) == 0 { break }
        elements.append(try source.draw(element))
      }
      return elements
    }
  }

  /// Generates `nil` in a quarter of the cases; shrinks to `nil`.
  public static func optional<Wrapped>(_ wrapped: Generator<Wrapped>) -> Generator where Value == Wrapped? {
    Generator { (source) throws(Rejection) in
      try source.choice(upTo: 3) == 0 ? nil : try source.draw(wrapped)
    }
  }

  /// Generates permutations of `0..<count`, uniformly; shrinks to the identity.
  /// - Complexity: O(`count`) choices.
  public static func permutation(of count: Int) -> Generator where Value == [Int] {
    Generator { (source) throws(Rejection) in
      var order = Array(0..<count)
      for i in 0..<max(0, count - 1) {
        order.swapAt(i, i + Int(try source.choice(upTo: UInt64(count - 1 - i))))
      }
      return order
    }
  }

  /// Generates tuples of independent values.
  public static func zip<each Part: Sendable>(
    _ part: repeat Generator<each Part>
  ) -> Generator where Value == (repeat each Part) {
    Generator { (source) throws(Rejection) in
      (repeat try source.draw(each part))
    }
  }
}
