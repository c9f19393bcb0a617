import CKernels

/// Keys and values of running sequences, in pages that are bounded in number, shared and reused.
///
/// A page holds `pageSize` positions of one sequence in all layers. A sequence is a list of pages; those whose
/// positions are all of its prompt may be shared with every sequence that starts with the same tokens, and stay
/// after its end for as long as nobody needs the room.
///
/// Source: Kwon et al., "Efficient Memory Management for Large Language Model Serving with PagedAttention" (SOSP 2023,
/// DOI 10.1145/3600006.3613165), sections 4.1 and 4.4. Here memory for the whole of a sequence is promised when it is
/// admitted, so none is ever evicted. Used by one thread at a time, but for rows of different sequences.
final class KeyValueCache {
  /// Positions of a page: those of a panel of keys.
  static let pageSize = Panels.width

  /// The pages of one sequence, in order of position.
  struct PageTable {
    fileprivate(set) var pages: [Int]
    /// Positions whose rows are there, computed by others.
    fileprivate(set) var sharedCount: Int
  }

  private struct Page {
    /// In each layer keys, as panels (keyValueWidth, pageSize), then values (pageSize, keyValueWidth).
    let buffer: FloatBuffer
    var owners = 0
    /// The prefix that the page ends, where it can be shared.
    var prefix: Prefix?
    /// Never used twice: what the prefixes that go on from here are known by.
    var serial = 0
    /// Whether the rows of a shareable page are there.
    var isComputed = false
    var lastUsed = 0
  }

  /// The tokens of a page and the page before it, which names all that came earlier.
  private struct Prefix: Hashable {
    var parent: Int
    var tokens: ArraySlice<Int32>
  }

  private let configuration: ModelConfiguration
  /// The most pages there may be.
  let capacity: Int
  private var pages: [Page] = []
  private var free: [Int] = []
  private var shareable: [Prefix: Int] = [:]
  /// Pages that no sequence holds but whose rows can still be shared, with the time of their last use; the oldest come
  /// first. An entry is out of date if its page was used again, and is then skipped.
  private var idle = Deque()
  private var nextSerial = 1
  private var clock = 0
  /// Pages that some sequence holds, and the most there ever were.
  private(set) var usedCount = 0
  private(set) var greatestUsedCount = 0
  /// Positions that were not computed again, because another sequence had them.
  private(set) var sharedPositions = 0

  /// - Parameter limit: bytes that all pages together may take.
  init(_ configuration: ModelConfiguration, limit: Int) {
    self.configuration = configuration
    capacity = max(1, limit / Self.bytes(of: configuration))
  }

  /// Of one page.
  static func bytes(of c: ModelConfiguration) -> Int { 8 * c.layerCount * pageSize * c.keyValueWidth }

  /// Pages that `positions` positions take.
  static func pageCount(_ positions: Int) -> Int { (positions + pageSize - 1) / pageSize }

  /// Pages for a prompt and what follows it, up to `positions` in all; `nil` if there is no room now. Pages of the
  /// prompt that others have are shared, but for the one of the last token, whose logits somebody wants.
  func admit(_ prompt: [Int32], positions: Int) -> PageTable? {
    clock += 1
    var result = PageTable(pages: [], sharedCount: 0)
    var parent = 0
    let whole = (prompt.count - 1) / Self.pageSize
    while result.pages.count < whole, let page = shareable[prefix(prompt, result.pages.count, parent)] {
      result.pages.append(page)
      parent = pages[page].serial
    }
    let needed = Self.pageCount(positions) - result.pages.count
    let idleCount = result.pages.count { pages[$0].owners == 0 }
    guard needed + idleCount <= capacity - usedCount else { return nil }
    for page in result.pages { hold(page) }
    result.sharedCount = result.pages.count * Self.pageSize
    sharedPositions += result.sharedCount
    for _ in 0..<needed {
      let page = unused()
      hold(page)
      let index = result.pages.count
      if index < whole {
        let prefix = prefix(prompt, index, parent)
        pages[page].prefix = prefix
        pages[page].serial = nextSerial
        nextSerial += 1
        shareable[prefix] = page
        parent = pages[page].serial
      }
      result.pages.append(page)
    }
    return result
  }

  /// Gives the pages back; those that can be shared keep their rows while there is room.
  func release(_ sequence: PageTable) {
    // Of pages that go on from each other the first is needed longest.
    for page in sequence.pages.reversed() { drop(page) }
  }

