/// What is left of a grammar after a text: all the ways in which it can go on.
///
/// It is a pushdown automaton that follows every way at once. Its states are values, equal if their ways are.
struct GBNFState: Sendable, Hashable {
  /// A place in the rules at which a byte is expected, and the places at which the rules around it go on.
  final class Stack: Sendable, Hashable {
    let position: Int32
    let parent: Stack?
    let depth: Int
    /// The same in every process.
    let hash: UInt64

    init(_ position: Int32, _ parent: Stack?) {
      (self.position, self.parent) = (position, parent)
      depth = (parent?.depth ?? 0) + 1
      hash =
        ((parent?.hash ?? 0xcbf2_9ce4_8422_2325) ^ UInt64(position)) &* 0x9E37_79B9_7F4A_7C15 ^ UInt64(depth)
    }

    static func == (one: Stack, other: Stack) -> Bool {
      var (left, right): (Stack?, Stack?) = (one, other)
      while let a = left, let b = right {
        if a === b { return true }
        guard a.hash == b.hash, a.position == b.position, a.depth == b.depth else { return false }
        (left, right) = (a.parent, b.parent)
      }
      return left == nil && right == nil
    }

    func hash(into hasher: inout Hasher) { hasher.combine(hash) }
  }

  /// The ways that go on with a byte, in the order of their hashes, so that equal sets are equal values.
  private(set) var stacks: [Stack] = []
  /// Whether the text may end here.
  private(set) var accepts = false

  /// The state before any text; `nil` if the grammar goes on in too many ways.
  init?(_ grammar: GBNFGrammar) {
    guard let start = Self.closed(grammar.alternatives[Int(grammar.root)].map { ($0, nil) }, grammar) else {
      return nil
    }
    self = start
  }

  private init() {}

  /// The state after one more byte; `nil` if the grammar does not allow it, or goes on in too many ways.
  /// - Complexity: O(ways to go on, and the rules with which they go on).
  func after(_ byte: UInt8, _ grammar: GBNFGrammar) -> GBNFState? {
    var places: [(Int32, Stack?)] = []
    for stack in stacks {
      guard case .bytes(let range) = grammar.symbols[Int(stack.position)], range.contains(byte) else {
        continue
      }
      places.append((stack.position + 1, stack.parent))
    }
    return places.isEmpty ? nil : Self.closed(places, grammar)
  }

  /// Follows rules and ends from these places until a byte is expected everywhere.
  private static func closed(_ places: [(Int32, Stack?)], _ grammar: GBNFGrammar) -> GBNFState? {
    var state = GBNFState()
    var seen: Set<Stack> = []
    var open = places
    while let (position, parent) = open.popLast() {
      switch grammar.symbols[Int(position)] {
      case .end:
        if let parent { open.append((parent.position, parent.parent)) } else { state.accepts = true }
      case .bytes:
        let stack = Stack(position, parent)
        if seen.insert(stack).inserted { state.stacks.append(stack) }
      case .rule(let number):
        guard seen.insert(Stack(position, parent)).inserted else { continue }
        // The last symbol of a rule needs no place to come back to, so that lists do not grow with their length.
        let isLast = grammar.symbols[Int(position) + 1] == .end
        let back = isLast ? parent : Stack(position + 1, parent)
        guard back?.depth ?? 0 <= GBNFGrammar.Limit.depth else { continue }
        for start in grammar.alternatives[Int(number)] { open.append((start, back)) }
      }
      guard state.stacks.count <= GBNFGrammar.Limit.stacks, seen.count <= GBNFGrammar.Limit.visits else {
        return nil
      }
    }
    // Depth may have cut off every way to go on.
    guard state.accepts || !state.stacks.isEmpty else { return nil }
    state.stacks.sort { ($0.hash, $0.position) < ($1.hash, $1.position) }
    return state
  }
}
