import Interleavings

// Programs of SCTBench: a shared variable is an actor, a lock is an actor, and each access is an await.
extension Port {
  static let sctBench: [Port] =
    [3, 4, 5, 10, 20].map(reorder) + [2, 100].map(twoStage) + [3, 7].map(wrongLock)
    + [2, 3, 5].map(philosophers)
    + [
      account, carter01, deadlock01, lazy01, tokenRing, bluetooth, stack, queue, circularBuffer, sync01,
      sync02, phase01,
    ]

  /// `count` - 1 threads set two variables one after the other, and one thread checks that both are set or none.
  static func reorder(_ count: Int) -> Port {
    Port(name: "reorder_\(count)", benchmark: .sctBench) { isFixed, sink in
      let (a, b, both) = (Cell(0), Cell(0), Lock())
      let setters: [@Sendable () async throws -> Void] = (1..<count).map { _ in
        {
          if isFixed { await both.lock() }
          await a.set(1)
          await b.set(-1)
          if isFixed { await both.unlock() }
        }
      }
      let checker: @Sendable () async throws -> Void = {
        if isFixed { await both.lock() }
        let (first, second) = (await a.value, await b.value)
        if isFixed { await both.unlock() }
        sink.expect(
          (first, second) == (0, 0) || (first, second) == (1, -1), "one is set and the other is not")
      }
      try await together(setters + [checker])
    }
  }

  /// `count` - 1 threads write in two stages, each under a lock of its own, and one thread reads both.
  static func twoStage(_ count: Int) -> Port {
    Port(name: count == 2 ? "twostage" : "twostage_\(count)", benchmark: .sctBench) { isFixed, sink in
      let (one, other, both) = (Cell(0), Cell(0), Lock())
      let writers: [@Sendable () async throws -> Void] = (1..<count).map { _ in
        {
          if isFixed { await both.lock() }
          await one.set(1)
          let next = await one.value + 1
          await other.set(next)
          if isFixed { await both.unlock() }
        }
      }
      let reader: @Sendable () async throws -> Void = {
        if isFixed { await both.lock() }
        let first = await one.value
        let second = first == 0 ? 1 : await other.value
        if isFixed { await both.unlock() }
        sink.expect(first == 0 || second == first + 1, "the second stage is missing")
      }
      try await together(writers + [reader])
    }
  }

  /// One thread changes a variable under one lock, and `count` threads under another.
  static func wrongLock(_ count: Int) -> Port {
    Port(name: count == 7 ? "wronglock" : "wronglock_\(count)", benchmark: .sctBench) { isFixed, sink in
      let (data, dataLock, otherLock) = (Cell(0), Lock(), Lock())
      let first: @Sendable () async throws -> Void = {
        await dataLock.lock()
        let before = await data.value
        await data.update { $0 += 1 }
        let after = await data.value
        await dataLock.unlock()
        sink.expect(after == before + 1, "somebody else changed the variable")
      }
      let others: [@Sendable () async throws -> Void] = (0..<count).map { _ in
        {
          let lock = isFixed ? dataLock : otherLock
          await lock.lock()
          await data.update { $0 += 1 }
          await lock.unlock()
        }
      }
      try await together([first] + others)
    }
  }

  static func philosophers(_ count: Int) -> Port {
    Port(name: "din_phil\(count)", benchmark: .sctBench) { isFixed, _ in
      let forks = (0..<count).map { _ in Lock() }
      try await together(
        (0..<count).map { place in
          { @Sendable () async in
            var (left, right) = (place, (place + 1) % count)
            if isFixed, left > right { swap(&left, &right) }
            await forks[left].lock()
            await forks[right].lock()
            await forks[right].unlock()
            await forks[left].unlock()
          }
        })
    }
  }

  static let account = Port(name: "account", benchmark: .sctBench) { isFixed, sink in
    let balance = Cell(10)
    @Sendable func add(_ amount: Int) async {
      if isFixed {
        await balance.update { $0 += amount }
      } else {
        let before = await balance.value
        await balance.set(before + amount)
      }
    }
    try await together({ await add(5) }, { await add(-3) })
    sink.expect(await balance.value == 12, "the balance is wrong")
  }

  static let carter01 = Port(name: "carter01", benchmark: .sctBench) { isFixed, _ in
    // Readers of two kinds count themselves; the first of a kind takes the lock, under the lock of the counts.
    let (counts, data, a, b) = (Lock(), Lock(), Cell(0), Cell(0))
    @Sendable func work(_ count: Cell<Int>) async {
      await counts.lock()
      let isFirst = await count.update {
        $0 += 1; return $0 == 1
      }
      if isFixed { await counts.unlock() }
      if isFirst { await data.lock() }
      if !isFixed { await counts.unlock() }
      await counts.lock()
      let isLast = await count.update {
        $0 -= 1; return $0 == 0
      }
      if isFixed { await counts.unlock() }
      if isFirst && isFixed || isLast && !isFixed { await data.unlock() }
      if !isFixed { await counts.unlock() }
    }
    try await together({ await work(a) }, { await work(b) })
  }

  static let deadlock01 = Port(name: "deadlock01", benchmark: .sctBench) { isFixed, _ in
    let (a, b) = (Lock(), Lock())
    @Sendable func add(_ first: Lock, _ second: Lock) async {
      await first.lock()
      await second.lock()
      await second.unlock()
      await first.unlock()
    }
    try await together({ await add(a, b) }, { await (isFixed ? add(a, b) : add(b, a)) })
  }