  /// Whether all rows that `sequence` shares are there.
  func isReady(_ sequence: PageTable) -> Bool {
    sequence.pages.prefix(sequence.sharedCount / Self.pageSize).allSatisfy { pages[$0].isComputed }
  }

  /// Tells that the first `count` positions of `sequence` are there.
  func markComputed(_ sequence: PageTable, upTo count: Int) {
    for page in sequence.pages.prefix(count / Self.pageSize) { pages[page].isComputed = true }
  }

  /// Writes `count` rows of keys and values, (count, keyValueWidth), from `position` on.
  func store(
    keys: Floats, values: Floats, count: Int, at position: Int, layer: Int, of sequence: PageTable
  ) {
    let width = configuration.keyValueWidth
    for row in 0..<count {
      let (page, offset) = (position + row).quotientAndRemainder(dividingBy: Self.pageSize)
      let (from, to) = (keys + row * width, keyPanels(sequence.pages[page], layer))
      for index in 0..<width { to[index * Self.pageSize + offset] = from[index] }
      (to + (Self.pageSize + offset) * width).update(from: values + row * width, count: width)
    }
  }

  /// Appends one piece for each page that holds some of the first `count` positions.
  func pieces(_ sequence: PageTable, layer: Int, count: Int, into result: inout [kernels_piece]) {
    for (index, page) in sequence.pages.prefix(Self.pageCount(count)).enumerated() {
      let keys = Floats(keyPanels(page, layer))
      result.append(
        kernels_piece(
          first: index * Self.pageSize, count: Self.pageSize, keys: keys,
          values: keys + Self.pageSize * configuration.keyValueWidth))
    }
  }

  /// Gives `target` the positions below `count` of `source` that it does not share already.
  func copy(_ count: Int, from source: PageTable, to target: PageTable) {
    let floats = 2 * configuration.layerCount * Self.pageSize * configuration.keyValueWidth
    for index in target.sharedCount / Self.pageSize..<Self.pageCount(count)
    where source.pages[index] != target.pages[index] {
      pages[target.pages[index]].buffer.pointer.update(
        from: pages[source.pages[index]].buffer.pointer, count: floats)
    }
  }

  private func prefix(_ prompt: [Int32], _ index: Int, _ parent: Int) -> Prefix {
    Prefix(parent: parent, tokens: prompt[index * Self.pageSize..<(index + 1) * Self.pageSize])
  }

  private func keyPanels(_ page: Int, _ layer: Int) -> MutableFloats {
    pages[page].buffer.pointer + 2 * layer * Self.pageSize * configuration.keyValueWidth
  }

  /// A page that nobody holds: free, or the idle one that was used longest ago, or new.
  private func unused() -> Int {
    if let page = free.popLast() { return page }
    while let (page, since) = idle.popFirst() {
      // Those that were used again since stand further back.
      guard pages[page].owners == 0, pages[page].lastUsed == since else { continue }
      forget(page)
      return page
    }
    pages.append(Page(buffer: FloatBuffer(capacity: Self.bytes(of: configuration) / 4)))
    return pages.count - 1
  }

  private func hold(_ page: Int) {
    pages[page].owners += 1
    pages[page].lastUsed = clock
    if pages[page].owners == 1 {
      usedCount += 1
      greatestUsedCount = max(greatestUsedCount, usedCount)
    }
  }

  private func drop(_ page: Int) {
    pages[page].owners -= 1
    guard pages[page].owners == 0 else { return }
    usedCount -= 1
    if pages[page].prefix == nil || !pages[page].isComputed {
      forget(page)
      free.append(page)
    } else {
      idle.append((page, pages[page].lastUsed))
    }
  }

  private func forget(_ page: Int) {
    if let prefix = pages[page].prefix { shareable[prefix] = nil }
    pages[page].prefix = nil
    pages[page].isComputed = false
  }
}

/// First in, first out; the front is given back when half of it is.
private struct Deque {
  private var elements: [(page: Int, since: Int)] = []
  private var front = 0

  mutating func append(_ element: (page: Int, since: Int)) { elements.append(element) }

  mutating func popFirst() -> (page: Int, since: Int)? {
    guard front < elements.count else { return nil }
    defer {
      front += 1
      if front > 64, 2 * front > elements.count {
        elements.removeFirst(front)
        front = 0
      }
    }
    return elements[front]
  }
}
