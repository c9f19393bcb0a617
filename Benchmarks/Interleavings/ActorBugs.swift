import Interleavings

// One program for each class of bugs that Torres Lopez, Marr, Gonzalez Boix and Mössenböck name (arXiv 1706.07372).
extension Port {
  static let actorBugs: [Port] = [
    Port(name: "communication deadlock", benchmark: .actorBugs) { isFixed, _ in
      // A receiver asks for a reply that comes only if the question was put before the sender counted its readers.
      let box = Mailbox()
      try await together(
        { _ = await box.take() },
        {
          if isFixed { await box.put(1) } else { await box.putIfSomebodyWaits(1) }
        })
    },
    Port(name: "behavioural deadlock", benchmark: .actorBugs) { isFixed, _ in
      // Two parties answer only after they have been answered, unless they are the first.
      let (left, right, turn) = (Mailbox(), Mailbox(), Cell(0))
      @Sendable func party(_ own: Mailbox, _ other: Mailbox, _ number: Int) async {
        let isFirst: Bool
        if isFixed {
          isFirst = await turn.update {
            $0 += 1; return $0 == 1
          }
        } else {
          isFirst = await turn.value == 0
          await turn.set(1)
          if isFirst, number == 2, await turn.value == 1 { return _ = await own.take() }
        }
        if isFirst { await other.put(number) }
        _ = await own.take()
        if !isFirst { await other.put(number) }
      }
      try await together({ await party(left, right, 1) }, { await party(right, left, 2) })
    },
    Port(name: "livelock", benchmark: .actorBugs) { isFixed, sink in
      // Two parties step aside for each other again and again.
      let place = Cell<Set<Int>>([])
      @Sendable func pass(_ own: Int) async {
        for attempt in 0..<3 {
          await place.update { _ = $0.insert(own) }
          if await place.value.count == 1 || isFixed && own == 1 { break }
          await place.update { _ = $0.remove(own) }
          sink.expect(attempt < 2 || isFixed, "nobody gets by")
        }
        await place.update { _ = $0.remove(own) }
      }
      try await together({ await pass(1) }, { await pass(2) })
    },
    Port(name: "message order violation", benchmark: .actorBugs) { isFixed, sink in
      // A client is told of an item before it is told that the list exists.
      let client = Cell<[Int]?>(nil)
      let opened = Mailbox()
      try await together(
        {
          await client.set([])
          await opened.put(0)
        },
        {
          if isFixed { _ = await opened.take() }
          sink.expect(
            await client.update {
              $0?.append(1); return $0 != nil
            }, "an item came before its list")
        })
    },
    Port(name: "bad message interleaving", benchmark: .actorBugs) { isFixed, sink in
      // A transfer looks at the balance in one message and draws in another.
      let balance = Cell(10)
      @Sendable func draw() async {
        if isFixed {
          await balance.update { if $0 >= 10 { $0 -= 10 } }
        } else if await balance.value >= 10 {
          await balance.update { $0 -= 10 }
        }
      }
      try await together(draw, draw)
      sink.expect(await balance.value >= 0, "the account is overdrawn")
    },
    Port(name: "memory inconsistency", benchmark: .actorBugs) { isFixed, sink in
      // Two copies of a value get two changes, each copy in another order.
      let copies = [Cell(0), Cell(0)]
      let order = Lock()
      @Sendable func change(_ value: Int) async {
        if isFixed { await order.lock() }
        for copy in copies { await copy.set(value) }
        if isFixed { await order.unlock() }
      }
      try await together({ await change(1) }, { await change(2) })
      let (first, second) = (await copies[0].value, await copies[1].value)
      sink.expect(first == second, "the copies differ")
    },
  ]
}

/// A place for messages, from which one reader takes.
actor Mailbox {
  private var messages: [Int] = []
  private var readers: [UnsafeContinuation<Int, Never>] = []

  @inline(never) nonisolated func put(_ message: Int) async {
    defer { comeBack() }
    await add(message)
  }
  @inline(never) nonisolated func putIfSomebodyWaits(_ message: Int) async {
    defer { comeBack() }
    await give(message)
  }
  @inline(never) nonisolated func take() async -> Int {
    defer { comeBack() }
    return await next()
  }

  private func add(_ message: Int) { if !give(message) { messages.append(message) } }

  /// Gives the message to a reader. Returns false if nobody waits.
  @discardableResult
  private func give(_ message: Int) -> Bool {
    if readers.isEmpty { return false }
    readers.removeFirst().resume(returning: message)
    return true
  }

  private func next() async -> Int {
    if !messages.isEmpty { return messages.removeFirst() }
    return await withUnsafeContinuation { readers.append($0) }
  }
}
