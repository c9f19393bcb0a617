/// The task families that come with Troupe.
public enum BuiltInFamily {
  /// Makes the family of expressions that are evaluated strictly from left to right: `7 + 8 * 2 - 9` is 21.
  ///
  /// - Parameters:
  ///   - levels: How many operations an expression has, within 1...9.
  ///   - firstOperands: The range of an expression's first number.
  ///   - operands: The range of its other numbers.
  ///   - values: The range of every intermediate value and of the result, within 0...999.
  /// - Throws: ``TaskError/parameters(family:_:)`` if a range is outside these bounds.
  public static func arithmetic(
    levels: ClosedRange<Int> = 1...5, firstOperands: ClosedRange<Int> = 1...99,
    operands: ClosedRange<Int> = 1...9, values: ClosedRange<Int> = 0...99
  ) throws(TaskError) -> any TaskFamily {
    try ArithmeticFamily(levels: levels, firstOperands: firstOperands, operands: operands, values: values)
  }

  /// Makes the family of problems that ask for a program: a task shows lists and what they should become, and hidden
  /// lists test the answer.
  ///
  /// It finds all functions of the levels, which takes 25 ms with the defaults. Make one family and share it.
  /// - Parameters:
  ///   - levels: How many instructions the shortest program has, within 1...3.
  ///   - listLength: How many digits a list has, from 2 to 5.
  ///   - visibleExamples: How many examples a problem shows, from 1 to 16.
  ///   - hiddenTests: How many hidden lists test an answer, from 1 to 64.
  /// - Throws: ``TaskError/parameters(family:_:)`` if a number is outside these bounds.
  public static func synthesis(
    levels: ClosedRange<Int> = 1...3, listLength: Int = 4, visibleExamples: Int = 2, hiddenTests: Int = 5
  ) throws(TaskError) -> any TaskFamily {
    try SynthesisFamily(
      levels: levels, listLength: listLength, visibleExamples: visibleExamples, hiddenTests: hiddenTests)
  }
}
