/// A program of the list machine: instructions that run in order.
package struct Program: Hashable, Sendable {
  package var instructions: [Instruction]

  package init(_ instructions: [Instruction] = []) {
    self.instructions = instructions
  }

  /// The most instructions that a program text may have, with those in the bodies of loops.
  package static let maximumInstructions = 64
  /// How deep loops may nest.
  package static let maximumNesting = 4
  /// The longest program text that is read, in UTF-8 bytes.
  package static let maximumBytes = 2048
}

extension Program {
  /// Reads a text that was checked when it entered the work; any other gives the empty program.
  init(checked text: String) { self = (try? Program(parsing: text)) ?? Program() }
}

extension Program: CustomStringConvertible {
  /// The canonical text, which parses to the same program; it is empty for the empty program.
  package var description: String { instructions.map(\.description).joined(separator: " ") }
}

/// What is wrong with a program text, and where.
package struct ProgramError: Error, Hashable, Sendable, CustomStringConvertible {
  package enum Kind: Hashable, Sendable {
    case unknownInstruction(String, suggestion: String?)
    /// The text needs a digit from 0 to 9 here.
    case digitExpected(after: String, found: String)
    case bracketExpected(String, found: String)
    case tooManyInstructions(maximum: Int)
    case tooDeep(maximum: Int)
    case tooLong(bytes: Int, maximum: Int)
  }
  package var kind: Kind
  package var position: SourcePosition

  package var description: String { "\(position): \(kind)" }
}

extension ProgramError.Kind: CustomStringConvertible {
  package var description: String {
    switch self {
    case .unknownInstruction(let word, let suggestion):
      "unknown instruction \(word)" + (suggestion.map { "; did you mean `\($0)`?" } ?? "")
    case .digitExpected(let after, let found): "`\(after)` takes digits, found \(found)"
    case .bracketExpected(let bracket, let found): "expected `\(bracket)`, found \(found)"
    case .tooManyInstructions(let maximum): "a program has at most \(maximum) instructions"
    case .tooDeep(let maximum): "loops nest at most \(maximum) deep"
    case .tooLong(let bytes, let maximum): "the program has \(bytes) bytes; at most \(maximum) are read"
    }
  }
}
