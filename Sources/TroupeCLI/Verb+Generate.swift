import Foundation
import Messaging
import Policy
import Sim

extension Verb {
  private static let policy = Option("--policy", "DIR", "the policy, a Hugging Face directory; needed")
  private static let role = Option(
    "--role", "NAME", "of a policy whose roles differ: designer or executor; needed there")
  private static let prompt = Option("--prompt", "TEXT", "what to go on from")
  private static let tokens = Option(
    "--tokens", "I,J,K", "the same as token ids; needs no tokenizer, without which ids are printed")
  private static let chat = Option(
    "--chat", nil, "put the prompt into the model's chat template, as a user's message; without one, Qwen3's")
  private static let most = Option("--max", "N", "tokens at most (default: 64)")
  private static let temperature = Option(
    "--temperature", "X", "divides the logits (default: 1); 0 is greedy")
  private static let topK = Option("--top-k", "K", "sample from the K likeliest tokens")
  private static let topP = Option(
    "--top-p", "P", "sample from the fewest tokens that have this probability together")
  private static let minP = Option(
    "--min-p", "P", "sample from tokens at least this fraction as likely as the likeliest")
  private static let logits = Option(
    "--logits", nil, "with --json: the logits after each position of the prompt")

  /// The verb that continues a prompt with a policy.
  static let generate = Verb(
    name: "generate", operands: [], summary: "goes on from a prompt, by any policy, Troupe's or published",
    options: [
      policy, role, prompt, tokens, chat, most, temperature, topK, topP, minP, .seed, logits, .json, .threads,
      .products, .kernel, .verbose,
    ]
  ) { arguments in
    guard let path = arguments.string(policy) else { throw UsageError("generate: --policy DIR is missing") }
    if arguments.has(logits), !arguments.has(.json) { throw UsageError("generate: --logits needs --json") }
    let sampling = SamplingParameters(
      temperature: try arguments.number(temperature) ?? 1,
      topK: try arguments.integer(topK, in: 0...Int.max), topP: try arguments.number(topP),
      minP: try arguments.number(minP))
    let (roles, tokenizer, endToken) = try read(path, arguments)
    let model = try model(of: arguments.string(role), in: roles, products: try arguments.products())
    let threads = try arguments.threads()
    let request = GenerationRequest(
      prompt: try ids(arguments, tokenizer, URL(filePath: path)),
      maximumTokens: try arguments.integer(most, in: 1...10_000_000) ?? 64,
      sampling: sampling, seed: try arguments.seed() ?? 0, endToken: endToken)
    let decoder = Decoder(model, threads: threads)
    let clock = ContinuousClock()
    let begin = clock.now
    _ = try decoder.submit(request)
    var generation: Generation?
    while generation == nil { generation = try decoder.step().first?.finished }
    guard let generation else { return 3 }
    if arguments.has(.verbose) {
      let rates = DecoderRates(
        decoder.statistics, model.configuration, seconds: (clock.now - begin) / .seconds(1), threads: threads)
      Console.error(rates.text)
    }
    let text = tokenizer?.decode(generation.tokens)
    guard arguments.has(.json) else {
      Console.print(text ?? generation.tokens.map { "\($0)" }.joined(separator: ","))
      return 0
    }
    // A Float is printed with its own digits, which are the fewest that give it back.
    func list(_ values: [Float]) -> JSONValue { .array(values.map { .verbatim("\($0)") }) }
    let found = arguments.has(logits) ? try model.logits(of: request.prompt, threads: threads) : nil
    ResultLine(
      "generate",
      [
        "tokens": .array(generation.tokens.map { .integer(Int($0)) }),
        "logprobs": list(generation.logProbabilities), "text": .optional(text),
        "stop": .text("\(generation.stop)"), "logits": found.map { .array($0.map(list)) } ?? .null,
      ]
    ).print()
    return 0
  }

  /// Reads the policy, its tokenizer and the token that ends its texts. Without a tokenizer the prompt has to be ids.
  private static func read(
    _ path: String, _ arguments: Arguments
  ) throws -> (RoleWeights, (any Tokenizer)?, endToken: Int32) {
    let directory = URL(filePath: path)
    if RoleWeights.hasTokenizer(directory) {
      let (roles, tokenizer) = try RoleWeights.read(directory)
      return (roles, tokenizer, tokenizer.endToken)
    }
    let (roles, endToken) = try RoleWeights.readWithoutTokenizer(directory)
    if arguments.has(prompt) {
      throw UsageError("\(path): has no tokenizer.json, which --prompt needs; give --tokens I,J,K")
    }
    // No token has the id -1, so only the length ends the text.
    return (roles, nil, endToken ?? -1)
  }

  /// The model of the role that `--role` names, which only a policy whose roles differ needs.
  static func model(
    of name: String?, in roles: RoleWeights, products: Products, verb: String = "generate"
  ) throws -> Transformer {
    try roles.requireOwnProducts(products)
    guard let name else {
      guard roles.areShared else {
        throw UsageError("\(verb): the policy's roles differ; give --role designer or --role executor")
      }
      return Transformer(weights: roles.shared, products: products)
    }
    guard let role = RoleWeights.Role(rawValue: name) else {
      throw UsageError("--role: '\(name)' is neither designer nor executor")
    }
    return roles.model(of: role, products: products)
  }

  private static func ids(
    _ arguments: Arguments, _ tokenizer: (any Tokenizer)?, _ directory: URL
  ) throws -> [Int32] {
    switch (arguments.string(prompt), arguments.string(tokens)) {
    case (let text?, nil):
      guard let tokenizer else { throw UsageError("generate: --prompt needs a policy with a tokenizer") }
      guard arguments.has(chat) else { return try tokenizer.encode(text) }
      guard tokenizer is BytePairTokenizer else {
        throw UsageError("generate: --chat needs a policy with a byte-pair vocabulary")
      }
      let template = try RoleWeights.chatTemplate(directory)
      return try tokenizer.encode(template.prompt([.init(.user, text)]))
    case (nil, let list?):
      guard !arguments.has(chat) else { throw UsageError("generate: --chat needs --prompt") }
      return try list.split(separator: ",", omittingEmptySubsequences: false).map { part in
        guard let id = Int32(part.trimmingCharacters(in: .whitespaces)) else {
          throw UsageError("--tokens: '\(part)' is not a token id")
        }
        return id
      }
    default: throw UsageError("generate: give either --prompt TEXT or --tokens I,J,K")
    }
  }
}
