/// What a run in the sandbox came to. It holds no times, because they are different at each run.
package struct SandboxResult: Hashable, Sendable {
  /// The code with which the program ended; 128 and the number of the signal if a signal ended it.
  package var code: Int
  /// What the program wrote to standard output, cut at the limit.
  package var output: [UInt8]
  /// What the program wrote to standard error, cut at the limit.
  package var errors: [UInt8]
  /// The limit that the program ran into; `nil` if it ended by itself, or met with a refusal and went on.
  package var limit: SandboxLimit?

  package init(code: Int, output: [UInt8] = [], errors: [UInt8] = [], limit: SandboxLimit? = nil) {
    self.code = code
    self.output = output
    self.errors = errors
    self.limit = limit
  }
}

/// Why nothing can be run in a sandbox on this machine. Then nothing is run at all.
package enum SandboxError: Error, Hashable, Sendable, CustomStringConvertible {
  /// A program that the sandbox is made of is not installed.
  case missing(program: String, package: String)
  /// The system does not let the sandbox be set up; with what the programs said.
  case refused(String)
  /// A run could not be begun; with what the system said.
  case system(String)

  package var description: String {
    switch self {
    case .missing(let program, let package):
      "there is no sandbox: \(program) is not installed (Debian package \(package)), and code is run nowhere else"
    case .refused(let reason):
      "there is no sandbox: the system does not let one be set up (\(reason)), and code is run nowhere else"
    case .system(let reason): "the sandbox could not begin: \(reason)"
    }
  }
}
