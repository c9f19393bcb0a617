/// A program to run in the sandbox, as a value: nothing runs until ``Sandbox/run(_:)`` is given it.
package struct SandboxedRun: Hashable, Sendable {
  /// A file that the program finds in the folder `/work`, where it can only be read.
  package struct File: Hashable, Sendable {
    /// One name, without folders.
    package var name: String
    package var bytes: [UInt8]

    package init(_ name: String, _ bytes: [UInt8]) {
      self.name = name
      self.bytes = bytes
    }

    package init(_ name: String, _ text: String) { self.init(name, Array(text.utf8)) }

    /// Whether a file may have this name: letters, digits, `.`, `_` and `-`, and not a dot at the beginning.
    package static func allows(_ name: String) -> Bool {
      let others: Set<UInt8> = [0x2d, 0x2e, 0x5f]
      return (1...64).contains(name.utf8.count) && name.utf8.first != 0x2e
        && name.utf8.allSatisfy {
          (0x30...0x39).contains($0) || (0x41...0x5a).contains($0) || (0x61...0x7a).contains($0)
            || others.contains($0)
        }
    }
  }

  /// The program and its arguments. The program is looked for in `/usr/bin`.
  package var arguments: [String]
  /// What the program reads from standard input.
  package var input: [UInt8] = []
  /// The files in `/work`, each name once.
  package var files: [File] = []
  package var limits = SandboxLimits()

  package init(
    _ arguments: [String], input: [UInt8] = [], files: [File] = [], limits: SandboxLimits = .init()
  ) {
    self.arguments = arguments
    self.input = input
    self.files = files
    self.limits = limits
  }
}

extension SandboxedRun {
  /// The number of the first descriptor from which the sandbox copies a file.
  static let firstFileDescriptor: Int32 = 10
  /// The number of the descriptor from which the filter of system calls is read.
  static let filterDescriptor: Int32 = 9

  /// The command line that runs this program in bubblewrap.
  ///
  /// Who runs as root becomes another user first, for whom limits hold. The private `/tmp` is mounted before bubblewrap begins,
  /// in a user namespace of its own, because bubblewrap cannot limit how many files a folder holds.
  func commandLine(asRoot isRoot: Bool) -> [String] {
    let nobody = "65534"
    var words = isRoot ? ["setpriv", "--reuid", nobody, "--regid", nobody, "--clear-groups", "--"] : []
    words += ["unshare", "--user", "--map-root-user", "--mount", "--"]
    let options = "size=\(limits.diskBytes),nr_inodes=\(limits.files),mode=0777"
    words += ["sh", "-c", "mount -t tmpfs -o \(options) tmpfs /tmp && exec \"$@\"", "sandbox"]
    words += [
      "bwrap", "--unshare-user", "--unshare-all", "--disable-userns", "--die-with-parent", "--new-session",
    ]
    words += ["--cap-drop", "ALL", "--uid", nobody, "--gid", nobody, "--hostname", "sandbox", "--clearenv"]
    words += ["--seccomp", "\(Self.filterDescriptor)"]
    for (name, value) in [
      // The order of a set's elements must not change from run to run.
      ("PATH", "/usr/bin"), ("HOME", "/tmp"), ("LANG", "C.UTF-8"), ("PYTHONHASHSEED", "0"),
      ("PYTHONDONTWRITEBYTECODE", "1"),
    ] { words += ["--setenv", name, value] }
    words += ["--ro-bind", "/usr", "/usr"]
    for folder in ["lib", "lib64", "bin"] { words += ["--symlink", "usr/\(folder)", "/\(folder)"] }
    words += ["--proc", "/proc", "--dev", "/dev", "--bind", "/tmp", "/tmp", "--dir", "/work"]
    for (index, file) in files.enumerated() {
      words += ["--file", "\(Self.firstFileDescriptor + Int32(index))", "/work/\(file.name)"]
    }
    words += ["--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/tmp", "--"]
    words += [
      "prlimit", "--as=\(limits.memory)", "--cpu=\(limits.processorSeconds):\(limits.processorSeconds + 1)",
      "--nproc=\(limits.processes)", "--nofile=\(limits.descriptors)", "--fsize=\(limits.diskBytes)",
      "--core=0", "--",
    ]
    return words + arguments
  }
}
