import Foundation
import Testing

/// What a person reads of a log.
@Suite("A log as text")
struct LogVerbTests {
  private let files = Result { try TemporaryFiles() }

  /// A log of designers and executors whose answers are known; `more` are options of `run`.
  private func log(_ scenario: String = "{}", _ more: String...) throws -> String {
    let files = try files.get()
    let log = files.url("\(UUID()).log").path
    _ = try TroupeProcess(["run", files.file("\(UUID()).json5", scenario), "--log", log] + more)
    return log
  }

  @Test("a log begins with a summary; episodes and their events can be chosen")
  func filters() throws {
    let log = try log("{ episodes: 8 }")
    let whole = try TroupeProcess(["log", log]).output
    #expect(whole.contains("8 episodes\n") && whole.contains("family") && whole.contains("100"))
    #expect(whole.split(separator: "\n").count { $0.hasPrefix("run/episode-") } == 8)
    let few = try TroupeProcess(["log", log, "--most", "3"]).output
    #expect(few.split(separator: "\n").count { $0.hasPrefix("run/episode-") } == 3 && few.contains("5 more"))
    #expect(
      try TroupeProcess(["log", log, "--failed"]).output.contains("none of the 8 episodes is as asked for"))
    #expect(try TroupeProcess(["log", log, "--reward", ">=1"]).output.contains("run/episode-7"))
    #expect(!(try TroupeProcess(["log", log, "--reward", "<1"]).output.contains("run/episode-7")))
    let calls = try TroupeProcess([
      "log", log, "--kind", "call,completion", "--actor", "designer", "--most", "0",
    ]).output
    let lines = calls.split(separator: "\n").filter { $0.hasPrefix("  ") }
    #expect(lines.count == 16 && lines.allSatisfy { $0.contains("root/environment/designer  generate") })
    #expect(lines[0].contains("design is asked \"") && lines[1].contains("says \"a = "))
    let word = try TroupeProcess(["log", log, "--episode", "run/episode-0", "--grep", "says"]).output
    #expect(
      word.split(separator: "\n").filter { $0.first?.isNumber == true }.allSatisfy { $0.contains("says") })
    let replayed = try TroupeProcess(["replay", log, "--family", "synthesis"])
    #expect(replayed.code == 0 && replayed.output.contains("all as in the log"))
  }

  @Test("an episode is told with its prompts, its generations with probabilities, its script and its reward")
  func page() throws {
    let page = try TroupeProcess(["log", log("{ episodes: 1 }"), "--episode", "run/episode-0"]).output
    for text in [
      "run/episode-0: an episode", "  task      ", "  script    a = ", "  result    solved, answer \"",
      "  executors reward 1 = answer +1", "  call a.0  ", " 100 %",
      "  finish  root/environment  solved, answer",
    ] { #expect(page.contains(text), "\(text) in \(page.prefix(2000))") }
    #expect(!page.contains(" bytes"))
  }

  @Test("what is asked for and is not there, or cannot be read, is one line with exit code 2")
  func badInput() throws {
    let log = try log("{ episodes: 1 }")
    for (arguments, says) in [
      (["--episode", "nobody"], "there is no episode nobody"),
      (["--reward", "<<1"], "'<<1' is no condition"),
      (["--reward", "nan"], "'nan' is no condition"), (["--kind", "cal"], "did you mean 'call'?"),
      (["--kind", "xyzzy"], "kinds: spawn, "), (["--level", "two"], "'two' is not a whole number"),
      (["--failed", "--compact", try files.get().url("none.log").path], "no episode is as asked for"),
    ] {
      for verb in arguments.contains("--compact") ? ["log"] : ["log", "replay"] {
        let process = try TroupeProcess([verb, log] + arguments)
        #expect(process.code == 2 && process.error.contains(says), "\(verb) \(arguments): \(process.error)")
        #expect(process.error.split(separator: "\n").count == 1 && process.output.isEmpty)
      }
    }
  }

  @Test(
    "messages with controls, marks of direction, emoji and a megabyte of text are shown and obeyed by no terminal"
  )
  func hostileTexts() throws {
    let long = String(repeating: "long ", count: 200_000)
    let texts = ["\\u001b[31mred", "\\u202eleft", "line\\nbreak", "\\u009b2J", long, "🙂"]
    let lines = texts.map { "{ say: \"\($0)\", to: \"b\" }" }.joined(separator: ", ")
    let log = try log(
      "{ agents: [{ name: \"a\", lines: [\(lines)] }, { name: \"b\", lines: [{ on: \"🙂\", say: \"\\u001b]0;x\\u0007\", reward: 1 }] }] }"
    )
    for arguments in [
      [], ["--episode", "run/episode-0"], ["--events"], ["--json", "--episode", "run/episode-0"],
    ] {
      let process = try TroupeProcess(["log", log] + arguments)
      #expect(process.code == 0, "\(process.error)")
      let unsafe = process.output.unicodeScalars.filter {
        ($0.value < 0x20 && $0 != "\n") || (0x7f..<0xa0).contains($0.value)
          || (0x202a...0x202e).contains($0.value)
      }
      #expect(unsafe.isEmpty, "\(arguments): \(unsafe.prefix(5))")
      if !arguments.isEmpty { #expect(process.output.contains("🙂") && process.output.utf8.count > 1_000_000) }
    }
  }

  @Test("on a terminal lines are cut to its width, from 20 columns on, and coloured unless NO_COLOR is set")
  func terminal() throws {
    let log = try log("{ episodes: 2 }")
    for (columns, shell, isColoured) in [
      (20, "exec 1>&2", true), (300, "exec 1>&2", true), (80, "export NO_COLOR=1; exec 1>&2", false),
    ] {
      let shown = try TerminalProcess(
        ["log", log, "--episode", "run/episode-0"], columns: columns,
        shell: "unset NO_COLOR; export TERM=xterm; " + shell)
      #expect(shown.code == 0)
      #expect(shown.text.contains("\u{1B}[1m") == isColoured, "\(columns)")
      let plain = shown.text.replacing(/\u{1B}\[[0-9;]*m/, with: "")
      let events = plain.split(whereSeparator: \.isNewline).filter {
        $0.first?.isNumber == true && $0.contains("  ")
      }
      #expect(
        events.count > 5 && events.allSatisfy { $0.count < columns }, "\(columns): \(events.first ?? "")")
    }
  }

  @Test("completions and the manual page name every command and option, and the shells read them")
  func shells() throws {
    let bash = try TroupeProcess(["completion", "bash"])
    let script = try files.get().file("completion.bash", bash.output)
    let process = Process()
    process.executableURL = URL(filePath: "/bin/bash")
    process.arguments = [
      "-c", "source \(script); COMP_WORDS=(troupe log --fa); COMP_CWORD=2; _troupe; echo ${COMPREPLY[@]}",
    ]
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let found = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    #expect(found == "--failed --family\n")
    let manual = try TroupeProcess(["manual"]).output
    for shell in ["zsh", "fish"] {
      let text = try TroupeProcess(["completion", shell]).output
      for verb in ["train", "study", "log", "replay", "bench"] {
        #expect(text.contains(verb) && manual.contains(".SS troupe \(verb)"), "\(shell) \(verb)")
      }
    }
    let shown = try TroupeProcess(["completion", "tcsh"])
    #expect(shown.code == 2 && shown.error.contains("known: bash, zsh, fish"))
    #expect(try TroupeProcess(["help", "log"]).output == TroupeProcess(["log", "--help"]).output)
  }
}
