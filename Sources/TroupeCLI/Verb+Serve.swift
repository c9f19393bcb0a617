import Dispatch
import Foundation
import Messaging
import Policy
import Serving
import Sim

extension Verb {
  private static let policy = Option(
    "--policy", "DIR", "the policy, a Hugging Face directory or a file of llama.cpp (GGUF); needed")
  private static let role = Option(
    "--role", "NAME", "of a policy whose roles differ: designer or executor; needed there")
  private static let name = Option(
    "--name", "NAME", "the model's name in requests (default: that of the file or directory)")
  private static let format = Option(
    "--format", "NAME",
    "bf16 or q8_0: rounds the weights and keeps them in fewer bits, for other answers in less memory")
  private static let host = Option(
    "--host", "ADDRESS", "where to listen (default: 127.0.0.1, this machine alone)")
  private static let port = Option("--port", "N", "the port (default: 8080); 0 is any that is free")
  private static let context = Option(
    "--context", "N", "the most tokens of prompt and answer together (default: the model's)")
  private static let most = Option(
    "--max", "N", "tokens of a chat's answer if its request does not say (default: 1024)")
  private static let running = Option("--running", "N", "generations at the same time (default: 64)")
  private static let waiting = Option(
    "--waiting", "N", "requests that wait for room (default: 256); more are told to come again")
  private static let body = Option("--body", "BYTES", "the largest body of a request (default: 1048576)")
  private static let seconds = Option(
    "--seconds", "N", "how long an answer may take, with waiting (default: 600)")
  private static let memory = Option(
    "--cache", "MEBIBYTES", "the most memory for keys and values (default: 2048)")

  /// The verb that answers requests over HTTP.
  static let serve = Verb(
    name: "serve", operands: [], summary: "answers OpenAI's API by a policy, with exact answers",
    options: [
      policy, role, format, name, host, port, context, most, running, waiting, body, seconds, memory,
      .threads,
      .products,
    ]
  ) { arguments in
    guard let path = arguments.string(policy) else { throw UsageError("serve: --policy DIR is missing") }
    var limits = ServerLimits()
    limits.running = try arguments.integer(running, in: 1...4_096) ?? limits.running
    limits.waiting = try arguments.integer(waiting, in: 0...65_536) ?? limits.waiting
    limits.http.body = try arguments.integer(body, in: 1...(1 << 30)) ?? limits.http.body
    limits.requests.tokens = try arguments.integer(most, in: 1...10_000_000) ?? limits.requests.tokens
    if let seconds = try arguments.integer(seconds, in: 1...86_400) { limits.answer = .seconds(seconds) }
    // Each request that runs or waits has a connection.
    limits.connections = limits.running + limits.waiting + 64
    let model = try served(path, arguments)
    let memory = try arguments.integer(memory, in: 1...1_048_576) ?? 2_048
    let server = try Server(
      model, host: arguments.string(host) ?? "127.0.0.1",
      port: arguments.integer(port, in: 0...65_535) ?? 8_080,
      threads: arguments.threads(), cacheLimit: memory << 20, limits: limits)
    let signals = [SIGINT, SIGTERM].map { number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler { server.stop() }
      source.resume()
      return source
    }
    let address = arguments.string(host) ?? "127.0.0.1"
    Console.print(
      "http://\(address.contains(":") ? "[\(address)]" : address):\(server.port)/v1 serves \(model.name)")
    server.run()
    for source in signals { source.cancel() }
    return 0
  }

  /// The policy with its vocabulary and, if it has one, its chat template.
  private static func served(_ path: String, _ arguments: Arguments) throws -> ServedModel {
    let directory = URL(filePath: path)
    guard RoleWeights.hasTokenizer(directory) else {
      throw UsageError("\(path): has no tokenizer.json, without which no text can be answered")
    }
    let products = try arguments.products()
    guard products == .own else {
      throw UsageError(
        "serve: with --products openblas an answer would depend on those beside it; leave it out")
    }
    let (roles, tokenizer) = try RoleWeights.read(directory)
    var transformer = try model(of: arguments.string(role), in: roles, products: products, verb: "serve")
    let format = try arguments.string(format).map { name in
      guard let format = FrozenWeights.Format(rawValue: name) else {
        throw UsageError("--format: '\(name)' is neither bf16 nor q8_0")
      }
      return format
    }
    if let format {
      guard roles.areShared else {
        throw UsageError("serve: --format goes with a policy that both roles share; leave it out")
      }
      transformer = Transformer(frozen: FrozenWeights(roles.shared, format, threads: try arguments.threads()))
    }
    let hasTemplate = (tokenizer as? BytePairTokenizer)?.chatTemplate != nil
    let isFile = directory.pathExtension == "gguf"
    let file = (isFile ? directory.deletingPathExtension() : directory).lastPathComponent
    // The digest of all weights, whichever role is asked.
    let suffixes = [arguments.string(role), format?.rawValue].compactMap { $0 }.map { "-\($0)" }.joined()
    return ServedModel(
      name: arguments.string(name) ?? file, transformer, tokenizer,
      template: hasTemplate ? try RoleWeights.chatTemplate(directory) : nil,
      context: try arguments.integer(context, in: 2...10_000_000),
      fingerprint: "\(roles.digest.prefix(16))\(suffixes)")
  }
}
