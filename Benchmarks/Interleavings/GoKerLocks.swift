import Interleavings

// Kernels of GoKer in which locks alone, or locks and channels together, end in a deadlock.
extension Port {
  static let goKerLocks: [Port] = [
    Port(name: "moby#4951", benchmark: .goKer) { isFixed, _ in
      // Deleting a device unlocks the set while it still holds the device.
      let (devices, info) = (Lock(), Lock())
      @Sendable func delete() async {
        if isFixed { await info.lock() }
        await devices.lock()
        if !isFixed { await info.lock() }
        await devices.unlock()
        await devices.lock()
        if !isFixed { await info.unlock() }
        await devices.unlock()
        if isFixed { await info.unlock() }
      }
      try await together(delete, delete)
    },
    Port(name: "cockroach#10214", benchmark: .goKer) { isFixed, _ in
      // Heartbeats lock the store and then a replica, a tick locks a replica and then the store.
      let (store, replica) = (Lock(), Lock())
      try await together(
        {
          await store.lock()
          if isFixed { await store.unlock() }
          await replica.lock()
          await replica.unlock()
          if !isFixed { await store.unlock() }
        },
        {
          await replica.lock()
          await store.lock()
          await store.unlock()
          await replica.unlock()
        })
    },
    Port(name: "cockroach#16167", benchmark: .goKer) { isFixed, _ in
      // A reader locks again while a writer waits.
      let config = ReadWriteLock()
      try await together(
        {
          await config.lockToWrite()
          await config.unlock()
        },
        {
          await config.lockToRead()
          if isFixed { await config.unlock() }
          await config.lockToRead()
          await config.unlock()
          if !isFixed { await config.unlock() }
        })
    },
    Port(name: "cockroach#6181", benchmark: .goKer) { isFixed, _ in
      // What prints the cache under its read lock takes the read lock, while another look-up waits to write.
      let cache = ReadWriteLock()
      @Sendable func lookUp() async {
        await cache.lockToRead()
        if !isFixed {
          await cache.lockToRead()
          await cache.unlock()
        }
        await cache.unlock()
        await cache.lockToWrite()
        await cache.unlock()
      }
      try await together(lookUp, lookUp, lookUp)
    },
    Port(name: "hugo#3251", benchmark: .goKer) { isFixed, _ in
      // The lock of the table is held while the lock of one entry is awaited, and unlocking an entry needs the table.
      let (table, entry) = (ReadWriteLock(), Lock())
      @Sendable func fetch() async {
        await table.lockToWrite()
        if isFixed { await table.unlock() }
        await entry.lock()
        if !isFixed { await table.unlock() }
        await table.lockToRead()
        await entry.unlock()
        await table.unlock()
      }
      try await together(fetch, fetch, fetch)
    },
    Port(name: "etcd#6873", benchmark: .goKer) { isFixed, _ in
      // `stop` holds the lock while it waits for a goroutine that needs it.
      let (lock, wires) = (Lock(), Channels(["update": 1, "done": 0]))
      try await wires.send("update")
      try await together(
        {
          while try await wires.receive("update") != nil {
            await lock.lock()
            await lock.unlock()
          }
          await wires.close("done")
        },
        {
          await lock.lock()
          await wires.close("update")
          if isFixed { await lock.unlock() }
          try await wires.receive("done")
          if !isFixed { await lock.unlock() }
        })
    },
    Port(name: "kubernetes#6632", benchmark: .goKer) { isFixed, _ in
      // A frame is written under the lock to a channel whose reader may have gone to take the lock.
      let (lock, isReset, wires) = (Lock(), Cell(true), Channels(["close": 0, "reset": isFixed ? 1 : 0]))
      try await together(
        { try await wires.send("close") },
        {
          try await wires.receive("close")
          await lock.lock()
          await wires.close("reset")
          await isReset.set(false)
          await lock.unlock()
        },
        {
          await lock.lock()
          if await isReset.value { _ = try? await wires.send("reset") }
          await lock.unlock()
        })
    },
    Port(name: "kubernetes#10182", benchmark: .goKer) { isFixed, _ in
      // The status is sent under the lock that its receiver takes.
      let (lock, wires) = (Lock(), Channels(["status": 0]))
      @Sendable func set() async throws {
        await lock.lock()
        if isFixed { await lock.unlock() }
        try await wires.send("status")
        if !isFixed { await lock.unlock() }
      }
      try await together(
        {
          for _ in 0..<2 {
            try await wires.receive("status")
            await lock.lock()
            await lock.unlock()
          }
        }, set, set)
    },
    Port(name: "grpc#1460", benchmark: .goKer) { isFixed, _ in
      // `keepalive` waits for a stream while it holds the lock that a new stream needs.
      let (lock, streams, wires) = (Lock(), Cell(0), Channels(["awaken": isFixed ? 1 : 0]))
      try await together(
        {
          await lock.lock()
          if await streams.value < 1 {
            if isFixed { await lock.unlock() }
            try await wires.receive("awaken")
            if !isFixed { await lock.unlock() }
          } else {
            await lock.unlock()
          }
        },
        {
          await lock.lock()
          await streams.update { $0 += 1 }
          _ = try await wires.trySelect([.send("awaken", 0)])
          await lock.unlock()
        })
    },
    Port(name: "moby#28462", benchmark: .goKer) { isFixed, _ in
      // The monitor is stopped under the lock that it takes between two looks at its stop channel.
      let (lock, wires) = (Lock(), Channels(["stop": isFixed ? 1 : 0]))
      try await together(
        {
          for _ in 0..<2 {
            if try await wires.trySelect([.receive("stop")]) != nil { return }
            await lock.lock()
            await lock.unlock()
          }
          try await wires.receive("stop")
        },
        {
          await lock.lock()
          try await wires.send("stop")
          await lock.unlock()
        })
    },
    Port(name: "istio#16224", benchmark: .goKer) { isFixed, _ in
      // The handler sends under a lock that the receiver takes first.
      let (lock, wires) = (Lock(), Channels(["event": 0, "done": 0, "stop": 0]))
      try await together(
        {
          _ = try await wires.receive("event")
          await lock.lock()
          if isFixed { await lock.unlock() }
          try await wires.send("done")
          if !isFixed { await lock.unlock() }
        },
        {
          try await wires.send("event")
          await lock.lock()
          await lock.unlock()
          try await wires.receive("done")
        })
    },
    Port(name: "serving#2137", benchmark: .goKer) { isFixed, _ in
      // Requests are released in the order of their making, but may have been admitted in another.
      let wires = Channels(["pending": 2, "active": 1, "accepted 0": 1, "accepted 1": 1])
      let locks = [Lock(), Lock()]
      for lock in locks { await lock.lock() }
      @Sendable func request(_ number: Int) async throws {
        try await wires.send("pending")
        try await wires.send("active")
        await locks[number].lock()
        await locks[number].unlock()
        try await wires.receive("active")
        try await wires.receive("pending")
        try await wires.send("accepted \(number)")
      }
      try await together(
        { try await request(0) }, { try await request(1) },
        {
          if isFixed { for lock in locks { await lock.unlock() } }
          for number in 0..<2 {
            if !isFixed { await locks[number].unlock() }
            try await wires.receive("accepted \(number)")
          }
        })
    },
  ]
}
