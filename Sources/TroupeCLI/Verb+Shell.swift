extension Verb {
  /// The verb that prints completions for a shell: of the names of commands and options, and of files.
  static func completion(of verbs: [Verb]) -> Verb {
    Verb(
      name: "completion", operands: ["SHELL"],
      summary: "prints completions for bash, zsh or fish, to be read by the shell", options: []
    ) { arguments in
      let script = CompletionScript(verbs + [completion(of: []), manual(of: [])])
      switch arguments.positional[0] {
      case "bash": Console.print(script.bash)
      case "zsh": Console.print(script.zsh)
      case "fish": Console.print(script.fish)
      case let other: throw UsageError("completion: '\(other)' is not known; known: bash, zsh, fish")
      }
      return 0
    }
  }

  /// The verb that prints the manual page.
  static func manual(of verbs: [Verb]) -> Verb {
    Verb(
      name: "manual", operands: [], summary: "prints the manual page, for man -l and for packages",
      options: []
    ) { _ in
      Console.print(ManualPage(verbs + [completion(of: []), manual(of: [])]).troff)
      return 0
    }
  }
}

/// What shells complete, made from the same descriptions as `--help`.
struct CompletionScript {
  private let verbs: [Verb]

  init(_ verbs: [Verb]) { self.verbs = verbs }

  private var names: String { verbs.map(\.name).joined(separator: " ") }

  /// To be read by `source <(troupe completion bash)`.
  var bash: String {
    let cases = verbs.map { verb in
      "    \(verb.name)) words=\"\(verb.allOptions.map(\.name).joined(separator: " "))\" ;;"
    }
    return """
      _troupe() {
        local word="${COMP_WORDS[COMP_CWORD]}" words=""
        if [[ $COMP_CWORD -eq 1 ]]; then
          COMPREPLY=($(compgen -W "\(names) --help --version" -- "$word"))
          return
        fi
        case "${COMP_WORDS[1]}" in
      \(cases.joined(separator: "\n"))
        esac
        if [[ "$word" == -* ]]; then
          COMPREPLY=($(compgen -W "$words" -- "$word"))
        else
          COMPREPLY=($(compgen -f -- "$word"))
        fi
      }
      complete -o filenames -F _troupe troupe
      """
  }

  /// To be put into a file `_troupe` in a directory of `fpath`.
  var zsh: String {
    let commands = verbs.map { "    \(ShellCommand.quoted("\(Self.zshName($0.name)):\($0.summary)"))" }
    let cases = verbs.map { verb in
      let options = verb.allOptions.map { option in
        let value = option.value.map { "=:\($0):_files" } ?? ""
        return ShellCommand.quoted(
          "\(option.name)[\(option.help.filter { !"[]".contains($0) })]\(value.zshEscaped)")
      }
      return "      \(verb.name)) _arguments \((options + ["'*:file:_files'"]).joined(separator: " ")) ;;"
    }
    return """
      #compdef troupe
      _troupe() {
        local -a commands
        commands=(
      \(commands.joined(separator: "\n"))
        )
        if (( CURRENT == 2 )); then
          _describe command commands
          return
        fi
        local command="${words[2]}"
        shift words
        (( CURRENT-- ))
        case "$command" in
      \(cases.joined(separator: "\n"))
        esac
      }
      if [[ "$funcstack[1]" == _troupe ]]; then _troupe "$@"; else compdef _troupe troupe; fi
      """
  }

  /// To be read by `troupe completion fish | source`.
  var fish: String {
    let isFirst = "__fish_use_subcommand"
    var lines = verbs.map {
      "complete -c troupe -n \(isFirst) -f -a \($0.name) -d \(ShellCommand.quoted($0.summary))"
    }
    for verb in verbs {
      for option in verb.allOptions {
        lines.append(
          "complete -c troupe -n '__fish_seen_subcommand_from \(verb.name)' -l \(option.name.dropFirst(2))"
            + (option.value == nil ? "" : " -r") + " -d \(ShellCommand.quoted(option.help))")
      }
    }
    return lines.joined(separator: "\n")
  }

  private static func zshName(_ name: String) -> String { name.replacing(":", with: "\\:") }

  /// The text as one word of a shell.
}

extension String {
  /// The text of a placeholder without what zsh's `_arguments` takes for its own signs.
  fileprivate var zshEscaped: String { filter { !"[]<>".contains($0) } }
}

/// The manual page, made from the same descriptions as `--help`, in the macros of man(7).
struct ManualPage {
  private let verbs: [Verb]

  init(_ verbs: [Verb]) { self.verbs = verbs }

  var troff: String {
    var lines = [
      ".TH TROUPE 1", ".SH NAME",
      "troupe \\- simulates multi-agent systems that design and run themselves, reproducible to the last bit",
      ".SH SYNOPSIS", ".B troupe", "COMMAND [options]", ".SH COMMANDS",
    ]
    for verb in verbs {
      lines += [
        ".SS \(Self.escaped(verb.usage))",
        Self.escaped(verb.summary.first.map { "\($0.uppercased())\(verb.summary.dropFirst())." } ?? ""),
      ]
      for option in verb.allOptions {
        let value = option.value.map { " \\fI\(Self.escaped($0))\\fR" } ?? ""
        lines += [".TP", "\\fB\(Self.escaped(option.name))\\fR\(value)", Self.escaped(option.help)]
      }
    }
    lines += [
      ".SH EXIT STATUS", ".TP", "0", "All is well.", ".TP", "1", "What was checked does not hold.", ".TP",
      "2",
      "Bad usage or bad input; one line on standard error says what and where.", ".TP", "3",
      "An internal fault.",
      ".SH ENVIRONMENT", ".TP", "NO_COLOR", "If it is set, nothing is coloured.",
    ]
    return lines.joined(separator: "\n")
  }

  /// The text without what troff takes for a request or an escape.
  private static func escaped(_ text: String) -> String {
    let text = text.replacing("\\", with: "\\e").replacing("-", with: "\\-")
    return text.hasPrefix(".") || text.hasPrefix("'") ? "\\&" + text : text
  }
}
