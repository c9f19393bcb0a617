import Foundation
import Testing

/// From nothing to a scenario that fails, is shrunk and is replayed.
@Suite("A new scenario")
struct NewScenarioTests {
  private let files: TemporaryFiles

  init() throws { files = try TemporaryFiles() }

  @Test(
    "each kind is written once, is a valid scenario, and says what to do next",
    arguments: ["faults", "training", "llm"])
  func kinds(kind: String) throws {
    let path = files.url("\(kind).json5").path
    let new = try TroupeProcess(["new", path, "--kind", kind])
    #expect(new.code == 0 && new.output.contains(path), "\(new.error)")
    let checked = try TroupeProcess(["check", path])
    #expect(checked.code == 0, "\(checked.error)")
    let again = try TroupeProcess(["new", path, "--kind", kind])
    #expect(again.code == 2 && again.error.contains("exists"))
  }

  @Test("that of faults does what it expects; with its remedy taken out it fails, is shrunk, and plays again")
  func faults() throws {
    let path = files.url("mine.json5").path
    #expect(try TroupeProcess(["new", path]).code == 0)
    let run = try TroupeProcess(["run", path])
    #expect(run.code == 0 && run.output.contains("every expectation holds"), "\(run.output)\(run.error)")
    let text = try String(contentsOfFile: path, encoding: .utf8)
    let broken = text.split(separator: "\n").filter { !$0.contains("asks again") }.joined(separator: "\n")
    try #require(broken.count < text.count)
    let bad = try files.file("broken.json5", broken)
    let log = files.url("found.log").path
    let found = try TroupeProcess(["explore", bad, "--seeds", "1..10", "--log", log])
    #expect(
      found.code == 1 && found.output.contains("never within 5.0 seconds: answer \"4\""), "\(found.output)")
    let replay = try TroupeProcess(printed: try #require(found.line(after: "see it again")))
    #expect(
      replay.code == 0 && replay.output.contains("never within 5.0 seconds"),
      "\(replay.output)\(replay.error)")
  }

  @Test("a package for own actors has what its command needs, of a checkout or a URL, and overwrites nothing")
  func ownActors() throws {
    let directory = files.url("my shop")
    let new = try TroupeProcess(["new", directory.path, "--kind", "own-actors"])
    #expect(new.code == 0, "\(new.error)")
    #expect(
      new.output.hasSuffix("go on with\ncd '\(directory.path)' && swift run -c release shop run shop.json5\n")
    )
    let written = try FileManager.default.subpathsOfDirectory(atPath: directory.path).filter {
      !$0.hasSuffix("Sources") && $0.contains(".")
    }
    #expect(
      Set(written) == [
        ".gitignore", "Package.swift", "Sources/ShopActors/Shop.swift", "Sources/shop/main.swift",
        "Tests/ShopTests/ShopTests.swift", "shop.json5",
      ])
    func manifest(_ directory: URL) throws -> String {
      try String(contentsOf: directory.appending(path: "Package.swift"), encoding: .utf8)
    }
    #expect(
      try manifest(directory).contains(
        ".package(name: \"Troupe\", path: \"\(TroupeProcess.repository.path)\")"))
    // `make examples` builds, runs and tests the package. Its scenario names a kind that only its program knows.
    let check = try TroupeProcess(["check", directory.appending(path: "shop.json5").path])
    #expect(check.code == 2 && check.error.contains("unknown kind of agent \"shop\""), "\(check.error)")
    let again = try TroupeProcess(["new", directory.path, "--kind", "own-actors"])
    #expect(again.code == 2 && again.error.contains("exists; name a directory that does not"))
    let other = files.url("other")
    let url = "https://example.org/fork-of-troupe.git"
    #expect(try TroupeProcess(["new", other.path, "--kind", "own-actors", "--package", url]).code == 0)
    #expect(
      try manifest(other).contains(".package(url: \"\(url)\", branch: \"main\")")
        && manifest(other).contains("package: \"fork-of-troupe\""))
  }

  @Test("an unknown kind, a name that is none, and a place that cannot be written are one line")
  func badInput() throws {
    for (arguments, says) in [
      ([files.url("a.json5").path, "--kind", "fault"], "did you mean \"faults\"?"),
      ([files.url("a.txt").path], "ends in .json5"),
      (
        ["/nowhere/a.json5"],
        "cannot be written, because its directory does not exist; make the directory first"
      ), ([], "FILE|DIR is missing"),
      ([files.url("a").path, "--kind", "own-actors", "--package", "/"], "/ is no checkout of Troupe"),
      ([files.url("a.json5").path, "--package", "/"], "--package goes with --kind own-actors"),
    ] {
      let new = try TroupeProcess(["new"] + arguments)
      #expect(
        new.code == 2 && new.error.contains(says) && new.error.split(separator: "\n").count == 1,
        "\(new.error)")
    }
  }
}
