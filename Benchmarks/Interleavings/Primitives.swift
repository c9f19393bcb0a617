// The compiler leaves out the way back from an actor if the next call goes to the same actor, and then nothing can come
// between the two calls. A synchronisation of the originals is a place where something can. So what the programs call
// belongs to no actor, and does something of its own, which is nothing, after each call.
@inline(never) @_optimize(none) func comeBack() {}

/// A shared variable. Each access is an await.
actor Cell<Value: Sendable> {
  private var stored: Value
  init(_ value: Value) { stored = value }

  nonisolated var value: Value {
    @inline(never) get async {
      defer { comeBack() }
      return await read()
    }
  }
  @inline(never) nonisolated func set(_ value: Value) async {
    defer { comeBack() }
    await write(value)
  }
  /// Changes the value in one go.
  @discardableResult
  @inline(never)
  nonisolated func update<Result: Sendable>(_ body: @Sendable (inout Value) -> Result) async -> Result {
    defer { comeBack() }
    return await change(body)
  }

  private func read() -> Value { stored }
  private func write(_ value: Value) { stored = value }
  private func change<Result: Sendable>(_ body: @Sendable (inout Value) -> Result) -> Result { body(&stored) }
}

/// A mutex: who finds it locked waits.
actor Lock {
  private var isLocked = false
  private var waiting: [UnsafeContinuation<Void, Never>] = []

  @inline(never) nonisolated func lock() async {
    defer { comeBack() }
    await take()
  }
  @inline(never) nonisolated func unlock() async {
    defer { comeBack() }
    await giveBack()
  }

  private func take() async {
    guard isLocked else {
      isLocked = true
      return
    }
    await withUnsafeContinuation { waiting.append($0) }
  }

  private func giveBack() {
    if waiting.isEmpty { isLocked = false } else { waiting.removeFirst().resume() }
  }
}

/// Go's `RWMutex`: a writer that waits keeps new readers out.
actor ReadWriteLock {
  private var readers = 0
  private var isWritten = false
  private var waiting: [(isWriter: Bool, continuation: UnsafeContinuation<Void, Never>)] = []

  @inline(never) nonisolated func lockToRead() async {
    defer { comeBack() }
    await read()
  }
  @inline(never) nonisolated func lockToWrite() async {
    defer { comeBack() }
    await write()
  }
  @inline(never) nonisolated func unlock() async {
    defer { comeBack() }
    await giveBack()
  }

  private func read() async {
    guard isWritten || !waiting.isEmpty else {
      readers += 1
      return
    }
    await withUnsafeContinuation { waiting.append((false, $0)) }
  }

  private func write() async {
    guard isWritten || readers > 0 || !waiting.isEmpty else {
      isWritten = true
      return
    }
    await withUnsafeContinuation { waiting.append((true, $0)) }
  }

  private func giveBack() {
    if isWritten { isWritten = false } else { readers -= 1 }
    while let first = waiting.first, !isWritten, !first.isWriter || readers == 0 {
      waiting.removeFirst()
      if first.isWriter { isWritten = true } else { readers += 1 }
      first.continuation.resume()
    }
  }
}

/// A condition variable of a lock.
actor Condition {
  private let lock: Lock
  private var waiting: [UnsafeContinuation<Void, Never>] = []
  init(_ lock: Lock) { self.lock = lock }

  /// Unlocks the lock, waits for a signal, and locks it again.
  @inline(never) nonisolated func wait() async {
    defer { comeBack() }
    await waitForSignal()
    await lock.lock()
  }
  @inline(never) nonisolated func signal() async {
    defer { comeBack() }
    await wakeOne()
  }

  private func waitForSignal() async {
    await withUnsafeContinuation { continuation in
      waiting.append(continuation)
      Task { await lock.unlock() }
    }
  }

  private func wakeOne() { if !waiting.isEmpty { waiting.removeFirst().resume() } }
}

