import CKernels

/// A cache of the keys and values of running sequences, in pages that are limited in number, shared and reused.
///
/// A page holds `pageSize` positions of one sequence, in all layers. A sequence is a list of pages. A page whose
/// positions are all part of the prompt may be shared with every sequence that begins with the same tokens. It stays
/// after the sequence's end for as long as nobody needs the room.
///
/// Source: Kwon et al., "Efficient Memory Management for Large Language Model Serving with PagedAttention" (SOSP 2023,
/// DOI 10.1145/3600006.3613165), sections 4.1 and 4.4. Here the memory for a whole sequence is reserved when it is
/// admitted, so a sequence is never evicted. One thread uses the cache at a time, except that several threads may write
/// rows of different sequences.
final class KeyValueCache {
  /// The number of positions of a page, which are those of a panel of keys.
  static let pageSize = Panels.width

  /// The pages of one sequence, in the order of positions.
  struct PageTable {
    fileprivate(set) var pages: [Int]
    /// The number of positions whose rows other sequences compute.
    fileprivate(set) var sharedCount: Int
  }

  private struct Page {
    /// The memory of the page. In each layer it has keys as panels, (keyValueWidth, pageSize), and then values,
    /// (pageSize, keyValueWidth).
    let buffer: FloatBuffer
    var owners = 0
    /// The prefix that ends with this page; `nil` if the page cannot be shared.
    var prefix: Prefix?
    /// A number that is never used twice. Prefixes that continue this one name it.
    var serial = 0
    /// Whether the rows of a shareable page have been computed.
    var isComputed = false
    var lastUsed = 0
  }

  /// A prefix: the tokens of a page, and the page before it, which stands for all earlier tokens.
  private struct Prefix: Hashable {
    var parent: Int
    var tokens: ArraySlice<Int32>
  }

  private let configuration: ModelConfiguration
  /// The greatest number of pages.
  let capacity: Int
  private var pages: [Page] = []
  private var free: [Int] = []
  private var shareable: [Prefix: Int] = [:]
  /// The pages that no sequence holds but whose rows can still be shared, with the time of their last use, oldest
  /// first.
  ///
  /// An entry is out of date if its page was used again. It is then skipped.
  private var idle = Deque()
  private var nextSerial = 1
  private var clock = 0
  /// The number of pages that some sequence holds. ``greatestUsedCount`` is its greatest value so far.
  private(set) var usedCount = 0
  private(set) var greatestUsedCount = 0
  /// The number of positions that were not computed again, because another sequence had them.
  private(set) var sharedPositions = 0

  /// - Parameter limit: The bytes that all pages together may take.
  init(_ configuration: ModelConfiguration, limit: Int) {
    self.configuration = configuration
    capacity = max(1, limit / Self.bytes(of: configuration))
  }

  /// Returns the number of bytes of one page.
  static func bytes(of c: ModelConfiguration) -> Int { 8 * c.layerCount * pageSize * c.keyValueWidth }

  /// Returns the number of pages that `positions` positions take.
  static func pageCount(_ positions: Int) -> Int { (positions + pageSize - 1) / pageSize }

  /// Returns pages for a prompt and its continuation, up to `positions` in all; `nil` if there is no room now.
  ///
  /// Pages of the prompt that other sequences have are shared, except the page of the last token, whose logits are
  /// needed.
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

  /// Gives the pages back. Those that can be shared keep their rows while there is room.
  func release(_ sequence: PageTable) {
    // Later pages of a prompt need the earlier ones, so the first page stays longest.
    for page in sequence.pages.reversed() { drop(page) }
  }

  /// Whether all rows that `sequence` shares have been computed.
  func isReady(_ sequence: PageTable) -> Bool {
    sequence.pages.prefix(sequence.sharedCount / Self.pageSize).allSatisfy { pages[$0].isComputed }
  }

  /// Notes that the first `count` positions of `sequence` have been computed.
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

  /// Appends a piece for each page that holds some of the first `count` positions.
  func pieces(_ sequence: PageTable, layer: Int, count: Int, into result: inout [kernels_piece]) {
    for (index, page) in sequence.pages.prefix(Self.pageCount(count)).enumerated() {
      let keys = Floats(keyPanels(page, layer))
      result.append(
        kernels_piece(
          first: index * Self.pageSize, count: Self.pageSize, keys: keys,
          values: keys + Self.pageSize * configuration.keyValueWidth))
    }
  }

  /// Copies to `target` the positions below `count` of `source` that the two do not share.
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

  /// Returns a page that nobody holds: a free one, the idle one that was used longest ago, or a new one.
  private func unused() -> Int {
    if let page = free.popLast() { return page }
    while let (page, since) = idle.popFirst() {
      // A page that was used again has a later entry.
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

/// A queue. Its used-up front is removed when it is half of the array.
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
