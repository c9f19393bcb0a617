import Policy

/// The word list in which scripts, prompts and programs are written.
///
/// The designers and executors of the built-in families read and write only these words. A word's place in the list
/// decides its token id, and checkpoints depend on it: add words at the end only, and never move one.
public enum TroupeVocabulary {
  package static let digits = (0...9).map(String.init)
  /// `=` ends a prompt and binds a name, `:` follows a role, `;` ends statements and separates examples,
  /// `,` introduces an answer.
  package static let marks = ["=", "(", ")", ";", ":", ",", "[", "]", "+", "-", "*"]
  package static let keywords = [
    "agent", "ensemble", "by", "majority", "tests", "reflect", "tool", "answer", "task",
  ]
  /// The names that the statements of a script bind, in order.
  package static let names = ["a", "b", "c", "d", "e", "f", "g", "h"]
  package static let roles = ["step", "solve", "check"]
  /// The roles that judge an answer.
  package static let critics = ["check"]
  /// The roles that name who goes on, those that name subtasks, and those that make one result of several. Their words are
  /// in a vocabulary only where a scenario lists them.
  package static let (routers, splitters, joiners) = (["pick"], ["cut"], ["join"])
  /// All roles of executors.
  package static let allRoles = roles + routers + splitters + joiners
  /// What a router says about a chain: `solve`, or the name of a part that has as many steps before `solve`. A scenario
  /// that lets `pick` choose defines these parts in its library.
  package static let chains = ["solve", "one", "two", "three", "four"]

  /// The name of the chain with this number of steps, or of the one that comes nearest.
  package static func chain(ofSteps count: Int) -> String { chains[min(max(0, count), chains.count - 1)] }

  package static let tools = ["run", "test"]
  /// The tool that gives a verdict.
  package static let testTool = "test"
  /// What a critic may say.
  package static let verdicts = ["ok", "no"]
  /// The word that stands for the designer's role in a prompt.
  package static let designer = "design"
  /// The instructions of the list machine.
  package static let instructions = ["add", "swap", "dup", "rep"]

  public static let words =
    digits + marks + keywords + names + roles + tools + verdicts + [designer] + instructions

  /// The tokenizer with one token for each word: 53 tokens with the special ones.
  public static let tokenizer = WordTokenizer(words: words)
}
