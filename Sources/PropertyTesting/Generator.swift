/// Makes random values of a type, and simpler ones when a property fails.
///
/// ```swift
/// let point = Generator.zip(.integer(in: 0...9), .integer(in: -5...5))
/// let path = Generator.array(of: point, count: 1...20)
/// ```
///
/// Generators compose; shrinking comes with them and is never written by hand (see ``ChoiceSource``).
public struct Generator<Value: Sendable>: Sendable {
  let generate: @Sendable (inout ChoiceSource) throws(Rejection) -> Value

  /// A generator from scratch: draws choices, or other generators through ``ChoiceSource/draw(_:)``.
  public init(_ generate: @escaping @Sendable (inout ChoiceSource) throws(Rejection) -> Value) {
    self.generate = generate
  }

  /// Always the same value.
  public static func constant(_ value: Value) -> Generator { Generator { _ in value } }

  public func map<Other>(_ transform: @escaping @Sendable (Value) -> Other) -> Generator<Other> {
    Generator<Other> { (source) throws(Rejection) in transform(try generate(&source)) }
  }

  /// A generator that depends on this one's value.
  public func flatMap<Other>(_ next: @escaping @Sendable (Value) -> Generator<Other>) -> Generator<Other> {
    Generator<Other> { (source) throws(Rejection) in
      let value = try generate(&source)
      return try next(value).generate(&source)
    }
  }

  /// Only values that satisfy `isWanted`; gives a record up after 100 unwanted ones.
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
  /// The next value of a generator.
  public mutating func draw<Value>(_ generator: Generator<Value>) throws(Rejection) -> Value {
    try generator.generate(&self)
  }
}
