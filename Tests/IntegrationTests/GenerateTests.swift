import Foundation
import Testing

/// On the checkpoint that `transformers` wrote for PolicyTests, whose greedy text it recorded.
@Suite("troupe generate")
struct GenerateTests {
  private static let policy = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "PolicyTests/Fixtures/checkpoint")

  private struct Expected: Decodable {
    var text: String
    var tokens, greedy: [Int32]
  }
  private struct Output: Decodable {
    var tokens: [Int32]
    var logprobs: [Double]
    var text: String
    var logits: [[Double]]?
  }
  private let expected: Expected

  init() throws {
    let file = Self.policy.appending(path: "expected.json")
    expected = try JSONDecoder().decode(Expected.self, from: Data(contentsOf: file))
  }

  private func generate(_ more: String...) throws -> TroupeProcess {
    try TroupeProcess(["generate", "--policy", Self.policy.path] + more)
  }

  private func output(_ process: TroupeProcess) throws -> Output {
    #expect(process.code == 0, "\(process.error)")
    return try JSONDecoder().decode(Output.self, from: Data(process.output.utf8))
  }

  @Test("greedy text is that of transformers, from text and from ids, with logits and without")
  func greedy() throws {
    let common = ["--max", "\(expected.greedy.count)", "--temperature", "0", "--json"]
    let ids = expected.tokens.map { "\($0)" }.joined(separator: ",")
    for prompt in [["--prompt", expected.text], ["--tokens", ids]] {
      let found = try output(
        TroupeProcess(
          ["generate", "--policy", Self.policy.path] + prompt + common + ["--logits", "--threads", "2"]))
      #expect(found.tokens == expected.greedy && found.logprobs.count == found.tokens.count)
      let logits = try #require(found.logits)
      #expect(logits.count == expected.tokens.count && logits.allSatisfy { $0.count == 21 })
      // The first token is the likeliest after the prompt.
      #expect(logits.last?.firstIndex(of: logits.last?.max() ?? 0) == Int(expected.greedy[0]))
    }
  }

  @Test("a prompt of ids needs no tokenizer: a directory without one gives the same ids, and no text")
  func withoutTokenizer() throws {
    let files = try TemporaryFiles()
    let bare = files.url("bare")
    try FileManager.default.copyItem(at: Self.policy, to: bare)
    for name in ["tokenizer.json", "tokenizer_config.json"] {
      try FileManager.default.removeItem(at: bare.appending(path: name))
    }
    let ids = expected.tokens.map { "\($0)" }.joined(separator: ",")
    func run(_ directory: URL, _ more: String...) throws -> TroupeProcess {
      try TroupeProcess(["generate", "--policy", directory.path, "--seed", "3"] + more)
    }
    for sampling in [["--temperature", "0", "--max", "\(expected.greedy.count)"], ["--max", "40"]] {
      let whole = try TroupeProcess(
        ["generate", "--policy", Self.policy.path, "--seed", "3", "--tokens", ids, "--json"] + sampling)
      let tokens = try output(whole).tokens
      let said = try TroupeProcess(
        ["generate", "--policy", bare.path, "--seed", "3", "--tokens", ids] + sampling)
      #expect(said.code == 0 && said.error.isEmpty, "\(said.error)")
      #expect(
        said.output == tokens.map { "\($0)" }.joined(separator: ",") + "\n", "it also ends where it did")
      let json = try TroupeProcess(
        ["generate", "--policy", bare.path, "--seed", "3", "--tokens", ids, "--json"] + sampling)
      #expect(json.code == 0 && json.output.contains("\"tokens\":") && json.output.contains("\"text\": null"))
    }
    let refused = try run(bare, "--prompt", "1")
    #expect(refused.code == 2 && refused.error.split(separator: "\n").count == 1)
    #expect(
      refused.error.contains("bare: has no tokenizer.json, which --prompt needs; give --tokens I,J,K"),
      "\(refused.error)")
    try Data("{}".utf8).write(to: bare.appending(path: "tokenizer.json"))
    let broken = try run(bare, "--tokens", "1")
    #expect(broken.code == 2 && broken.error.contains("has no vocabulary"), "a broken one is an error")
  }

  @Test("the same seed says the same, another something else; --verbose says how fast, on standard error")
  func seeds() throws {
    let first = try output(generate("--prompt", "step 1", "--seed", "3", "--json", "--temperature", "2"))
    let again = try output(
      generate("--prompt", "step 1", "--seed", "3", "--json", "--temperature", "2", "--threads", "1"))
    let other = try output(generate("--prompt", "step 1", "--seed", "4", "--json", "--temperature", "2"))
    #expect(first.tokens == again.tokens && first.logprobs == again.logprobs && first.tokens != other.tokens)
    let verbose = try generate("--prompt", "step 1", "--verbose")
    #expect(verbose.error.contains("tokens/s") && verbose.error.contains("of large products"))
    #expect(verbose.error.split(separator: "\n").count == 1)
  }

  @Test("what cannot be run is one line and exit code 2")
  func refusals() throws {
    let cases: [(arguments: [String], says: String)] = [
      ([], "give either --prompt TEXT or --tokens I,J,K"),
      (["--prompt", "1", "--tokens", "1"], "give either"), (["--prompt", ""], "the prompt is empty"),
      (["--prompt", "hello"], "'hello', at byte 0, is not in the vocabulary"),
      (["--tokens", "1,x"], "'x' is not a token id"),
      (["--tokens", "99"], "token 99 is outside the vocabulary of 21"),
      (["--tokens", (0..<64).map { _ in "3" }.joined(separator: ",")], "leaves no room for a completion"),
      (["--prompt", "1", "--temperature", "-1"], "temperature -1.0 is not 0 or above"),
      (["--prompt", "1", "--temperature", "warm"], "'warm' is not a number"),
      (["--prompt", "1", "--top-k", "0"], "top-k 0 keeps no token"),
      (["--prompt", "1", "--top-p", "2"], "top-p 2.0 is not in (0, 1]"),
      (["--prompt", "1", "--min-p", "-1"], "min-p -1.0 is not in [0, 1]"),
      (["--prompt", "1", "--logits"], "--logits needs --json"),
      (["--prompt", "1", "--chat"], "--chat needs a policy with a byte-pair vocabulary"),
      (
        ["--prompt", "1", "--products", "openblas", "--blas-kernel", "Foo"],
        "BLAS kernel 'Foo' is unknown to OpenBLAS"
      ),
      (["--prompt", "1", "--blas-kernel", "Haswell"], "add --products openblas to use it"),
      (
        ["--prompt", "1", "--products", "mkl"],
        "'mkl' is none of own, amx, avx512bf16, avx512, avx2, scalar, openblas"
      ),
    ]
    for (arguments, says) in cases {
      let process = try TroupeProcess(["generate", "--policy", Self.policy.path] + arguments)
      #expect(process.code == 2, "\(arguments)")
      #expect(process.error.contains(says), "\(process.error)")
      #expect(process.error.split(separator: "\n").count == 1 && process.output.isEmpty)
    }
  }

  @Test(
    "a kernel that the environment names matters with --products openblas only, where one that the processor lacks is an error"
  )
  func environment() throws {
    let words = ["generate", "--policy", Self.policy.path, "--prompt", "1", "--temperature", "0"]
    func run(_ more: [String], kernel: String) throws -> TroupeProcess {
      try TroupeProcess(words + more, shell: "export OPENBLAS_CORETYPE=\(kernel)")
    }
    let openBLAS = ["--products", "openblas"]
    let refused = try run(openBLAS, kernel: "Bulldozer")
    #expect(refused.code == 2 && refused.error.contains("BLAS kernel 'Bulldozer'"), "\(refused.error)")
    let unknown = try run(openBLAS, kernel: "Foo")
    #expect(unknown.code == 2 && unknown.error.contains("BLAS kernel 'Foo' is unknown"), "\(unknown.error)")
    let own = try TroupeProcess(words)
    for process in [try run([], kernel: "Foo"), try run(openBLAS, kernel: "Nehalem")] {
      #expect(process.code == 0 && process.output == own.output, "\(process.error)")
    }
  }
}
