/// What a program in the sandbox may use at most.
///
/// Memory, processor time and sizes of files are limits of each process, and at most `processes` run at a time; all other limits
/// are of the whole run.
package struct SandboxLimits: Hashable, Sendable {
  /// The bytes of address space of a process.
  package var memory = 256 << 20
  /// The seconds of processor time.
  package var processorSeconds = 10
  /// The seconds that a run may take by the wall's clock.
  package var wallSeconds = 60
  /// How many processes and threads may exist at a time, with the one that the sandbox itself needs.
  package var processes = 8
  /// How many descriptors a process may have open.
  package var descriptors = 64
  /// The bytes of all files in `/tmp`, and of each of them.
  package var diskBytes = 16 << 20
  /// How many files and folders `/tmp` may hold.
  package var files = 1024
  /// The bytes that may be written to standard output and to standard error, each.
  package var outputBytes = 64 << 10

  package init() {}
}

/// A limit of a run that depends on nothing but the program, or on the machine and its load as well.
package enum SandboxLimit: String, Hashable, Sendable, CaseIterable {
  /// The program wrote more than it may. It was ended.
  case output
  /// The program used more processor time than it may. On a faster machine it may not have.
  case processor
  /// The run took longer than it may. On another day it may not have.
  case wall

  /// Whether nothing can be said about the program, because the machine has a part in what happened.
  package var leavesUnknown: Bool { self != .output }
}
