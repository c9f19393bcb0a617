import Foundation
import Policy
import Synchronization

/// A decoder on a thread of its own. Commands and events go by mail, so that neither thread waits for the other.
final class Engine: Sendable {
  enum Command: Sendable {
    /// Begins a generation, whose events have this key.
    case submit(key: Int, GenerationRequest)
    case cancel(key: Int)
    case stop
  }

  /// What became of a generation.
  struct Event: Sendable {
    enum What: Sendable {
      /// A token was drawn, or the generation ended, or both.
      case sampled(SampledToken?, end: Generation.StopReason?)
      case refused(GenerationError)
      /// All generations that ran are lost.
      case lost(NotFiniteError)
    }
    var key: Int
    var what: What
  }

  private struct Mail {
    var commands: [Command] = []
    var events: [Event] = []
    var statistics = Decoder.Statistics()
  }

  private let mail = Mutex(Mail())
  private let hasCommands = Wake()
  private let hasEvents = Wake()
  private let hasStopped = Wake()

  /// Starts the thread. Keys and values of all generations may take `cacheLimit` bytes.
  init(_ model: Transformer, threads: Int, cacheLimit: Int) {
    let thread = Thread { [self] in run(model, threads, cacheLimit) }
    thread.name = "troupe engine"
    // A forward pass of a large model keeps its buffers on the heap; grammars and templates recurse.
    thread.stackSize = 8 << 20
    thread.start()
  }

  /// A descriptor that can be read when there are events.
  var eventDescriptor: Int32 { hasEvents.descriptor }

  func send(_ commands: [Command]) {
    guard !commands.isEmpty else { return }
    mail.withLock { $0.commands += commands }
    hasCommands.signal()
  }

  /// The events since the last call, and what the decoder has done so far.
  func take() -> (events: [Event], statistics: Decoder.Statistics) {
    hasEvents.take()
    return mail.withLock { mail in
      defer { mail.events = [] }
      return (mail.events, mail.statistics)
    }
  }

  /// Ends the thread, after the step that it is in.
  func stop() {
    send([.stop])
    hasStopped.wait()
  }

  private func run(_ model: Transformer, _ threads: Int, _ cacheLimit: Int) {
    let decoder = Decoder(model, threads: threads, cacheLimit: cacheLimit)
    var keys: [Decoder.Handle: Int] = [:]
    var handles: [Int: Decoder.Handle] = [:]
    while true {
      var events: [Event] = []
      let commands = mail.withLock { mail in
        defer { mail.commands = [] }
        return mail.commands
      }
      for command in commands {
        switch command {
        case .stop:
          hasStopped.signal()
          return
        case .cancel(let key):
          if let handle = handles.removeValue(forKey: key) {
            keys[handle] = nil
            _ = decoder.cancel(handle)
          }
        case .submit(let key, let request):
          do throws(GenerationError) {
            let handle = try decoder.submit(request)
            (keys[handle], handles[key]) = (key, handle)
          } catch {
            events.append(Event(key: key, what: .refused(error)))
          }
        }
      }
      guard decoder.activeCount > 0 else {
        post(events, decoder)
        hasCommands.wait()
        continue
      }
      do throws(NotFiniteError) {
        for update in try decoder.step() {
          guard let key = keys[update.handle] else { continue }
          let end = update.finished?.stop
          events.append(Event(key: key, what: .sampled(update.sampled, end: end)))
          if end != nil { (keys[update.handle], handles[key]) = (nil, nil) }
        }
      } catch {
        events += handles.keys.sorted().map { Event(key: $0, what: .lost(error)) }
        (keys, handles) = ([:], [:])
      }
      post(events, decoder)
    }
  }

  private func post(_ events: [Event], _ decoder: Decoder) {
    let statistics = decoder.statistics
    mail.withLock { mail in
      mail.events += events
      mail.statistics = statistics
    }
    if !events.isEmpty { hasEvents.signal() }
  }
}
