/// Makes random values of a type, and simpler values of it when a property fails.
///
/// ```swift
/// let point = Generator.zip(.integer(in: 0...9), .integer(in: -5...5))
/// let path = Generator.array(of: point, count: 1...20)
/// ```
///
/// Generators compose. You never write a shrinker: the library shrinks the choices of a generator (see
/// ``ChoiceSource``).
public struct Generator<Value: Sendable>: Sendable {
  let generate: @Sendable (inout ChoiceSource) throws(Rejection) -> Value

  /// Makes a generator from a closure that draws choices, or values of other generators by ``ChoiceSource/draw(_:)``.
  public init(_ generate: @escaping @Sendable (inout ChoiceSource) throws(Rejection) -> Value) {
    self.generate = generate
  }

  /// Always generates `value`.
  public static func constant(_ value: Value) -> Generator { Generator { _ in value } }

  /// Applies `transform` to each value.
  public func map<Other>(_ transform: @escaping @Sendable (Value) -> Other) -> Generator<Other> {
    Generator<Other> { (source) throws(Rejection) in transform(try generate(&source)) }
  }

  /// Draws a value, and then a value of the generator that `next` makes from it.
  public func flatMap<Other>(_ next: @escaping @Sendable (Value) -> Generator<Other>) -> Generator<Other> {
    Generator<Other> { (source) throws(Rejection) in
      let value = try generate(&source)
      return try next(value).generate(&source)
    }
  }

  /// Keeps only values for which `isWanted` is true; throws ``Rejection`` after 100 unwanted values in a row.
  public func filter(_ isWanted: @escaping @Sendable (Value) -> Bool) -> Generator {
    Generator { (source) throws(Rejection) in
      for _ in 0..<100 {
        let value = try generate(&source)
        if isWanted(value) { return value }
      }
      throw Rejection()
    }
  }
}

extension ChoiceSource {
  /// Draws the next value of `generator`.
  /// - Throws: ``Rejection`` if the generator has no value for the choices.
  public mutating func draw<Value>(_ generator: Generator<Value>) throws(Rejection) -> Value {
    try generator.generate(&self)
  }
}
