/// A command of this program that can be pasted into a shell as it is printed.
struct ShellCommand: CustomStringConvertible {
  private let words: [String]

  /// A command of the program, by the name with which the program was called.
  init(_ words: String...) { self.words = [Console.program] + words }

  /// The words with blanks between them; a word that a shell would read otherwise is in quotes.
  var description: String {
    words.map { $0.allSatisfy(Self.isPlain) && !$0.isEmpty ? $0 : Self.quoted($0) }.joined(separator: " ")
  }

  /// The text in single quotes, as one word of a POSIX shell.
  static func quoted(_ text: String) -> String { "'" + text.replacing("'", with: "'\\''") + "'" }

  private static func isPlain(_ character: Character) -> Bool {
    character.isASCII && (character.isLetter || character.isNumber || "-_./:=+,@%".contains(character))
  }
}
