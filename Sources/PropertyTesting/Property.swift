import Foundation
import Testing

/// A value for which a property does not hold, as simple as shrinking could make it.
public struct Counterexample<Value: Sendable>: Error, Sendable, CustomStringConvertible {
  /// The property's text, as it was given.
  public var property: String
  public var value: Value
  /// The error that the property threw for `value`; `nil` if the property returned false.
  public var reason: String?
  /// The seed that finds this counterexample again.
  public var seed: UInt64
  /// How many values were tried up to the first failure, with the failing one.
  package var runs: Int
  /// How many simpler values were tried after the first failure.
  package var shrinks: Int

  public var description: String {
    let because = reason.map { "\n  because: \($0)" } ?? ""
    return """
      does not hold: \(property)
        smallest example: \(value)\(because)
        found in run \(runs), shrunk in \(shrinks); again with \(PropertySeed.variable)=\(seed)
      """
  }
}

/// Why a property could not be checked.
public enum PropertyError: Error, Sendable, CustomStringConvertible {
  /// The generator threw ``Rejection`` more than ten times for each value that was wanted.
  case tooManyRejections(property: String, rejected: Int)

  public var description: String {
    switch self {
    case .tooManyRejections(let property, let rejected):
      "\(property): the generator rejected \(rejected) records; loosen its filter"
    }
  }
}

/// The seed of a check, if the check is given none.
public enum PropertySeed {
  /// The environment variable that replaces the seed of every check.
  package static let variable = "TROUPE_PROPERTY_SEED"
  /// The default seed. It is the same in every process, so a test suite gives the same verdict twice.
  package static let standard: UInt64 = 0x7472_6f75_7065

  /// The number in the environment variable `TROUPE_PROPERTY_SEED` if it holds one; otherwise a number that is always
  /// the same.
  public static var current: UInt64 {
    ProcessInfo.processInfo.environment[variable].flatMap { UInt64($0) } ?? standard
  }
}

/// Searches for a value for which `holds` returns false or throws. Returns `nil` if `count` values pass.
///
/// The result depends on the arguments alone, as long as `holds` does.
/// - Complexity: O(`count`) calls of `holds`, and after a failure up to `maximumShrinks` more.
/// - Throws: ``PropertyError/tooManyRejections(property:rejected:)``.
public func counterexample<Value>(
  to property: String, for values: Generator<Value>, count: Int = 100, seed: UInt64 = PropertySeed.current,
  maximumShrinks: Int = 5_000, _ holds: (Value) throws -> Bool
) throws(PropertyError) -> Counterexample<Value>? {
  var seeds = SplitMix(state: seed)
  var runs = 0
  var rejected = 0
  while runs < count {
    var source = ChoiceSource(seed: seeds.next())
    guard let value = try? values.generate(&source) else {
      rejected += 1
      guard rejected <= 10 * count else {
        throw .tooManyRejections(property: property, rejected: rejected)
      }
      continue
    }
    runs += 1
    guard failure(of: holds, for: value) != nil else { continue }
    return withoutActuallyEscaping(holds) { holds in
      var shrinking = Shrinking(best: source.choices, maximumAttempts: maximumShrinks) { choices in
        var source = ChoiceSource(replaying: choices)
        guard let value = try? values.generate(&source), failure(of: holds, for: value) != nil else {
          return nil
        }
        return source.choices
      }
      shrinking.run()
      var smallest = ChoiceSource(replaying: shrinking.best)
      let example = (try? values.generate(&smallest)) ?? value
      return Counterexample(
        property: property, value: example, reason: failure(of: holds, for: example)?.reason, seed: seed,
        runs: runs,
        shrinks: shrinking.attempts)
    }
  }
  return nil
}

/// Checks that `holds` is true of `count` random values. If it is not, records a test issue with the simplest
/// example.
///
/// ```swift
/// @Test("reversing twice changes nothing")
/// func reversing() {
///   let lists = Generator.array(of: .integer(in: 0...9))
///   forAll("reversing twice changes nothing", lists) { $0.reversed().reversed() == $0 }
/// }
/// ```
/// The property should return false or throw. It should not use `#expect`, because every failure while shrinking
/// would be recorded too. The seed is ``PropertySeed/current`` unless `seed` is given.
/// - Complexity: that of ``counterexample(to:for:count:seed:maximumShrinks:_:)``.
public func forAll<Value>(
  _ property: String, _ values: Generator<Value>, count: Int = 100, seed: UInt64 = PropertySeed.current,
  sourceLocation: SourceLocation = #_sourceLocation, _ holds: (Value) throws -> Bool
) {
  do {
    guard let found = try counterexample(to: property, for: values, count: count, seed: seed, holds) else {
      return
    }
    Issue.record(Comment(rawValue: found.description), sourceLocation: sourceLocation)
  } catch {
    Issue.record(Comment(rawValue: error.description), sourceLocation: sourceLocation)
  }
}

/// How a property failed; `reason` is the error it threw.
private struct Failure {
  var reason: String?
}

private func failure<Value>(of holds: (Value) throws -> Bool, for value: Value) -> Failure? {
  do {
    return try holds(value) ? nil : Failure(reason: nil)
  } catch {
    return Failure(reason: "\(error)")
  }
}
