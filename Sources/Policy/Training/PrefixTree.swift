/// The rows of several training sequences, in which a beginning that sequences share is stored once.
///
/// A row's activations depend only on its tokens and those before it, so shared rows have the same bits as rows that
/// are not shared. In the backward pass a row gets the sum of the gradients of all its sequences. Sequences are
/// sorted by their tokens, and rows and sums follow this order, so the order of the input does not matter; sequences
/// of equal tokens keep their order. O(tokens), and O(n log n) comparisons to sort.
struct PrefixTree {
  /// A completion token that a predicting row is asked for.
  struct Target {
    /// The sequence's place among those that the tree was made of.
    var sequence: Int
    /// The token's place in the completion.
    var index: Int
  }

  private(set) var rows = Rows()
  /// The targets of each predicting row.
  private(set) var targets: [[Target]] = []

  /// A token after one beginning. Nodes are numbered depth first.
  private struct Node {
    var token: Int32
    var position: Int
    var parent: Int?
    var childCount = 0
    var targets: [Target] = []
  }

  /// - Precondition: `order` is ``sorted(_:)`` of the sequences, or a part of it.
  init(_ sequences: [TrainingSequence], order: some Collection<Int>) {
    var nodes: [Node] = []
    // The nodes of the sequence that came last.
    var path: [Int] = []
    for sequence in order {
      let (tokens, prompt) = (sequences[sequence].tokens, sequences[sequence].promptCount)
      // The last token predicts nothing that is looked at.
      let count = tokens.count - 1
      var shared = 0
      while shared < min(count, path.count), nodes[path[shared]].token == tokens[shared] { shared += 1 }
      path.removeLast(path.count - shared)
      for position in shared..<count {
        if let parent = path.last { nodes[parent].childCount += 1 }
        nodes.append(Node(token: tokens[position], position: position, parent: path.last))
        path.append(nodes.count - 1)
      }
      for position in prompt - 1..<count {
        nodes[path[position]].targets.append(Target(sequence: sequence, index: position - prompt + 1))
      }
    }
    var first = 0
    var segments = [Int](repeating: 0, count: nodes.count)
    while first < nodes.count {
      var end = first + 1
      // A segment ends where sequences part, and where rows that predict are followed by one that does not.
      while end < nodes.count, nodes[end].parent == end - 1, nodes[end - 1].childCount == 1,
        nodes[end - 1].targets.isEmpty || !nodes[end].targets.isEmpty
      { end += 1 }
      for node in first..<end { segments[node] = rows.segments.count }
      let asked = nodes[first..<end].lazy.map(\.targets).filter { !$0.isEmpty }
      rows.append(
        nodes[first..<end].map(\.token), at: nodes[first].position,
        parent: nodes[first].parent.map { segments[$0] },
        predicting: asked.count)
      targets.append(contentsOf: asked)
      first = end
    }
  }

  /// The places of the sequences by their tokens, those of the same tokens in the order in which they came.
  static func sorted(_ sequences: [TrainingSequence]) -> [Int] {
    sequences.indices.sorted { a, b in
      let (first, second) = (sequences[a].tokens, sequences[b].tokens)
      for (x, y) in zip(first, second) where x != y { return x < y }
      return (first.count, a) < (second.count, b)
    }
  }

  /// Rows that each sequence of `order` adds to those before it.
  static func newRows(_ sequences: [TrainingSequence], order: [Int]) -> [Int] {
    order.indices.map { place in
      let tokens = sequences[order[place]].tokens
      guard place > 0 else { return tokens.count - 1 }
      let before = sequences[order[place - 1]].tokens
      var shared = 0
      while shared < min(tokens.count, before.count) - 1, tokens[shared] == before[shared] { shared += 1 }
      return tokens.count - 1 - shared
    }
  }
}
