import Policy

/// What the models of the two roles are made of: one set of weights, one with an adapter for each role, or two.
///
/// Three settings of one thing: each role runs on the weights that ``weights(of:)`` gives, and is trained by their
/// gradient. The cold start trains the one set that all begin with.
public struct RoleWeights: Sendable, Hashable {
  public typealias Role = Scenario.Stages.Role

  /// What is a role's own.
  enum Own: Sendable, Hashable {
    case nothing
    case weights(Weights)
    case adapter(Adapter)
  }

  /// What both roles share; under `split` what both began with.
  public internal(set) var shared: Weights
  var designer: Own = .nothing
  var executor: Own = .nothing

  public init(_ shared: Weights) { self.shared = shared }

  /// Each role gets what `settings` give it; called once, when the shared weights are what both begin with.
  mutating func divide(_ settings: Scenario.RoleWeighting, seed: UInt64) {
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

  private subscript(role: Role) -> Own {
    get { role == .designer ? designer : executor }
    set { if role == .designer { designer = newValue } else { executor = newValue } }
  }

  /// Whether training one role changes the other.
  public var areShared: Bool { executor == .nothing }

  /// The weights that a role runs on.
  public func weights(of role: Role) -> Weights {
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

  /// Fresh moments of the right size for `role`.
  func optimizer(for role: Role, weightDecay: Float) -> AdamW {
    var result =
      if case .adapter(let adapter) = self[role] { AdamW(adapter) } else { AdamW(shared.configuration) }
    result.weightDecay = weightDecay
    return result
  }

  /// Takes a step on what is trained of `role`, from its gradient; returns the norm of what is
  /// trained before clipping.
  mutating func update(
    _ role: Role, _ optimizer: inout AdamW, gradient: [Float], learningRate: Float, clipNorm: Float?,
    threads: Int
  ) throws -> Float {
    let norm: Float
    switch self[role] {
    case .nothing:
      norm = optimizer.update(
        &shared, gradient: gradient, learningRate: learningRate, clipNorm: clipNorm, threads: threads)
    case .weights(var own):
      self[role] = .nothing
      norm = optimizer.update(
        &own, gradient: gradient, learningRate: learningRate, clipNorm: clipNorm, threads: threads)
      self[role] = .weights(own)
    case .adapter(var adapter):
      self[role] = .nothing
      norm = optimizer.update(
        &adapter, gradient: gradient, learningRate: learningRate,
        clipNorm: clipNorm,
        threads: threads)
      self[role] = .adapter(adapter)
    }
    if let place = weights(of: role).firstNotFinite { throw NotFiniteError(place: place) }
    return norm
  }
}
