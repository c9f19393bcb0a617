import Foundation
import Policy

/// The weights of the two roles: one shared set, one shared set with an adapter for each role, or a set for each.
///
/// In each of these settings a role runs on the weights that ``weights(of:)`` gives, and is trained by their
/// gradient. The cold start trains the shared set, with which both roles begin, or the adapters of a published model.
package struct RoleWeights: Sendable, Hashable {
  package typealias Role = Scenario.Stages.Role

  /// What a role does not share with the other.
  enum Own: Sendable, Hashable {
    case nothing
    case weights(Weights)
    case adapter(Adapter)
  }

  /// The weights that both roles share. If each role has a set of its own, these are the weights that both began
  /// with.
  package internal(set) var shared: Weights
  var designer: Own = .nothing
  var executor: Own = .nothing
  /// The shared weights in fewer bits, if they no longer learn and adapters beside them do. ``shared`` then holds the numbers
  /// to which they were rounded.
  private(set) var frozen: FrozenWeights?

  /// Weights that both roles share.
  package init(_ shared: Weights) { self.shared = shared }

  /// Gives each role its own weights or adapter, as `settings` say. Call it once, when the shared weights are those
  /// that both roles begin with.
  mutating func divide(_ settings: Scenario.ParameterSharing, seed: UInt64) {
    switch settings.kind {
    case .shared: return
    case .split: (designer, executor) = (.weights(shared), .weights(shared))
    case .adapter:
      func adapter(_ seed: UInt64) -> Own {
        .adapter(
          Adapter(shared.configuration, rank: settings.rank, alpha: Float(settings.alpha), seed: seed))
      }
      (designer, executor) = (adapter(2 &* seed), adapter(2 &* seed &+ 1))
      if let format = FrozenWeights.Format(settings.base) { freeze(format) }
    }
  }

  /// Rounds the shared weights to `format`, which changes nothing if they were rounded to it before.
  /// - Complexity: O(parameters).
  mutating func freeze(_ format: FrozenWeights.Format) {
    let frozen = FrozenWeights(shared, format, threads: min(64, ProcessInfo.processInfo.activeProcessorCount))
    (shared, self.frozen) = (frozen.weights, frozen)
  }

  /// The weights that both roles share, rounded if they are frozen, without what each role has of its own.
  var base: RoleWeights {
    var result = self
    (result.designer, result.executor) = (.nothing, .nothing)
    return result
  }

  subscript(role: Role) -> Own {
    get { role == .designer ? designer : executor }
    set { if role == .designer { designer = newValue } else { executor = newValue } }
  }

  /// Whether training one role changes the other.
  package var areShared: Bool { executor == .nothing }

  /// The model that `role` runs on, which multiplies with `products`.
  /// - Complexity: as ``weights(of:)``; O(the adapter's numbers) if the shared weights are frozen.
  /// - Precondition: frozen weights have Troupe's own products (``requireOwnProducts(_:)``).
  package func model(of role: Role, products: Products) -> Transformer {
    guard let frozen else { return Transformer(weights: weights(of: role), products: products) }
    precondition(products == .own)
    return Transformer(frozen: frozen, adapter: adapter(of: role))
  }

  /// Throws if the shared weights are frozen and OpenBLAS, which has no products with them, is to multiply.
  package func requireOwnProducts(_ products: Products) throws(FrozenWithOpenBLAS) {
    if frozen != nil, products != .own { throw FrozenWithOpenBLAS() }
  }

  /// The weights that `role` runs on, merged with its adapter if it has one.
  /// - Complexity: O(1), or O(adapted parameters x rank) if the role has an adapter, which is then merged.
  package func weights(of role: Role) -> Weights {
    switch self[role] {
    case .nothing: shared
    case .weights(let own): own
    case .adapter(let adapter): adapter.merged(into: shared)
    }
  }

  /// The adapter that `role` learns, if it learns one.
  func adapter(of role: Role) -> Adapter? {
    if case .adapter(let adapter) = self[role] { adapter } else { nil }
  }

  /// Whether each role has an adapter of the shape that `settings` give.
  func hasAdapters(_ settings: Scenario.ParameterSharing) -> Bool {
    Role.allCases.allSatisfy { role in
      adapter(of: role).map { $0.rank == settings.rank && Double($0.alpha) == settings.alpha } ?? false
    }
  }

  /// An optimizer for what `role` trains, with zero moments.
  func optimizer(for role: Role, weightDecay: Float) -> AdamW {
    var result =
      if case .adapter(let adapter) = self[role] { AdamW(adapter) } else { AdamW(shared.configuration) }
    result.weightDecay = weightDecay
    return result
  }

  /// Updates the weights or adapter of `role` by its gradient, and returns the gradient's norm before clipping.
  mutating func update(
    _ role: Role, _ optimizer: inout AdamW, gradient: [Float], learningRate: Float, clipNorm: Float?,
    threads: Int
  ) throws -> Float {
    func step(_ values: inout [Float]) -> Float {
      optimizer.update(
        &values, gradient: gradient, learningRate: learningRate, clipNorm: clipNorm, threads: threads)
    }
    let norm: Float
    let notFinite: String?
    switch self[role] {
    case .nothing:
      norm = step(&shared.values)
      notFinite = shared.firstNotFinite
    case .weights(var own):
      self[role] = .nothing
      norm = step(&own.values)
      notFinite = own.firstNotFinite
      self[role] = .weights(own)
    case .adapter(var adapter):
      self[role] = .nothing
      norm = step(&adapter.values)
      // To merge it takes as long as the step. What is finite and merges to what is not shows in the logits.
      notFinite = adapter.values.allSatisfy(\.isFinite) ? nil : "the adapter of the \(role.rawValue)"
      self[role] = .adapter(adapter)
    }
    if let notFinite { throw NotFiniteError(place: notFinite) }
    return norm
  }
}

extension FrozenWeights.Format {
  /// The format of a setting; `nil` for float32.
  init?(_ base: Scenario.ParameterSharing.Base) {
    switch base {
    case .f32: return nil
    case .bf16: self = .bf16
    case .q8: self = .q8
    }
  }
}

/// Weights in fewer bits were to be multiplied by OpenBLAS.
package struct FrozenWithOpenBLAS: Error, Hashable, CustomStringConvertible {
  package var description: String {
    "--products openblas multiplies float32 only, and the weights are stored in fewer bits"
  }
}
