import Messaging
import Sandbox

extension Trial {
  /// The kind of the external calls that run a trial.
  package static let kind = "sandbox"

  /// All that decides what a trial does, as the bytes of its call.
  package var encoded: [UInt8] {
    var writer = ByteWriter()
    switch self {
    case .python(let trial):
      writer.write(0)
      writer.write(PythonHarness.version)
      writer.write(trial.program)
      writer.write(trial.entry)
      writer.write(trial.prelude)
      writer.write(trial.tests)
      writer.write(trial.steps)
      writer.write(trial.limits)
    case .command(let run):
      writer.write(1)
      writer.write(run.arguments) { $0.write($1) }
      writer.write(run.input)
      writer.write(run.files) {
        $0.write($1.name)
        $0.write($1.bytes)
      }
      writer.write(run.limits)
    }
    return writer.bytes
  }
}

extension ByteWriter {
  fileprivate mutating func write(_ limits: SandboxLimits) {
    for number in [
      limits.memory, limits.processorSeconds, limits.wallSeconds, limits.processes, limits.descriptors,
      limits.diskBytes, limits.files, limits.outputBytes,
    ] { write(number) }
  }
}

extension TrialReport {
  /// The bytes of the answer to a trial's call.
  package var encoded: [UInt8] {
    var writer = ByteWriter()
    switch self {
    case .judged(let passed, let total, let failure):
      writer.write(0)
      writer.write(passed)
      writer.write(total)
      writer.write(failure) { $0.write($1) }
    case .unknown(let reason):
      writer.write(1)
      writer.write(reason)
    case .broken(let reason):
      writer.write(2)
      writer.write(reason)
    case .exhausted(let reason):
      writer.write(3)
      writer.write(reason)
    }
    return writer.bytes
  }

  package init(encoded bytes: [UInt8]) throws(MalformedRecord) {
    var reader = ByteReader(bytes)
    switch try reader.byte() {
    case 0:
      self = .judged(
        passed: try reader.count(), total: try reader.count(), failure: try reader.optionalText())
    case 1: self = .unknown(try reader.text())
    case 2: self = .broken(try reader.text())
    case 3: self = .exhausted(try reader.text())
    default: throw reader.malformed("what a trial came to")
    }
    try reader.finish()
  }
}
