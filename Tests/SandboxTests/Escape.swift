import Sandbox
import Testing

/// A way out of the sandbox, as a program in Python that tries it.
///
/// The program prints `held`, and what it met with, if the attempt was refused, and `escaped` if it was not. What is not to be
/// refused, but to be ended, says at which limit.
struct Escape: Sendable, CustomTestStringConvertible {
  var name: String
  var program: String
  var limit: SandboxLimit?

  init(_ name: String, endsAt limit: SandboxLimit? = nil, _ program: String) {
    (self.name, self.limit, self.program) = (name, limit, program)
  }

  var testDescription: String { name }

  /// What every program begins with: `attempt` runs a function that must fail, and `call` a function of the C library.
  static let preamble = #"""
    import ctypes, errno, os, sys, time
    libc = ctypes.CDLL(None, use_errno=True)
    def call(name, *arguments):
        found = getattr(libc, name)(*arguments)
        if found < 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
        return found
    def system_call(number, *arguments):
        return call("syscall", ctypes.c_long(number), *[ctypes.c_long(one) for one in arguments])
    def attempt(what, *expected):
        try:
            found = what()
        except (OSError, ValueError, MemoryError, RuntimeError) as error:
            print("held:", type(error).__name__, error)
        else:
            print("escaped:", repr(found)[:200])

