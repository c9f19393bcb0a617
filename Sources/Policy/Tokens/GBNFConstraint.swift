import Synchronization

/// Holds a policy that writes byte pairs to a grammar in GBNF.
///
/// A token is allowed if the grammar can go on with all its bytes, and the end token where the grammar may end. Nothing is
/// allowed where the vocabulary lacks the bytes to go on, or a ``GBNFGrammar/Limit`` is reached; the generation ends there, and
/// ``mayEnd(after:)`` says that the text is not whole.
package struct GBNFConstraint: TokenConstraint {
  private let automaton: GBNFAutomaton
  /// `nil` if the grammar cannot go on.
  private var state: GBNFState?

  package init(_ automaton: GBNFAutomaton) {
    self.automaton = automaton
    state = automaton.start
  }

  package var digest: UInt64 { automaton.digest }

  package var isComplete: Bool { state.map { $0.accepts && $0.stacks.isEmpty } ?? false }

  /// - Complexity: O(1) in a state that was seen before; otherwise O(bytes of the vocabulary that the grammar allows).
  package func allowedTokens() -> TokenSet { automaton.allowedTokens(in: state) }

  package mutating func advance(by token: Int) { state = automaton.state(after: token, from: state) }

  /// Whether the grammar allows the text of `tokens` as a whole.
  package func mayEnd(after tokens: some Sequence<Int32>) -> Bool {
    var state = state
    for token in tokens { state = automaton.state(after: Int(token), from: state) }
    return state?.accepts ?? false
  }
}

