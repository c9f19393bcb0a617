import Interleavings

// Kernels of GoKer in which something is used before it is there, or after it has gone.
extension Port {
  static let goKerSelects: [Port] = [
    Port(name: "grpc#862", benchmark: .goKer) { isFixed, sink in
      // A connection is added after the dial was cancelled, and nobody ever tears it down.
      let (isClosed, open) = (Cell(false), Cell(0))
      try await together(
        {
          await isClosed.set(true)
          await open.set(0)
        },
        {
          await open.update { $0 += 1 }
          if isFixed, await isClosed.value { await open.set(0) }
        })
      sink.expect(await open.value == 0, "a connection is left after the dial was cancelled")
    },
    Port(name: "grpc#2371", benchmark: .goKer) { isFixed, sink in
      // A closed connection has no balancer any more when its resolver reports.
      let (lock, balancer) = (Lock(), Cell<Int?>(1))
      try await together(
        {
          await lock.lock()
          let present = await balancer.value
          sink.expect(isFixed || present != nil, "the balancer is gone")
          await lock.unlock()
        },
        {
          await lock.lock()
          await balancer.set(nil)
          await lock.unlock()
        })
    },
    Port(name: "grpc#1687", benchmark: .goKer) { isFixed, sink in
      // A handler writes after the status has closed the channel of writes.
      let (wires, isClosed) = (Channels(["writes": 0, "closed": 0]), Cell(false))
      @Sendable func write() async {
        if isFixed, await isClosed.value { return }
        do {
          _ = try await wires.select([.send("writes", 0), .receive("closed")])
        } catch {
          sink.expect(isFixed, "sent on a closed channel")
        }
      }
      try await together(
        {
          await write()
          await isClosed.set(true)
          await wires.close("writes")
        }, write,
        {
          while try await wires.select([.receive("writes"), .receive("closed")]).value != nil {}
          await wires.close("closed")
        })
    },
    Port(name: "grpc#1748", benchmark: .goKer) { isFixed, sink in
      // A test puts a timeout back while a connection of the test still reads it.
      let (timeout, finished) = (Cell(10), Channels(["finished": 0]))
      await timeout.set(3)
      try await together(
        {
          let read = await timeout.value
          sink.expect(read == 3, "a connection of the test read the timeout of another")
          await finished.close("finished")
        },
        {
          if isFixed { try await finished.receive("finished") }
          await timeout.set(10)
        })
    },
    Port(name: "grpc#3090", benchmark: .goKer) { isFixed, sink in
      // The resolver is asked before the wrapper has got it.
      let (lock, resolver) = (Lock(), Cell<Int?>(nil))
      if isFixed { await lock.lock() }
      try await together(
        {
          await lock.lock()
          sink.expect(await resolver.value != nil, "there is no resolver yet")
          await lock.unlock()
        },
        {
          await resolver.set(1)
          if isFixed { await lock.unlock() }
        })
    },
    Port(name: "etcd#3077", benchmark: .goKer) { isFixed, _ in
      // The raft node makes its channels when it runs, and the server may use them before.
      let wires = Channels(["stop": 0])
      if isFixed {
        await wires.make("stopped")
        await wires.make("done")
      }
      try await together(
        {
          if !isFixed {
            await wires.make("stopped")
            await wires.make("done")
          }
          try await wires.receive("stopped")
          await wires.close("done")
        },
        {
          try await wires.receive("stop")
          try await wires.send("stopped")
          try await wires.receive("done")
        },
        { try await wires.send("stop") })
    },
    Port(name: "etcd#4876", benchmark: .goKer) { isFixed, sink in
      // The interval is set after the loop that a test wants to speed up has read it.
      let (interval, wires) = (Cell(10), Channels(["set": 0]))
      try await together(
        {
          await interval.set(3)
          await wires.close("set")
        },
        {
          if isFixed { try await wires.receive("set") }
          sink.expect(await interval.value == 3, "the loop uses the old interval")
        })
    },
    Port(name: "istio#8967", benchmark: .goKer) { isFixed, _ in
      // `Stop` takes the channel away, and the goroutine that looks at it later waits for ever.
      let wires = Channels(["done": 0])
      try await together(
        { try await wires.receive("done") },
        {
          await wires.close("done")
          if !isFixed { await wires.remove("done") }
        })
    },
    Port(name: "kubernetes#49404", benchmark: .goKer) { isFixed, sink in
      // A test looks whether its handler was called, and does not wait for the call.
      let (isCalled, wires) = (Cell(false), Channels(["called": 0]))
      try await together(
        {
          await isCalled.set(true)
          await wires.close("called")
        },
        {
          if isFixed { try await wires.receive("called") }
          sink.expect(await isCalled.value, "the handler was not called")
        })
    },
    Port(name: "kubernetes#80284", benchmark: .goKer) { isFixed, sink in
      // Two updates each read what is to be closed and put their own in its place; one dialer is never closed.
      let (current, closed) = (Cell(0), Cell(0))
      @Sendable func update(_ dialer: Int) async {
        let old: Int
        if isFixed {
          old = await current.update { value in
            defer { value = dialer }
            return value
          }
        } else {
          old = await current.value
          await current.set(dialer)
        }
        await closed.update { $0 += old }
      }
      try await together({ await update(1) }, { await update(2) })
      let sum = await closed.value + current.value
      sink.expect(sum == 3, "a dialer is neither closed nor in use")
    },
    Port(name: "serving#4908", benchmark: .goKer) { isFixed, sink in
      // A goroutine logs to a test that has ended.
      let (hasEnded, wires) = (Cell(false), Channels(["logged": 0]))
      try await together(
        {
          sink.expect(await !hasEnded.value, "logged after the end of the test")
          await wires.close("logged")
        },
        {
          if isFixed { try await wires.receive("logged") }
          await hasEnded.set(true)
        })
    },
  ]
}
