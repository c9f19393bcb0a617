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
    }
  }

  subscript(role: Role) -> Own {
    get { role == .designer ? designer : executor }
    set { if role == .designer { designer = newValue } else { executor = newValue } }
  }

  /// Whether training one role changes the other.
  package var areShared: Bool { executor == .nothing }

  /// The weights that `role` runs on.
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
