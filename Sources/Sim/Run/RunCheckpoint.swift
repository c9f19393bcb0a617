import Foundation
import Messaging
import Policy

/// Everything that a killed run needs to go on: weights, moments, counters, and the lengths of its files.
///
/// It is written to a temporary directory, synced and renamed, so there is always a complete one (P6).
struct RunCheckpoint {
  var state: TrainerState
  var log: LogPosition
  var metrics: UInt64

  /// The version of the format. A change of the engine's bits is a new format, because a run has to end in the bytes
  /// that it would have had without a break. Checkpoints of format 1, which did not name it, were computed by
  /// products whose bits depended on a BLAS kernel.
  static let format = 2

  private struct Format: Decodable {
    var format: Int?
  }

  private struct Counters: Codable {
    var format: Int
    var coldSteps: Int
    var steps: Int
    var optimizerSteps: [Int]
    var log: LogPosition
    var metrics: UInt64
  }

  private static let writing = ".writing"
  /// The directory with the adapters that the cold start left.
  private static let cold = "cold"

  /// Whether the weights that the roles share never change, so that the run's beginning has them and no checkpoint does.
  private static func isBaseKept(_ scenario: Scenario) -> Bool { scenario.coldStartTrainsAdapters }

  /// Writes the checkpoint, and then removes older ones. After a resume, the one of the same step may exist already.
  func write(under directory: URL, products: Products, scenario: Scenario) throws {
    let files = FileManager.default
    let final = directory.appending(path: Self.name(coldSteps: state.coldSteps, steps: state.steps))
    if files.fileExists(atPath: final.path) { return }
    try files.createDirectory(at: directory, withIntermediateDirectories: true)
    let temporary = directory.appending(path: Self.writing)
    if files.fileExists(atPath: temporary.path) { try files.removeItem(at: temporary) }
    try files.createDirectory(at: temporary, withIntermediateDirectories: true)
    func write(_ weights: Weights, _ name: String) throws {
      try Checkpoint.write(
        weights, to: temporary.appending(path: name), products: products, frozen: state.models.frozen?.format)
    }
    for directory in try state.models.writeOwn(into: temporary, products: products) {
      try Self.sync(directory)
    }
    if Self.isBaseKept(scenario) {
      let cold = temporary.appending(path: Self.cold)
      try files.createDirectory(at: cold, withIntermediateDirectories: true)
      for directory in try state.cold.writeOwn(into: cold, products: products) + [cold] {
        try Self.sync(directory)
      }
    } else {
      try write(state.models.shared, "model.safetensors")
      try write(state.reference, "reference.safetensors")
      try write(state.cold.shared, "cold.safetensors")
    }
    let optimizers = [
      ("cold-start", state.coldStart), ("executor", state.executor), ("designer", state.designer),
    ]
    try SafetensorsFile.write(
      optimizers.filter { !$0.1.firstMoment.isEmpty }.flatMap {
        [
          ("\($0).first", [$1.firstMoment.count], $1.firstMoment[...]),
          ("\($0).second", [$1.secondMoment.count], $1.secondMoment[...]),
        ]
      }, to: temporary.appending(path: "optimizer.safetensors"))
    let counters = Counters(
      format: Self.format, coldSteps: state.coldSteps, steps: state.steps,
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

  /// Returns the place and the counters of the latest checkpoint; `nil` if none was ever finished.
  private static func found(in run: RunDirectory) throws -> (place: URL, counters: Counters)? {
    guard let name = try names(run.checkpoints).max() else { return nil }
    let place = run.checkpoints.appending(path: name)
    let file = place.appending(path: "state.json")
    let unreadable = RunError("\(file.relativePath): is no state of a run")
    guard let data = try? Data(contentsOf: file),
      let found = try? JSONDecoder().decode(Format.self, from: data)
    else { throw unreadable }
    guard found.format == format else { throw run.refusal(ofFormat: found.format ?? 1) }
    guard let counters = try? JSONDecoder().decode(Counters.self, from: data),
      counters.optimizerSteps.count == 3
    else { throw unreadable }
    return (place, counters)
  }

  /// Returns how many steps the latest checkpoint has done; `nil` if none was ever finished.
  ///
  /// - Throws: ``RunError`` if another version of the program began the run.
  static func steps(in run: RunDirectory) throws -> (cold: Int, training: Int)? {
    try found(in: run).map { ($0.counters.coldSteps, $0.counters.steps) }
  }

  /// Returns what the latest checkpoint has committed: the steps, and the bytes of the log and of the measurements; `nil` if
  /// none was ever finished.
  ///
  /// - Throws: ``RunError`` if another version of the program began the run.
  static func committed(in run: RunDirectory) throws -> (steps: Int, log: UInt64, metrics: UInt64)? {
    try found(in: run).map { ($0.counters.steps, $0.counters.log.length, $0.counters.metrics) }
  }

  /// Returns the latest checkpoint; `nil` if none was ever finished.
  ///
  /// - Throws: ``RunError`` if another version of the program began the run.
  static func latest(
    in run: RunDirectory, initial: TrainerState, scenario: Scenario
  ) throws -> RunCheckpoint? {
    guard let (place, counters) = try found(in: run) else { return nil }
    let isBaseKept = isBaseKept(scenario)
    var state = initial
    let configuration = initial.models.shared.configuration
    if !isBaseKept {
      state.models = RoleWeights(
        try Checkpoint.read(place.appending(path: "model.safetensors"), configuration))
      state.reference = try Checkpoint.read(place.appending(path: "reference.safetensors"), configuration)
      state.cold = RoleWeights(try Checkpoint.read(place.appending(path: "cold.safetensors"), configuration))
    }
    try state.models.readOwn(from: place)
    if isBaseKept {
      try state.cold.readOwn(from: place.appending(path: cold))
    } else if case .adapter = state.models.executor, let format = try Checkpoint.frozenFormat(place) {
      state.models.freeze(format)
      state.cold.freeze(format)
    }
    (state.coldSteps, state.steps) = (counters.coldSteps, counters.steps)
    state.resetRoleOptimizers(scenario)
    let moments = place.appending(path: "optimizer.safetensors")
    let source = try SafetensorsFile(reading: moments)
    func read(_ name: String, _ optimizer: inout AdamW, step: Int) throws {
      guard !optimizer.firstMoment.isEmpty else { return }
      let (first, second) = (try source.floats(of: "\(name).first"), try source.floats(of: "\(name).second"))
      guard first.count == optimizer.firstMoment.count, second.count == first.count else {
        throw CheckpointError(.tensor, moments.relativePath, "the moments of \(name) are of another model")
      }
      (optimizer.firstMoment, optimizer.secondMoment, optimizer.step) = (first, second, step)
    }
    try read("cold-start", &state.coldStart, step: counters.optimizerSteps[0])
    try read("executor", &state.executor, step: counters.optimizerSteps[1])
    try read("designer", &state.designer, step: counters.optimizerSteps[2])
    return RunCheckpoint(state: state, log: counters.log, metrics: counters.metrics)
  }

  /// Returns the checkpoint's name. Names sort in the order of training.
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

  /// Writes the names in a directory to the disk.
  private static func sync(_ directory: URL) throws {
    let descriptor = open(directory.path, O_RDONLY | O_DIRECTORY)
    guard descriptor >= 0 else { throw RunError("\(directory.relativePath): cannot be opened") }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw RunError("\(directory.relativePath): cannot be synced") }
  }
}
