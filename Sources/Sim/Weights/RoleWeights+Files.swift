import Foundation
import Messaging
import Policy

/// The files of a policy's directory: one policy for both roles, or one policy with an adapter for each role in
/// `designer/` and `executor/`, or a policy for each role in these.
extension RoleWeights {
  private static let roles: [Role] = [.designer, .executor]

  /// Writes files that `transformers` and PEFT load. `products` are those with which the weights were trained.
  func write(to directory: URL, tokenizer: any Tokenizer, products: Products) throws {
    if case .weights = designer {
    } else {
      try Checkpoint.write(
        shared, tokenizer: tokenizer, to: directory, products: products, frozen: frozen?.format)
    }
    for role in Self.roles {
      let place = directory.appending(path: role.rawValue)
      switch self[role] {
      case .nothing: continue
      case .weights(let weights):
        try Checkpoint.write(weights, tokenizer: tokenizer, to: place, products: products)
      case .adapter(let adapter): try adapter.write(to: place, base: "..")
      }
    }
  }

  /// Reads a policy, Troupe's or published, with its vocabulary.
  package static func read(_ directory: URL) throws -> (weights: RoleWeights, tokenizer: any Tokenizer) {
    let (weights, tokenizers) = try read(directory) { try Checkpoint.read($0) }
    if tokenizers.count == 2 {
      guard tokenizers[0].vocabularySize == tokenizers[1].vocabularySize,
        tokenizers[0] as? WordTokenizer == tokenizers[1] as? WordTokenizer
      else {
        throw CheckpointError(
          .vocabulary, places(directory)[1].relativePath, "its vocabulary is not the designer's")
      }
    }
    return (weights, tokenizers[0])
  }

  /// Reads a policy without its vocabulary, which may be missing, and the token that ends its texts, if it names one.
  package static func readWithoutTokenizer(_ directory: URL) throws -> (
    weights: RoleWeights, endToken: Int32?
  ) {
    let (weights, endTokens) = try read(directory) {
      (try Checkpoint.readWeights($0), try Checkpoint.endToken($0))
    }
    return (weights, endTokens[0])
  }

  /// The chat template of a policy; Qwen3's if its directory has none.
  package static func chatTemplate(_ directory: URL) throws(CheckpointError) -> ChatTemplate {
    try Checkpoint.chatTemplate(places(directory)[0]) ?? .qwen3
  }

  /// Whether a policy has a vocabulary in each place that needs one.
  package static func hasTokenizer(_ directory: URL) -> Bool {
    places(directory).allSatisfy { Checkpoint.hasTokenizer($0) }
  }

  /// Returns the directories of a policy's models: the directory itself, or one in it for each role.
  private static func places(_ directory: URL) -> [URL] {
    func has(_ path: String) -> Bool {
      FileManager.default.fileExists(atPath: directory.appending(path: path).path)
    }
    guard !has("config.json"), has("designer/config.json") else { return [directory] }
    return roles.map { directory.appending(path: $0.rawValue) }
  }

  /// Reads a policy and, for each of its models, the value that `model` reads beside it.
  private static func read<Rest>(
    _ directory: URL, _ model: (URL) throws -> (Weights, Rest)
  ) throws -> (RoleWeights, [Rest]) {
    let models = try places(directory).map(model)
    var weights = RoleWeights(models[0].0)
    if models.count == 2 {
      (weights.designer, weights.executor) = (.weights(models[0].0), .weights(models[1].0))
    } else if FileManager.default.fileExists(
      atPath: directory.appending(path: "designer/adapter_config.json").path)
    {
      func adapter(_ role: Role) throws -> Own {
        let place = directory.appending(path: role.rawValue)
        return .adapter(try Adapter(reading: place, for: models[0].0.configuration))
      }
      (weights.designer, weights.executor) = (try adapter(.designer), try adapter(.executor))
      if let format = try Checkpoint.frozenFormat(directory) { weights.freeze(format) }
    }
    return (weights, models.map(\.1))
  }

  /// Writes what each role has of its own into a checkpoint, and returns the directories that it made.
  @discardableResult
  func writeOwn(into directory: URL, products: Products) throws -> [URL] {
    var made: [URL] = []
    for role in Self.roles {
      let place = directory.appending(path: role.rawValue)
      switch self[role] {
      case .nothing: continue
      case .weights(let weights):
        try Checkpoint.write(weights, to: place.appendingPathExtension("safetensors"), products: products)
      case .adapter(let adapter):
        try adapter.write(to: place)
        made.append(place)
      }
    }
    return made
  }

  /// Reads what ``writeOwn(into:products:)`` wrote, if there is anything.
  mutating func readOwn(from directory: URL) throws {
    func own(_ role: Role) throws -> Own {
      let place = directory.appending(path: role.rawValue)
      let file = place.appendingPathExtension("safetensors")
      if FileManager.default.fileExists(atPath: file.path) {
        return .weights(try Checkpoint.read(file, shared.configuration))
      }
      guard FileManager.default.fileExists(atPath: place.path) else { return .nothing }
      return .adapter(try Adapter(reading: place, for: shared.configuration))
    }
    (designer, executor) = (try own(.designer), try own(.executor))
  }

  /// The digest of all weights that the two roles use.
  package var digest: String {
    guard let frozen else {
      return areShared ? shared.digest : Self.joined(weights(of: .designer), weights(of: .executor))
    }
    // Merged weights would be other numbers than those that the roles run on.
    var hash = SHA256()
    hash.update(Array(frozen.format.rawValue.utf8).span.bytes)
    for values in [shared.values] + Self.roles.compactMap({ adapter(of: $0)?.values }) {
      values.withUnsafeBytes { hash.update(RawSpan(_unsafeBytes: $0)) }
    }
    return hash.finalized().hex
  }

  private static func joined(_ designer: Weights, _ executor: Weights) -> String {
    // Each digest is a SHA-256, and half of its characters are enough to tell it from others.
    "\(designer.digest.prefix(32))\(executor.digest.prefix(32))"
  }
}