    """#

  // MARK: What is used up

  static let bombs: [Escape] = [
    Escape(
      "a fork bomb",
      #"""
      def bomb():
          for number in range(1000):
              if os.fork() == 0:
                  time.sleep(60)
                  os._exit(0)
      attempt(bomb)
      os.kill(-1, 9)
      """#),
    Escape(
      "a thread bomb",
      #"""
      import threading
      def bomb():
          for number in range(1000):
              threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
      attempt(bomb)
      sys.stdout.flush()
      os._exit(0)
      """#),
    Escape("a memory bomb at once", "attempt(lambda: len(bytearray(8 << 30)))"),
    Escape(
      "a memory bomb bit by bit",
      #"""
      def bomb():
          kept = []
          for number in range(4096):
              kept.append(bytearray(b"x" * (1 << 20)))
          return len(kept)
      attempt(bomb)
      """#),
    Escape(
      "memory of System V, which no process's limit counts",
      "attempt(lambda: call('shmget', 0, ctypes.c_size_t(1 << 20), 0o1666))"),
    Escape("files in memory, which no process's limit counts", "attempt(lambda: os.memfd_create('x'))"),
    Escape(
      "queues of messages, which no process's limit counts", "attempt(lambda: call('msgget', 0, 0o1666))"),
    Escape(
      "a disk bomb in one file",
      #"""
      import signal
      signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
      def bomb():
          with open("/tmp/bomb", "wb", buffering=0) as file:
              for number in range(1024):
                  file.write(b"x" * (1 << 20))
      attempt(bomb)
      """#),
    Escape(
      "a disk bomb in many files",
      #"""
      def bomb():
          for number in range(512):
              with open(f"/tmp/bomb{number}", "wb", buffering=0) as file:
                  if file.write(b"x" * (1 << 20)) < 1 << 20:
                      raise OSError("cut short")
      attempt(bomb)
      """#),
    Escape(
      "an inode bomb",
      #"""
      def bomb():
          for number in range(1_000_000):
              open(f"/tmp/{number}", "w").close()
      attempt(bomb)
      """#),
    Escape(
      "a bomb of folders within folders",
      #"""
      def bomb():
          for number in range(1_000_000):
              os.mkdir("d")
              os.chdir("d")
      attempt(bomb)
      """#),
    Escape("endless output", endsAt: .output, "while True: print('x' * 1000)"),
    Escape("endless output of errors", endsAt: .output, "while True: print('x' * 1000, file=sys.stderr)"),
    Escape("sleeping for ever", endsAt: .wall, "time.sleep(1e6)"),
    Escape("waiting for itself", endsAt: .wall, "r, w = os.pipe(); os.read(r, 1)"),
    Escape("an endless loop", endsAt: .processor, "while True: pass"),
    Escape(
      "an endless loop that does not listen to the limit's signal", endsAt: .processor,
      #"""
      import signal
      signal.signal(signal.SIGXCPU, signal.SIG_IGN)
      while True: pass
      """#),
    Escape(
      "many descriptors",
      #"""
      def bomb():
          kept = [os.open("/dev/null", os.O_RDONLY) for number in range(100_000)]
      attempt(bomb)
      """#),
    Escape(
      "raising its own limits",
      #"""
      import resource
      attempt(lambda: resource.setrlimit(resource.RLIMIT_NPROC, (10_000, 10_000)))
      """#),
    Escape(
      "a core dump of its memory",
      "import resource; attempt(lambda: resource.setrlimit(resource.RLIMIT_CORE, (1 << 30, 1 << 30)))"),
  ]

  // MARK: What is read

  /// Programs that look for a text that only the host has, which `SECRET` and `PLACE` stand for.
  static let readers: [Escape] = [
    Escape("a file of the host by its path", "attempt(lambda: open('PLACE').read())"),
    Escape(
      "a file of the host through a symbolic link",
      "os.symlink('PLACE', '/tmp/link'); attempt(lambda: open('/tmp/link').read())"),
    Escape(
      "a file of the host through `..`",
      "attempt(lambda: open('/tmp/' + '../' * 40 + 'PLACE'.lstrip('/')).read())"),
    Escape(
      "a file of the host through a hard link", "attempt(lambda: os.link('PLACE', '/tmp/link'))"),
    Escape(
      "a file of the host through the root of process 1",
      "attempt(lambda: open('/proc/1/root' + 'PLACE').read())"),
    Escape(
      "an inherited descriptor",
      #"""
      def walk():
          found = []
          for number in range(3, 1024):
              try:
                  os.lseek(number, 0, 0)
                  found.append(os.read(number, 4096))
              except OSError:
                  pass
          if not any(b"SECRET" in one for one in found) and len(found) == 0:
              raise OSError("nothing is open")
          return found
      attempt(walk)
      """#),
    Escape(
      "a walk through /proc for environments, command lines and open files",
      #"""
      def walk():
          for folder, folders, names in os.walk("/proc"):
              for name in names:
                  if name in ("environ", "cmdline", "maps", "mountinfo", "cgroup", "status"):
                      try:
                          with open(os.path.join(folder, name), "rb") as file:
                              text = file.read(1 << 16)
                      except OSError:
                          continue
                      # The walk's own command line has the text that it looks for.
                      if b"SEC" + b"RET" in text.replace(program, b""):
                          return folder, name
          raise OSError("nothing found")
      with open("/work/program.py", "rb") as file:
          program = file.read()
      attempt(walk)
      """#),
    Escape(
      "the processes of the host",
      "attempt(lambda: [one for one in os.listdir('/proc') if one.isdigit() and int(one) > 20] or (_ for _ in ()).throw(OSError('none')))"
    ),
    Escape("a walk through /sys", "attempt(lambda: os.listdir('/sys'))"),
    Escape("the users of the host", "attempt(lambda: open('/etc/passwd').read())"),
    Escape(
      "the folders of the host",
      "attempt(lambda: [one for one in os.listdir('/') if one in ('home', 'root', 'etc', 'var', 'run', 'boot', 'srv', 'opt', 'mnt')] or (_ for _ in ()).throw(OSError('none')))"
    ),
    Escape("a disk as a device", "attempt(lambda: os.mknod('/tmp/disk', 0o60666, os.makedev(254, 0)))"),
    Escape("the memory of process 1", "attempt(lambda: open('/proc/1/mem', 'rb').read(1))"),
    Escape("the kernel's memory", "attempt(lambda: open('/proc/kcore', 'rb').read(1))"),
    Escape("the clipboard of the terminal", "attempt(lambda: open('/dev/tty', 'rb').read(1))"),
  ]

  // MARK: What is done to others

  static let deeds: [Escape] = [
    Escape(
      "killing everybody",
      "attempt(lambda: [os.kill(-1, 9), time.sleep(0.2), os.kill(1, 9), time.sleep(0.2), (_ for _ in ()).throw(OSError('process 1 lives'))])"
    ),
    Escape(
      "killing the processes of the host by number",
      "attempt(lambda: [os.kill(number, 9) for number in (HOST,)])"),
    Escape("tracing process 1", "attempt(lambda: call('ptrace', 16, 1, None, None))"),
    Escape("reading another process's memory", "attempt(lambda: system_call(310, 1, 0, 0, 0, 0, 0))"),
    Escape(
      "a connection to the host",
      #"""
      import socket
      attempt(lambda: socket.create_connection(("127.0.0.1", PORT), 2))
      """#),
    Escape("a name of the internet", "import socket; attempt(lambda: socket.getaddrinfo('example.com', 80))"),
    Escape(
      "a packet to anywhere",
      "import socket; attempt(lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('192.0.2.1', 9)))"
    ),
    Escape(
      "a raw socket", "import socket; attempt(lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1))"),
    Escape(
      "a socket of the host without a file",
      "import socket; s = socket.socket(socket.AF_UNIX); attempt(lambda: s.connect('\\0SECRET'))"),
    Escape("becoming root", "attempt(lambda: os.setuid(0))"),
    Escape(
      "a program with the setuid bit",
      #"""
      def run():
          import subprocess
          found = subprocess.run(["/usr/bin/su", "-c", "id"], capture_output=True, text=True)
          if found.returncode:
              raise OSError(found.stderr)
          return found.stdout
      attempt(run)
      """#),
    Escape(
      "making a program with the setuid bit",
      #"""
      def make():
          import shutil, subprocess
          shutil.copy("/usr/bin/id", "/tmp/id")
          os.chmod("/tmp/id", 0o6755)
          found = subprocess.run(["/tmp/id", "-u"], capture_output=True, text=True).stdout.strip()
          if found != "0":
              raise OSError("still user " + found)
          return found
      attempt(make)
      """#),
    Escape("a namespace of users within", "attempt(lambda: system_call(272, 0x10000000))"),
    Escape(
      "a process in a namespace of users within",
      "attempt(lambda: system_call(56, 0x10000000 | 17, 0, 0, 0, 0))"),
    Escape("a namespace of mounts within", "attempt(lambda: system_call(272, 0x00020000))"),
    Escape("entering another namespace", "attempt(lambda: call('setns', os.open('/proc/1/ns/mnt', 0), 0))"),
    Escape("a mount", "attempt(lambda: call('mount', b'none', b'/tmp', b'tmpfs', 0, None))"),
    Escape("another root", "attempt(lambda: os.chroot('/tmp'))"),
    Escape("writing over a program of the system", "attempt(lambda: open('/usr/bin/python3', 'ab'))"),
    Escape("writing over its own tests", "attempt(lambda: open('/work/program.py', 'w'))"),
    Escape("a new file in the root", "attempt(lambda: open('/new', 'w'))"),
    Escape("a file in the memory of /dev", "attempt(lambda: open('/dev/shm/new', 'w'))"),
    Escape("a program of its own for the kernel", "attempt(lambda: system_call(321, 0, 0, 0))"),
    Escape("a ring of system calls beside the filter", "attempt(lambda: system_call(425, 1, 0))"),
    Escape("system calls by the other convention", "attempt(lambda: system_call(0x40000000 + 39))"),
    Escape("the kernel's keys", "attempt(lambda: system_call(250, 0, -3, 1))"),
    Escape(
      "the kernel's settings", "attempt(lambda: open('/proc/sys/kernel/core_pattern', 'w').write('|/tmp/x'))"),
    Escape("the kernel's switch to end all", "attempt(lambda: open('/proc/sysrq-trigger', 'w').write('b'))"),
    Escape("the clock of the machine", "attempt(lambda: time.clock_settime(time.CLOCK_REALTIME, 0))"),
    Escape("a higher priority", "attempt(lambda: os.nice(-10))"),
    Escape(
      "pressing keys on the terminal",
      "import fcntl, termios; attempt(lambda: fcntl.ioctl(0, termios.TIOCSTI, b'x'))"),
  ]
}
