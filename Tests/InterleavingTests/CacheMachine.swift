import InterleavingTesting
import PropertyTesting

/// A read-through cache in front of a store, and what a map would answer.
///
/// The cache is broken if it keeps what it read although the key was written meanwhile. Its twin looks whether the key was
/// written while it waited for the store.
struct CacheMachine: StateMachine {
  enum Command: Sendable, Hashable { case get(Int), put(Int, Int) }
  var isBroken: Bool
  let initialState: [Int: Int] = [:]

  func commands(in state: [Int: Int]) -> Generator<Command> {
    let key = Generator.integer(in: 0...2)
    return .oneOf(
      key.map { .get($0) }, Generator<(Int, Int)>.zip(key, .integer(in: 1...99)).map { .put($0.0, $0.1) })
  }
  func nextState(_ state: inout [Int: Int], _ command: Command) {
    if case .put(let key, let value) = command { state[key] = value }
  }
  func postcondition(_ state: [Int: Int], _ command: Command, _ response: Int) -> Bool {
    if case .get(let key) = command { response == state[key, default: 0] } else { true }
  }
  func makeSystem() -> Cache { Cache(isBroken: isBroken) }
  func run(_ command: Command, on cache: Cache) async -> Int {
    switch command {
    case .get(let key): return await cache.get(key)
    case .put(let key, let value):
      await cache.put(key, value)
      return value
    }
  }

  actor Store {
    private var values: [Int: Int] = [:]
    func read(_ key: Int) -> Int { values[key, default: 0] }
    func write(_ key: Int, _ value: Int) { values[key] = value }
  }

  actor Cache {
    private let store = Store()
    private let isBroken: Bool
    private var kept: [Int: Int] = [:]
    private var writes: [Int: Int] = [:]
    init(isBroken: Bool) { self.isBroken = isBroken }

    func get(_ key: Int) async -> Int {
      if let value = kept[key] { return value }
      let before = writes[key, default: 0]
      let value = await store.read(key)
      if isBroken || writes[key, default: 0] == before { kept[key] = value }
      return value
    }

    func put(_ key: Int, _ value: Int) async {
      writes[key, default: 0] += 1
      kept[key] = nil
      await store.write(key, value)
      // What was read before the write arrived is out of date.
      writes[key, default: 0] += 1
      if !isBroken { kept[key] = nil }
    }
  }
}
