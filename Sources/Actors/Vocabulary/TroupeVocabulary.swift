import Policy

/// The word list in which scripts, prompts and programs are written.
///
/// The designers and executors of the built-in families read and write only these words. A word's place in the list
/// decides its token id, and checkpoints depend on it: add words at the end only, and never move one.
public enum TroupeVocabulary {
  public static let digits = (0...9).map(String.init)
  /// `=` ends a prompt and binds a name, `:` follows a role, `;` ends statements and separates examples,
  /// `,` introduces an answer.
  public static let marks = ["=", "(", ")", ";", ":", ",", "[", "]", "+", "-", "*"]
  public static let keywords = [
    "agent", "ensemble", "by", "majority", "tests", "reflect", "tool", "answer", "task",
  ]
  /// The names that the statements of a script bind, in order.
  public static let names = ["a", "b", "c", "d", "e", "f", "g", "h"]
  public static let roles = ["step", "solve", "check"]
  /// The roles that judge an answer.
  public static let critics = ["check"]
  public static let tools = ["run", "test"]
  /// What a critic may say.
  public static let verdicts = ["ok", "no"]
  /// The word that stands for the designer's role in a prompt.
  public static let designer = "design"
  public static let instructions = ["add", "swap", "dup", "rep"]

  public static let words =
    digits + marks + keywords + names + roles + tools + verdicts + [designer] + instructions

  /// The tokenizer with one token for each word: 53 tokens with the special ones.
  public static let tokenizer = WordTokenizer(words: words)
}
