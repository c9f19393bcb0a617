import Foundation
import Policy
import Sim

/// The command line as a library: a user's own `main` calls it and has every verb.
public enum CommandLineTool {
  private static let verbs: [Verb] = [
    .new, .train, .study, .run, .explore, .eval, .ceiling, .generate, .serve, .replay, .fork, .log, .audit,
    .costs, .report, .export, .check, .schema,
  ]

  /// Runs the verb that the process's arguments name, and exits.
  ///
  /// The exit code is 0 if all is well, 1 if the thing that was checked does not hold, 2 for bad usage or bad input
  /// (one line on standard error says what and where), and 3 for an internal fault.
  ///
  /// `verbs` are commands of your own; their names must differ from those of `troupe`. `register` adds the parts of
  /// your own that scenarios may name; an error that it throws is bad input. Call `main` before anything else: it makes
  /// hashing the same in every process, and dictionaries and sets that were made before would lose their keys.
  public static func main(
    verbs: [Verb] = [], _ register: (inout Registry) throws -> Void = { _ in }
  ) -> Never {
    DeterministicHashing.enable()
    signal(SIGPIPE, SIG_IGN)
    BLAS.endThreads()
    var registry = Registry()
    do {
      try register(&registry)
    } catch {
      Console.error("troupe: \(error)")
      exit(2)
    }
    exit(run(Array(CommandLine.arguments.dropFirst()), verbs, registry))
  }

  /// Runs `words` as `troupe words...` would, and returns the exit code.
  package static func run(_ words: [String], _ own: [Verb] = [], _ registry: Registry = Registry()) -> Int32 {
    var verbs = verbs + own
    verbs += [.completion(of: verbs), .manual(of: verbs)]
    precondition(Set(verbs.map(\.name)).count == verbs.count, "two verbs have the same name")
    do {
      guard let name = words.first else {
        Console.error(help(verbs))
        return 2
      }
      if ["--help", "-h", "help"].contains(name) {
        let wanted = verbs.first { words.count > 1 && $0.name == words[1] }
        Console.print(wanted?.help ?? help(verbs))
        return 0
      }
      if name == "--version" {
        Console.print(TrainingRun.program)
        return 0
      }
      guard let verb = verbs.first(where: { $0.name == name }) else {
        let near = Spelling.nearest(to: name, among: verbs.map(\.name))
        throw UsageError(
          "unknown command '\(name)'" + (near.map { "; did you mean '\($0)'?" } ?? "; see troupe --help"))
      }
      let arguments = try Arguments(Array(words.dropFirst()), of: verb, registry)
      if arguments.has(.help) {
        Console.print(verb.help)
        return 0
      }
      try prepare(verb, ProductsChoice(arguments))
      return try verb.run(arguments)
    } catch  where registry.fault != nil {
      // The fault of a registered part is bad input, however it came to light.
      Console.error("troupe: \(registry.fault.map { "\($0)" } ?? "")")
      return 2
    } catch RolloutError.unknown(let episode, let reason) {
      // Neither the program nor the scenario is to blame, so it is told as what it is.
      let error = RolloutError.unknown(episode: episode, reason)
      Console.error("troupe: \(error) (see docs/data.md#when-nobody-knows)")
      return 2
    } catch let error where error is RolloutError || error is OffPolicyError || error is HeldOutTask {
      Console.error("troupe: internal fault: \(error)")
      return 3
    } catch let error as ScenarioError {
      for line in text(of: error) { Console.error(line) }
      return 2
    } catch {
      Console.error("troupe: \(FileFailure.line(of: error) ?? "\(error)")")
      return 2
    }
  }

  /// The most errors of a scenario that are told at once.
  private static let mostErrors = 10

  /// A line for each error of a scenario, of a study or of another file like it, and the page that explains what is wrong.
  private static func text(of error: ScenarioError) -> [String] {
    let all = error.all
    let isStudy = Study.isStudy(URL(filePath: error.file))
    let pages = Set(all.compactMap { isStudy ? "docs/studies.md#the-file" : $0.page })
    guard all.count > 1 else {
      return ["troupe: \(error)" + (pages.first.map { " (see \($0))" } ?? "")]
    }
    var lines = all.prefix(mostErrors).map { "troupe: \($0)" }
    if all.count > mostErrors { lines.append("troupe: and \(all.count - mostErrors) more") }
    if pages.count == 1, let page = pages.first {
      lines.append("troupe: \(page) explains these keys")
    } else {
      lines.append("troupe: docs/scenario-keys.md explains every key")
    }
    return lines
  }

  /// Chooses the products before anything is multiplied, and prints a warning if they are slow.
  private static func prepare(_ verb: Verb, _ choice: ProductsChoice) throws {
    switch choice {
    case .own(let chosen?): chosen.use()
    case .own(nil):
      guard verb.options.contains(where: { $0.name == Verb.Option.products.name }),
        InstructionSet.current == .scalar
      else { return }
      Console.error(
        "troupe: this processor has no AVX2 with FMA; everything is computed without them, to the same bits, about 100 times slower"
      )
    case .openBLAS(let kernel):
      try BLAS.checkEnvironment()
      if let kernel { try BLAS.pin(kernel: kernel) }
    }
  }

  private static func help(_ verbs: [Verb]) -> String {
    let rows = verbs.map { verb in
      "  " + verb.name + String(repeating: " ", count: max(1, 12 - verb.name.count)) + verb.summary
    }
    return """
      Troupe: multi-agent systems that design and run themselves, reproducible to the last bit.

      usage: troupe COMMAND [options]

      commands:
      \(rows.joined(separator: "\n"))

      troupe COMMAND --help (or -h) says more, troupe --version which version this is. Exit codes: 0 fine, 1 what was checked does not hold, 2 bad input, 3 internal fault.
      """
  }
}

/// The output of the program: results go to standard output, everything else to standard error.
///
/// If a reader stops reading (`troupe ... | head`), that is not an error, and the rest of the output is lost.
package enum Console {
  /// The name with which the program was called, for lines that can be pasted back.
  static let program = CommandLine.arguments.first ?? "troupe"

  /// The contents of a text file.
  static func text(of path: String) throws -> String {
    let data: Data
    do {
      data = try Data(contentsOf: URL(filePath: path))
    } catch {
      throw UsageError("\(path): \(FileFailure(error, .read))")
    }
    guard let text = String(validating: data, as: UTF8.self) else {
      throw UsageError("\(path): is not UTF-8 text; save it as UTF-8")
    }
    return text
  }

  package static func print(_ text: String) { write(text, to: .standardOutput) }
  static func error(_ text: String) { write(text, to: .standardError) }

  private static func write(_ text: String, to file: FileHandle) {
    try? file.write(contentsOf: Data((text + "\n").utf8))
  }
}