/// A grammar over the tokens of one vocabulary. It remembers which tokens it allows in the states that it has seen, so the
/// generations of one grammar should share it.
package final class GBNFAutomaton: Sendable {
  /// The tokens of a vocabulary in a tree of their bytes. Make it once for a model.
  package struct Vocabulary: Sendable {
    /// A byte that some tokens have in common, at the same place after the same bytes.
    fileprivate struct Node {
      var byte: UInt8
      /// How many bytes lead here, with this one.
      var depth: Int32
      /// The node after all those that begin with the same bytes.
      var end: Int32
      /// The tokens that end here.
      var tokens: Range<Int32>
    }

    /// In the order of their bytes, each before those that go on from it.
    fileprivate var nodes: [Node] = []
    /// The tokens in the order of their bytes.
    fileprivate var tokens: [Int32] = []
    fileprivate let bytes: [[UInt8]?]
    fileprivate let endToken: Int32
    fileprivate let size: Int

    /// Makes the tree. `vocabularySize` is the number of the model's logits, which may be greater than that of tokens.
    /// - Complexity: O(bytes x log tokens).
    package init(_ tokenizer: BytePairTokenizer, vocabularySize: Int) {
      (endToken, size) = (tokenizer.endToken, vocabularySize)
      let bytes = (0..<Int32(min(tokenizer.vocabularySize, vocabularySize))).map { tokenizer.bytes(of: $0) }
      self.bytes = bytes
      var sorted: [(bytes: [UInt8], id: Int32)] = []
      for (id, bytes) in bytes.enumerated() { if let bytes { sorted.append((bytes, Int32(id))) } }
      sorted.sort { $0.bytes == $1.bytes ? $0.id < $1.id : $0.bytes.lexicographicallyPrecedes($1.bytes) }
      tokens = sorted.map(\.id)
      // The nodes of the bytes of the token before.
      var path: [Int] = []
      func close(_ nodes: inout [Node], to depth: Int) {
        while path.count > depth { nodes[path.removeLast()].end = Int32(nodes.count) }
      }
      for (place, token) in sorted.enumerated() {
        let known = zip(path, token.bytes).prefix { nodes[$0].byte == $1 }.count
        close(&nodes, to: known)
        for byte in token.bytes[known...] {
          path.append(nodes.count)
          nodes.append(
            Node(byte: byte, depth: Int32(path.count), end: 0, tokens: Int32(place)..<Int32(place)))
        }
        guard let last = path.last else { continue }
        nodes[last].tokens = nodes[last].tokens.lowerBound..<Int32(place) + 1
      }
      close(&nodes, to: 0)
    }
  }

  /// What was found out so far. Every entry is a function of the grammar alone, whoever asked for it.
  private struct Memory {
    /// The most states and masks that are kept.
    static let stateLimit = 8_192
    static let maskLimit = 1_024
    /// No state, and a state that is not known yet.
    static let dead: Int32 = -1
    static let unknown: Int32 = -2

    var states: [GBNFState] = []
    var numbers: [GBNFState: Int32] = [:]
    /// The state after each state and byte.
    var next: [Int32] = []
    var masks: [Int32: TokenSet] = [:]

    /// The number of a state; `nil` if there is no room for another.
    mutating func number(of state: GBNFState) -> Int32? {
      if let number = numbers[state] { return number }
      guard states.count < Self.stateLimit else { return nil }
      let number = Int32(states.count)
      states.append(state)
      numbers[state] = number
      next += repeatElement(Self.unknown, count: 256)
      return number
    }
  }

  /// A state on the way through the vocabulary: one that is remembered, or another.
  private enum Place {
    case known(Int32)
    case loose(GBNFState)
  }

  private let grammar: GBNFGrammar
  private let vocabulary: Vocabulary
  fileprivate let start: GBNFState?
  private let memory = Mutex(Memory())

  package init(_ grammar: GBNFGrammar, _ vocabulary: Vocabulary) {
    (self.grammar, self.vocabulary) = (grammar, vocabulary)
    start = GBNFState(grammar)
  }

  fileprivate var digest: UInt64 { grammar.digest }

  fileprivate func state(after token: Int, from state: GBNFState?) -> GBNFState? {
    guard vocabulary.bytes.indices.contains(token), let bytes = vocabulary.bytes[token] else { return state }
    return bytes.reduce(state) { $0?.after($1, grammar) }
  }

  fileprivate func allowedTokens(in state: GBNFState?) -> TokenSet {
    guard let state else { return TokenSet(vocabularySize: vocabulary.size) }
    return memory.withLock { memory in
      if let number = memory.numbers[state], let mask = memory.masks[number] { return mask }
      if memory.masks.count >= Memory.maskLimit || memory.states.count >= Memory.stateLimit {
        memory = Memory()
      }
      let mask = mask(of: state, &memory)
      if let number = memory.number(of: state) { memory.masks[number] = mask }
      return mask
    }
  }

  /// Walks through the tree of tokens together with the grammar.
  private func mask(of state: GBNFState, _ memory: inout Memory) -> TokenSet {
    var mask = TokenSet(vocabularySize: vocabulary.size)
    if state.accepts { mask.insert(Int(vocabulary.endToken)) }
    // The states after each byte of the token that is being looked at.
    var path = [memory.number(of: state).map(Place.known) ?? .loose(state)]
    var index = 0
    while index < vocabulary.nodes.count {
      let node = vocabulary.nodes[index]
      path.removeLast(path.count - Int(node.depth))
      guard let next = place(after: node.byte, from: path[path.count - 1], &memory) else {
        index = Int(node.end)
        continue
      }
      path.append(next)
      for place in node.tokens { mask.insert(Int(vocabulary.tokens[Int(place)])) }
      index += 1
    }
    return mask
  }

  private func place(after byte: UInt8, from place: Place, _ memory: inout Memory) -> Place? {
    switch place {
    case .loose(let state): return state.after(byte, grammar).map { .loose($0) }
    case .known(let number):
      let entry = Int(number) << 8 | Int(byte)
      switch memory.next[entry] {
      case Memory.dead: return nil
      case Memory.unknown: break
      case let known: return .known(known)
      }
      guard let next = memory.states[Int(number)].after(byte, grammar) else {
        memory.next[entry] = Memory.dead
        return nil
      }
      guard let known = memory.number(of: next) else { return .loose(next) }
      memory.next[entry] = known
      return .known(known)
    }
  }
}
