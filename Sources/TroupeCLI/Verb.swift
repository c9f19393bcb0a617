/// A verb of the command line: what it accepts and what it does.
///
/// A program gives verbs of its own to ``CommandLineTool/main(verbs:_:)``:
///
/// ```swift
/// let times = Verb.Option("--times", "N", "how often (default: 1)")
/// let greet = Verb(name: "greet", operands: ["NAME"], summary: "greets somebody", options: [times]) { arguments in
///   for _ in 0..<(try arguments.integer(times, in: 1...100) ?? 1) { print("hello, \(arguments.positional[0])") }
///   return 0
/// }
/// ```
public struct Verb: Sendable {
  let name: String
  let operands: [String]
  let summary: String
  let options: [Option]
  let run: @Sendable (Arguments) throws -> Int32

  /// A verb called `name`, which `summary` describes in the help.
  ///
  /// `operands` name the words that follow it; those in brackets, the last ones, may be left out, and one that ends in
  /// `...]` stands for any number. `run` does what the
  /// verb is for and returns the exit code. What it throws is printed as one line, with exit code 2.
  public init(
    name: String, operands: [String], summary: String, options: [Option],
    run: @escaping @Sendable (Arguments) throws -> Int32
  ) {
    self.name = name
    self.operands = operands
    self.summary = summary
    self.options = options
    self.run = run
  }

  var allOptions: [Option] { options + [.quiet, .help] }

  var usage: String { (["troupe", name] + operands + ["[options]"]).joined(separator: " ") }

  var help: String {
    let rows = allOptions.map { option in
      let left = [option.name, option.value].compactMap { $0 }.joined(separator: " ")
      return "  " + left + String(repeating: " ", count: max(2, 24 - left.count)) + option.help
    }
    return "\(summary)\n\nusage: \(usage)\n\noptions:\n" + rows.joined(separator: "\n")
  }
}

extension Verb {
  /// One option of a verb.
  public struct Option: Sendable {
    let name: String
    let value: String?
    let help: String

    /// An option called `name`, such as `--seed`; `value` stands for its value in the help, and is `nil` for a flag.
    public init(_ name: String, _ value: String? = nil, _ help: String) {
      self.name = name
      self.value = value
      self.help = help
    }

    public static let seed = Option(
      "--seed", "N", "the seed of every random choice (default: the scenario's)")
    public static let threads = Option(
      "--threads", "N", "worker threads, 1 to 64; the results do not depend on it")
    package static let json = Option("--json", nil, "results as JSON")
    static let grammar = Option(
      "--grammar", "on|off",
      "whether designers are held to the grammar, token by token (default: script.mask)")
    static let quiet = Option("--quiet", nil, "no progress, only results")
    static let verbose = Option("--verbose", nil, "how fast the policy was, on standard error")
    static let help = Option("--help", nil, "this help")
  }
}
