import Synchronization
import Testing
import TroupeCLI

@Suite("A program's own verbs")
struct VerbTests {
  @Test(
    "a verb of the program's own gets its words and options, decides the exit code, and is known by its name alone"
  )
  func ownVerb() {
    let times = Verb.Option("--times", "N", "how often")
    let greeted = Mutex<[String]>([])
    let greet = Verb(name: "greet", operands: ["NAME"], summary: "greets somebody", options: [times]) {
      arguments in
      let count = try arguments.integer(times, in: 1...9) ?? 1
      greeted.withLock { $0 += Array(repeating: arguments.positional[0], count: count) }
      return 1
    }
    #expect(CommandLineTool.run(["greet", "Ada", "--times", "2"], [greet]) == 1)
    #expect(CommandLineTool.run(["greet", "Grace"], [greet]) == 1)
    for words in [
      ["greet"], ["greet", "Ada", "--times", "0"], ["greet", "Ada", "--seed", "1"], ["gret", "Ada"],
    ] {
      #expect(CommandLineTool.run(words, [greet]) == 2)
    }
    #expect(CommandLineTool.run(["greet", "Ada"]) == 2)
    #expect(greeted.withLock(\.self) == ["Ada", "Ada", "Grace"])
  }
}
