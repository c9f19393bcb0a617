/// The system calls that the kernel refuses to programs in the sandbox, as the program that decides it: classic BPF, which
/// bubblewrap hands to the kernel (seccomp).
///
/// Most of them need privileges that the program lacks, and are refused twice. Shared memory of System V and files in memory are
/// refused here alone: they hold memory that no limit of a process counts.
enum SystemCallFilter {
  /// Refused with `EPERM`. The numbers are those of x86-64.
  private static let refused: [UInt32] = [
    29, 30, 31,  // shmget, shmat, shmctl
    64, 68,  // semget, msgget
    101,  // ptrace
    155, 161, 165, 166, 167, 169,  // pivot_root, chroot, mount, umount2, swapon, reboot
    164, 227,  // settimeofday, clock_settime
    175, 176, 313, 246, 320,  // init_module, delete_module, finit_module, kexec_load, kexec_file_load
    248, 249, 250,  // add_key, request_key, keyctl
    240,  // mq_open
    272, 308,  // unshare, setns
    298, 321, 323,  // perf_event_open, bpf, userfaultfd
    304,  // open_by_handle_at
    310, 311,  // process_vm_readv, process_vm_writev
    319, 447,  // memfd_create, memfd_secret
    425, 426, 427,  // io_uring_setup, io_uring_enter, io_uring_register
    // open_tree, move_mount, fsopen, fsconfig, fsmount, fspick, mount_setattr
    428, 429, 430, 431, 432, 433, 442,
  ]
  /// Refused with `ENOSYS`: its flags are in memory, where a filter cannot look, and libraries then call `clone`.
  private static let clone3: UInt32 = 435

  /// The program's instructions, eight bytes each.
  static let bytes: [UInt8] = {
    let (allow, noSuch, kill): (UInt32, UInt32, UInt32) = (0x7fff_0000, 0x0005_0000 | 38, 0x8000_0000)
    let permission: UInt32 = 0x0005_0000 | 1
    let architecture: UInt32 = 0xc000_003e
    var program: [(code: UInt16, ifTrue: UInt8, ifFalse: UInt8, value: UInt32)] = [
      (0x20, 0, 0, 4),  // load the architecture
      (0x15, 1, 0, architecture), (0x06, 0, 0, kill),
      (0x20, 0, 0, 0),  // load the number of the call
      // Numbers from here on are those of another convention for the same calls.
      (0x35, 0, 1, 0x4000_0000), (0x06, 0, 0, permission), (0x15, 0, 1, clone3), (0x06, 0, 0, noSuch),
    ]
    for number in refused { program += [(0x15, 0, 1, number), (0x06, 0, 0, permission)] }
    program.append((0x06, 0, 0, allow))
    return program.flatMap { step in
      [UInt8(step.code & 0xff), UInt8(step.code >> 8), step.ifTrue, step.ifFalse]
        + (0..<4).map { UInt8(truncatingIfNeeded: step.value >> ($0 * 8)) }
    }
  }()
}
