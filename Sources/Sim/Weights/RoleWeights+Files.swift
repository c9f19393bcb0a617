import Foundation
import Policy

/// A policy's directory: one policy for both roles; one with an adapter for each in `designer/` and `executor/`; or two
/// in these.
extension RoleWeights {
  private static let roles: [Role] = [.designer, .executor]

  private func own(_ role: Role) -> Own { role == .designer ? designer : executor }

  /// Writes what `transformers` and PEFT load; the weights were trained by `products`.
  func write(to directory: URL, tokenizer: WordTokenizer, products: Products) throws {
    if case .weights = designer {
    } else {
      try Checkpoint.write(shared, tokenizer: tokenizer, to: directory, products: products)
    }
    for role in Self.roles {
      let place = directory.appending(path: role.rawValue)
      switch own(role) {
      case .nothing: continue
      case .weights(let weights):
        try Checkpoint.write(weights, tokenizer: tokenizer, to: place, products: products)
      case .adapter(let adapter): try adapter.write(to: place, base: "..")
      }
    }
  }

  /// Reads a policy, Troupe's or published, with its vocabulary.
  public static func read(_ directory: URL) throws -> (weights: RoleWeights, tokenizer: any Tokenizer) {
    func has(_ path: String) -> Bool {
      FileManager.default.fileExists(atPath: directory.appending(path: path).path)
    }
    func place(_ role: Role) -> URL { directory.appending(path: role.rawValue) }
    guard !has("config.json"), has("designer/config.json") else {
      let (shared, tokenizer) = try Checkpoint.read(directory)
      var weights = RoleWeights(shared)
      if has("designer/adapter_config.json") {
        weights.designer = .adapter(try Adapter(reading: place(.designer), for: shared.configuration))
        weights.executor = .adapter(try Adapter(reading: place(.executor), for: shared.configuration))
      }
      return (weights, tokenizer)
    }
    let (own, tokenizer) = try Checkpoint.read(place(.designer))
    var weights = RoleWeights(own)
    weights.designer = .weights(own)
    let (others, otherTokenizer) = try Checkpoint.read(place(.executor))
    guard tokenizer.vocabularySize == otherTokenizer.vocabularySize,
      tokenizer as? WordTokenizer == otherTokenizer as? WordTokenizer
    else {
      throw CheckpointError(
        .vocabulary, place(.executor).relativePath, "its vocabulary is not the designer's")
    }
    weights.executor = .weights(others)
    return (weights, tokenizer)
  }

  /// Writes into a run's checkpoint what is a role's own; returns the directories it made.
  @discardableResult
  func writeOwn(into directory: URL, products: Products) throws -> [URL] {
    var made: [URL] = []
    for role in Self.roles {
      let place = directory.appending(path: role.rawValue)
      switch own(role) {
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

  /// Reads what ``writeOwn(into:products:)`` wrote, as far as there is any.
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

  /// Of all that both roles run on.
  public var digest: String {
    areShared ? shared.digest : Self.joined(weights(of: .designer), weights(of: .executor))
  }

  private static func joined(_ designer: Weights, _ executor: Weights) -> String {
    // Each is a SHA-256; so many characters of both tell them apart.
    "\(designer.digest.prefix(32))\(executor.digest.prefix(32))"
  }
}
