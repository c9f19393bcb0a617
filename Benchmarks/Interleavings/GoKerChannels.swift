import Interleavings

// Kernels of GoKer in which a goroutine waits for ever at a channel, or sends on one that is closed.
extension Port {
  static let goKerChannels: [Port] = [
    Port(name: "kubernetes#5316", benchmark: .goKer) { isFixed, _ in
      // The result of a request is sent to somebody who has stopped waiting at the timeout.
      let wires = Channels(["done": isFixed ? 1 : 0, "timeout": 1])
      try await together(
        { try await wires.send("done") },
        { try await wires.send("timeout") },
        { _ = try await wires.select([.receive("done"), .receive("timeout")]) })
    },
    Port(name: "kubernetes#38669", benchmark: .goKer) { isFixed, _ in
      // The first events are sent before anybody receives.
      let wires = Channels(["input": 0, "result": isFixed ? 2 : 0])
      try await together(
        {
          for event in 0..<2 { try await wires.send("result", event) }
          while try await wires.receive("input") != nil {}
        },
        { await wires.close("input") })
    },
    Port(name: "kubernetes#25331", benchmark: .goKer) { isFixed, _ in
      // The watcher sends its result although it has just told everybody to stop.
      let wires = Channels(["error": 0, "result": 0, "cancelled": 0])
      try await together(
        {
          if try await wires.select([.receive("error"), .receive("cancelled")]).index == 0 {
            if isFixed {
              _ = try await wires.select([.send("result", 0), .receive("cancelled")])
            } else {
              await wires.close("cancelled")
              try await wires.send("result")
            }
          }
        },
        {
          _ = try await wires.select([.send("error", 0), .receive("cancelled")])
          await wires.close("cancelled")
        })
    },
    Port(name: "moby#33781", benchmark: .goKer) { isFixed, _ in
      // The monitor stops while its probe is about to send.
      let wires = Channels(["stop": 0, "results": isFixed ? 1 : 0])
      try await together(
        { _ = try await wires.select([.receive("stop"), .receive("results")]) },
        { try await wires.send("results") },
        { _ = try await wires.trySelect([.send("stop", 0)]) })
    },
    Port(name: "grpc#660", benchmark: .goKer) { isFixed, _ in
      // The client of a benchmark stops while a call is about to say that it is done.
      let wires = Channels(["stop": 1, "done": isFixed ? 1 : 0])
      try await together(
        { try await wires.send("done") },
        { try await wires.send("stop") },
        { _ = try await wires.select([.receive("stop"), .receive("done")]) })
    },
    Port(name: "etcd#6857", benchmark: .goKer) { isFixed, _ in
      // The status is asked for after the node has stopped.
      let wires = Channels(["status": 0, "answer": 0, "stop": 0, "done": 0])
      try await together(
        {
          while true {
            if try await wires.select([.receive("status"), .receive("stop")]).index == 0 {
              try await wires.send("answer")
            } else {
              return await wires.close("done")
            }
          }
        },
        {
          if isFixed {
            guard try await wires.select([.send("status", 0), .receive("done")]).index == 0 else { return }
          } else {
            try await wires.send("status")
          }
          try await wires.receive("answer")
        },
        {
          if try await wires.select([.send("stop", 0), .receive("done")]).index == 0 {
            try await wires.receive("done")
          }
        })
    },
    Port(name: "cockroach#10790", benchmark: .goKer) { isFixed, _ in
      // After a cancellation the commands wait for senders that have gone.
      let wires = Channels(["0": isFixed ? 1 : 0, "1": isFixed ? 1 : 0, "cancelled": 0])
      try await together(
        {
          for name in ["0", "1"] {
            if isFixed {
              try await wires.send(name)
            } else if try await wires.select([.send(name, 0), .receive("cancelled")]).index == 1 {
              return
            }
          }
        },
        {
          for name in ["0", "1"] {
            if try await wires.select([.receive(name), .receive("cancelled")]).index == 1 {
              if !isFixed { try await wires.receive(name) }
              return
            }
          }
        },
        { await wires.close("cancelled") })
    },
    Port(name: "cockroach#35073", benchmark: .goKer) { isFixed, _ in
      // A row is pushed into a full channel whose consumer has closed between the look at its status and the push.
      let (wires, isClosed) = (Channels(["rows": 2]), Cell(false))
      for _ in 0..<2 { try await wires.send("rows") }
      @Sendable func push() async throws {
        if isFixed {
          _ = try await wires.trySelect([.send("rows", 0)])
        } else if await !isClosed.value {
          try await wires.send("rows")
        }
      }
      try await together(
        push, push,
        {
          await isClosed.set(true)
          _ = try await wires.trySelect([.receive("rows")])
        })
    },
    Port(name: "cockroach#2448", benchmark: .goKer) { isFixed, _ in
      // One side sends an event while the other sends back the callback of the event before.
      let wires = Channels(["events": isFixed ? 4 : 0, "callbacks": isFixed ? 4 : 0])
      try await together(
        {
          for _ in 0..<2 {
            try await wires.receive("events")
            try await wires.send("callbacks")
          }
        },
        {
          var (sent, answered) = (0, 0)
          while sent < 2 {
            if try await wires.trySelect([.receive("callbacks")]) != nil { answered += 1 }
            try await wires.send("events")
            sent += 1
          }
          while answered < 2 {
            try await wires.receive("callbacks")
            answered += 1
          }
        })
    },
    Port(name: "istio#17860", benchmark: .goKer) { isFixed, _ in
      // An epoch reports its end to an agent that does not run any more.
      let wires = Channels(["status": isFixed ? 2 : 0, "cancelled": 0])
      try await together(
        { _ = try await wires.select([.receive("status"), .receive("cancelled")]) },
        { try await wires.send("status") },
        { await wires.close("cancelled") })
    },
    Port(name: "cockroach#18101", benchmark: .goKer) { isFixed, _ in
      // The receiver of a long list returns at a cancellation, and the sender fills the buffer and waits.
      let wires = Channels(["ready": 2, "cancelled": 0])
      try await together(
        {
          for number in 0..<4 {
            if isFixed {
              let sent = try await wires.select([.send("ready", number), .receive("cancelled")])
              if sent.index == 1 { break }
            } else {
              try await wires.send("ready", number)
            }
          }
          await wires.close("ready")
        },
        {
          while try await wires.receive("ready") != nil {
            if try await wires.trySelect([.receive("cancelled")]) != nil { return }
          }
        },
        { await wires.close("cancelled") })
    },
    Port(name: "cockroach#1462", benchmark: .goKer) { isFixed, _ in
      // The source of events looks at the stop channel and then sends, when the receiver has stopped.
      let wires = Channels(["events": 0, "stop": 0])
      try await together(
        {
          for _ in 0..<3 {
            if isFixed {
              if try await wires.select([.receive("stop"), .send("events", 0)]).index == 0 { return }
            } else {
              if try await wires.trySelect([.receive("stop")]) != nil { return }
              try await wires.send("events")
            }
          }
        },
        {
          for _ in 0..<3 {
            if try await wires.select([.receive("events"), .receive("stop")]).index == 1 { return }
          }
        },
        { await wires.close("stop") })
    },
    Port(name: "syncthing#5795", benchmark: .goKer) { isFixed, _ in
      // A handler closes the connection, which waits for the loop that runs the handler.
      let wires = Channels(["inbox": 0, "closed": 0, "loop": 0])
      @Sendable func close() async throws {
        await wires.close("closed")
        try await wires.receive("loop")
      }
      try await together(
        {
          if try await wires.select([.receive("inbox"), .receive("closed")]).index == 0 {
            if isFixed { Task { try await close() } } else { try await close() }
          }
          await wires.close("loop")
        },
        { _ = try await wires.select([.send("inbox", 0), .receive("closed")]) })
    },
  ]
}
