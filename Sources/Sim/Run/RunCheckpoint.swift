import Foundation
import Messaging
import Policy

/// Everything that a killed run needs to go on: weights, moments, counters, and how long its files were.
///
/// Written to a temporary directory, synced and renamed, so that there is always a whole one (P6).
struct RunCheckpoint {
  var state: TrainerState
  var log: LogPosition
  var metrics: UInt64

  private struct Counters: Codable {
    var coldSteps: Int
    var steps: Int
    var optimizerSteps: [Int]
    var log: LogPosition
    var metrics: UInt64
  }

  private static let writing = ".writing"

  /// Writes the checkpoint, then removes older ones. One of the same step is there already after a resume.
  func write(under directory: URL) throws {
    let files = FileManager.default
    let final = directory.appending(path: Self.name(coldSteps: state.coldSteps, steps: state.steps))
    if files.fileExists(atPath: final.path) { return }
    try files.createDirectory(at: directory, withIntermediateDirectories: true)
    let temporary = directory.appending(path: Self.writing)
    if files.fileExists(atPath: temporary.path) { try files.removeItem(at: temporary) }
    try files.createDirectory(at: temporary, withIntermediateDirectories: true)
    try Checkpoint.write(state.models.shared, to: temporary.appending(path: "model.safetensors"))
    for directory in try state.models.writeOwn(into: temporary) { try Self.sync(directory) }
    try Checkpoint.write(state.reference, to: temporary.appending(path: "reference.safetensors"))
    try Checkpoint.write(state.cold, to: temporary.appending(path: "cold.safetensors"))
    try SafetensorsFile.write(
      zip(["cold-start", "executor", "designer"], [state.coldStart, state.executor, state.designer]).flatMap {
        [
          ("\($0).first", [$1.firstMoment.count], $1.firstMoment[...]),
          ("\($0).second", [$1.secondMoment.count], $1.secondMoment[...]),
        ]
      }, to: temporary.appending(path: "optimizer.safetensors"))
    let counters = Counters(
      coldSteps: state.coldSteps, steps: state.steps,
      optimizerSteps: [state.coldStart.step, state.executor.step, state.designer.step], log: log,
      metrics: metrics)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
    let file = temporary.appending(path: "state.json")
    try encoder.encode(counters).write(to: file)
    try FileHandle(forUpdating: file).synchronize()
    try Self.sync(temporary)
    try files.moveItem(at: temporary, to: final)
    try Self.sync(directory)
    for name in try Self.names(directory) where name != final.lastPathComponent {
      try files.removeItem(at: directory.appending(path: name))
    }
  }

  /// The latest checkpoint; `nil` if none was ever finished.
  static func latest(under directory: URL, initial: TrainerState) throws -> RunCheckpoint? {
    guard let name = try names(directory).max() else { return nil }
    let place = directory.appending(path: name)
    let file = place.appending(path: "state.json")
    let counters: Counters
    do {
      counters = try JSONDecoder().decode(Counters.self, from: try Data(contentsOf: file))
    } catch {
      throw RunError("\(file.relativePath): is no state of a run")
    }
    var state = initial
    let configuration = initial.models.shared.configuration
    state.models = RoleWeights(try Checkpoint.read(place.appending(path: "model.safetensors"), configuration))
    try state.models.readOwn(from: place)
    state.executor = state.models.optimizer(for: .executor, weightDecay: initial.executor.weightDecay)
    state.designer = state.models.optimizer(for: .designer, weightDecay: initial.designer.weightDecay)
    state.reference = try Checkpoint.read(place.appending(path: "reference.safetensors"), configuration)
    state.cold = try Checkpoint.read(place.appending(path: "cold.safetensors"), configuration)
    let moments = place.appending(path: "optimizer.safetensors")
    let source = try SafetensorsFile(reading: moments)
    func read(_ name: String, _ optimizer: inout AdamW, step: Int) throws {
      let (first, second) = (try source.floats(of: "\(name).first"), try source.floats(of: "\(name).second"))
      guard first.count == optimizer.firstMoment.count, second.count == first.count else {
        throw CheckpointError(.tensor, moments.relativePath, "the moments of \(name) are of another model")
      }
      (optimizer.firstMoment, optimizer.secondMoment, optimizer.step) = (first, second, step)
    }
    guard counters.optimizerSteps.count == 3 else {
      throw RunError("\(file.relativePath): is no state of a run")
    }
    try read("cold-start", &state.coldStart, step: counters.optimizerSteps[0])
    try read("executor", &state.executor, step: counters.optimizerSteps[1])
    try read("designer", &state.designer, step: counters.optimizerSteps[2])
    (state.coldSteps, state.steps) = (counters.coldSteps, counters.steps)
    return RunCheckpoint(state: state, log: counters.log, metrics: counters.metrics)
  }

  /// Names sort in the order of training.
  private static func name(coldSteps: Int, steps: Int) -> String {
    func padded(_ number: Int) -> String {
      String(repeating: "0", count: max(0, 7 - "\(number)".count)) + "\(number)"
    }
    return "cold-\(padded(coldSteps))-step-\(padded(steps))"
  }

  static func names(_ directory: URL) throws -> [String] {
    guard FileManager.default.fileExists(atPath: directory.path) else { return [] }
    return try FileManager.default.contentsOfDirectory(atPath: directory.path).filter {
      $0.hasPrefix("cold-")
    }
  }

  /// Makes names in a directory durable.
  private static func sync(_ directory: URL) throws {
    let descriptor = open(directory.path, O_RDONLY | O_DIRECTORY)
    guard descriptor >= 0 else { throw RunError("\(directory.relativePath): cannot be opened") }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw RunError("\(directory.relativePath): cannot be synced") }
  }
}
