import Policy

/// The one fixed word list that scripts, prompts and programs are written in.
///
/// Every executor and designer of the built-in families reads and writes these tokens only. The order decides
/// token ids and therefore belongs to every checkpoint: words may be added at the end, never moved.
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
  /// What a critic says.
  public static let verdicts = ["ok", "no"]
  /// The role word of a designer's prompt.
  public static let designer = "design"
  public static let instructions = ["add", "swap", "dup", "rep"]

  public static let words =
    digits + marks + keywords + names + roles + tools + verdicts + [designer] + instructions

  /// One token a word: 53 with the special tokens.
  public static let tokenizer = WordTokenizer(words: words)
}