  static let lazy01 = Port(name: "lazy01", benchmark: .sctBench) { isFixed, sink in
    let data = Cell(0)
    try await together(
      { await data.update { $0 += 1 } },
      { await data.update { $0 += 2 } },
      { sink.expect(await data.value < (isFixed ? 4 : 3), "the data is ready too early") })
  }

  static let tokenRing = Port(name: "token_ring", benchmark: .sctBench) { isFixed, sink in
    let ring = Cell([1, 2, 1, 0])
    let wires = Channels(["1": 0, "2": 0])
    try await together(
      {
        await ring.update {
          $0[0] = ($0[2] + 1) % 4; $0[3] += 1
        }
        await wires.close("1")
      },
      {
        if isFixed { try await wires.receive("1") }
        await ring.update {
          $0[1] = $0[0]; $0[3] += 1
        }
        await wires.close("2")
      },
      {
        if isFixed { try await wires.receive("2") }
        await ring.update {
          $0[2] = $0[1]; $0[3] += 1
        }
      },
      {
        let now = await ring.value
        sink.expect(now[3] < 3 || (now[0] == now[1] && now[1] == now[2]), "the ring is not even")
      })
  }

  static let bluetooth = Port(name: "bluetooth_driver", benchmark: .sctBench) { isFixed, sink in
    let (pending, isStopping, event, isStopped) = (Cell(1), Cell(false), Cell(false), Cell(false))
    @Sendable func leave() async {
      if await pending.update({
        $0 -= 1; return $0 == 0
      }) {
        await event.set(true)
      }
    }
    try await together(
      {
        if isFixed {
          await pending.update { $0 += 1 }
          if await isStopping.value { return await leave() }
        } else {
          if await isStopping.value { return await leave() }
          await pending.update { $0 += 1 }
        }
        sink.expect(await !isStopped.value, "the driver works after it has stopped")
        await leave()
      },
      {
        await isStopping.set(true)
        await leave()
        if await event.value { await isStopped.set(true) }
      })
  }

  static let stack = Port(name: "stack", benchmark: .sctBench) { isFixed, sink in
    let (lock, top, hasPushed) = (Lock(), Cell(0), Cell(false))
    try await together(
      {
        for _ in 0..<3 {
          await lock.lock()
          await top.update { $0 += 1 }
          await hasPushed.set(true)
          await lock.unlock()
        }
      },
      {
        for _ in 0..<3 {
          await lock.lock()
          if await isFixed ? top.value > 0 : hasPushed.value {
            let left = await top.update {
              $0 -= 1; return $0
            }
            sink.expect(left >= 0, "the stack is empty")
          }
          await lock.unlock()
        }
      })
  }

  static let queue = Port(name: "queue", benchmark: .sctBench) { isFixed, sink in
    let (lock, stored, mayTake) = (Lock(), Cell<[Int]>([]), Cell(false))
    try await together(
      {
        for number in 0..<3 {
          await lock.lock()
          await stored.update { $0.append(number) }
          await mayTake.set(true)
          await lock.unlock()
        }
      },
      {
        for number in 0..<3 {
          await lock.lock()
          if await isFixed ? !stored.value.isEmpty : mayTake.value {
            let first = await stored.update { $0.isEmpty ? nil : $0.removeFirst() }
            sink.expect(isFixed || first == number, "another number than the one that is next")
          }
          await lock.unlock()
        }
      })
  }

  static let circularBuffer = Port(name: "circular_buffer", benchmark: .sctBench) { isFixed, sink in
    let (buffer, next, first) = (Cell([0, 0, 0]), Cell(0), Cell(0))
    try await together(
      {
        for number in 1...2 {
          if isFixed {
            let place = await next.value
            await buffer.update { $0[place] = number }
            await next.set(place + 1)
          } else {
            let place = await next.update {
              $0 += 1; return $0 - 1
            }
            await buffer.update { $0[place] = number }
          }
        }
      },
      {
        for number in 1...2 where await first.value < next.value {
          let place = await first.update {
            $0 += 1; return $0 - 1
          }
          sink.expect(await buffer.value[place] == (isFixed ? place + 1 : number), "an empty place was read")
        }
      })
  }

  static let sync01 = Port(name: "sync01", benchmark: .sctBench) { isFixed, _ in
    // The number is never lowered, so the first thread waits for ever.
    let (lock, number) = (Lock(), Cell(isFixed ? 0 : 1))
    let (empty, full) = (Condition(lock), Condition(lock))
    try await together(
      {
        await lock.lock()
        while await number.value > 0 { await empty.wait() }
        await number.update { $0 += 1 }
        await lock.unlock()
        await full.signal()
      },
      {
        await lock.lock()
        while await number.value == 0 { await full.wait() }
        await lock.unlock()
        await empty.signal()
      })
  }

  static let sync02 = Port(name: "sync02", benchmark: .sctBench) { isFixed, _ in
    // The signal is sent whether somebody waits or not, and who comes later has missed it.
    let (lock, isReady) = (Lock(), Cell(false))
    let ready = Condition(lock)
    try await together(
      {
        await lock.lock()
        if await isFixed ? !isReady.value : true { await ready.wait() }
        await lock.unlock()
      },
      {
        await lock.lock()
        await isReady.set(true)
        await lock.unlock()
        await ready.signal()
      })
  }

  static let phase01 = Port(name: "phase01", benchmark: .sctBench) { isFixed, _ in
    // The first lock is taken a second time and never given back.
    let (x, y) = (Lock(), Lock())
    @Sendable func work() async {
      await x.lock()
      await x.unlock()
      await x.lock()
      await y.lock()
      await y.unlock()
      if isFixed { await x.unlock() }
    }
    try await together(work, work)
  }
}