/// Go's channels, all in one actor, so that `select` can look at several of them.
actor Channels {
  struct SentOnClosed: Error {}
  enum Case: Sendable, Equatable {
    case send(String, Int)
    case receive(String)

    var name: String {
      switch self {
      case .send(let name, _), .receive(let name): name
      }
    }
  }
  /// What `select` did: the index of the case, and what it received; `nil` if the channel is closed.
  struct Selected: Sendable {
    var index: Int
    var value: Int?
  }
  private struct Waiting {
    var number: Int
    var cases: [Case]
    var continuation: UnsafeContinuation<Selected, any Error>
  }
  private struct Channel {
    var capacity: Int
    var buffer: [Int] = []
    var isClosed = false
  }
  private var channels: [String: Channel]
  private var waiting: [Waiting] = []
  private var number = 0

  /// Makes channels with these capacities. A channel that is not named here is Go's nil: nothing ever happens on it.
  init(_ capacities: [String: Int]) { channels = capacities.mapValues { Channel(capacity: $0) } }

  @inline(never) nonisolated func make(_ name: String) async {
    defer { comeBack() }
    await add(name)
  }
  @inline(never) nonisolated func remove(_ name: String) async {
    defer { comeBack() }
    await drop(name)
  }
  @inline(never) nonisolated func close(_ name: String) async {
    defer { comeBack() }
    await end(name)
  }

  @inline(never) nonisolated func send(_ name: String, _ value: Int = 0) async throws {
    defer { comeBack() }
    _ = try await waitForOne([.send(name, value)])
  }
  @discardableResult
  @inline(never)
  nonisolated func receive(_ name: String) async throws -> Int? {
    try await waitForOne([.receive(name)]).value
  }

  /// Does one of the cases now; `nil` if none can be done now.
  @inline(never) nonisolated func trySelect(_ cases: [Case]) async throws -> Selected? {
    try await now(cases)
  }
  /// Waits until one of the cases can be done.
  @inline(never) nonisolated func select(_ cases: [Case]) async throws -> Selected {
    try await waitForOne(cases)
  }

  private func add(_ name: String) { channels[name] = Channel(capacity: 0) }
  private func drop(_ name: String) { channels[name] = nil }

  private func now(_ cases: [Case]) throws -> Selected? {
    for (index, entry) in cases.enumerated() {
      if let value = try perform(entry) { return Selected(index: index, value: value) }
    }
    return nil
  }

  private func waitForOne(_ cases: [Case]) async throws -> Selected {
    if let done = try now(cases) { return done }
    return try await withUnsafeThrowingContinuation { continuation in
      // Go looks at its channel once: a channel that is made later is another one.
      let present = cases.map { channels[$0.name] == nil ? Case.receive("") : $0 }
      waiting.append(Waiting(number: number, cases: present, continuation: continuation))
      number += 1
    }
  }

  private func end(_ name: String) {
    channels[name]?.isClosed = true
    for waiter in waiting {
      for (index, entry) in waiter.cases.enumerated() where entry.name == name {
        if case .receive = entry {
          finish(waiter, .success(Selected(index: index, value: nil)))
        } else {
          finish(waiter, .failure(SentOnClosed()))
        }
        break
      }
    }
  }

  private func finish(_ waiter: Waiting, _ result: Result<Selected, any Error>) {
    guard let place = waiting.firstIndex(where: { $0.number == waiter.number }) else { return }
    waiting.remove(at: place)
    waiter.continuation.resume(with: result)
  }

  /// Does a case now. The outer optional is `nil` if it cannot be done, the inner one if the channel is closed.
  private func perform(_ entry: Case) throws -> Int?? {
    switch entry {
    case .send(let name, let value):
      guard let channel = channels[name] else { return nil }
      guard !channel.isClosed else { throw SentOnClosed() }
      for waiter in waiting {
        guard let index = waiter.cases.firstIndex(of: .receive(name)) else { continue }
        finish(waiter, .success(Selected(index: index, value: value)))
        return .some(value)
      }
      guard channel.buffer.count < channel.capacity else { return nil }
      channels[name]?.buffer.append(value)
      return .some(value)
    case .receive(let name):
      guard let channel = channels[name] else { return nil }
      let sender = waiting.lazy.compactMap { waiter in
        waiter.cases.enumerated().lazy.compactMap { index, entry -> (Waiting, Int, Int)? in
          if case .send(name, let value) = entry { (waiter, index, value) } else { nil }
        }.first
      }.first
      if let first = channel.buffer.first {
        channels[name]?.buffer.removeFirst()
        if let (waiter, index, value) = sender {
          channels[name]?.buffer.append(value)
          finish(waiter, .success(Selected(index: index, value: value)))
        }
        return .some(first)
      }
      if let (waiter, index, value) = sender {
        finish(waiter, .success(Selected(index: index, value: value)))
        return .some(value)
      }
      return channel.isClosed ? .some(nil) : nil
    }
  }
}
