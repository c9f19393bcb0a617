#!/usr/bin/env python3
"""How long a newcomer waits: a package with one test, which uses Troupe by its path, built from nothing as `swift test` builds it.

    Benchmarks/clean_build.py [PRODUCT ...]       (ActorTesting and InterleavingTesting unless given)

It prints a line for each product: seconds of the clock, seconds of the processor (which depend less on what else runs), the machine's
processor and cores, and its load before the build. The build is a debug build. Nothing of it is kept.
"""

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

MANIFEST = """// swift-tools-version: 6.2
import PackageDescription
let package = Package(
  name: "Clean",
  dependencies: [.package(name: "Troupe", path: "{root}")],
  targets: [.testTarget(name: "CleanTests", dependencies: [.product(name: "{product}", package: "Troupe")])])
"""

TESTS = {
    "InterleavingTesting": """
import InterleavingTesting
import Testing

actor Account {
  private(set) var balance = 0
  func add(_ amount: Int) { balance += amount }
}

@Test(.interleavings(100)) func nothingIsLost() async {
  let account = Account()
  await withTaskGroup(of: Void.self) { group in
    for amount in [5, 7] { group.addTask { await account.add(amount) } }
  }
  #expect(await account.balance == 12)
}
""",
    "ActorTesting": """
import ActorTesting
import Messaging
import Testing

struct Start: Message { static let messageName = "start" }
actor Client: DirectActor {
  let context: ActorContext
  init(_ context: ActorContext) { self.context = context }
  func receive(_ start: Start) { context.note("started", [1]) }
}

@Test func starts() throws {
  let system = SimulatedSystem("client") { root, _ in
    root.send(Start(), to: root.spawn("client") { Client($0) })
  } violation: { $0.notes("started").isEmpty ? "nobody started" : nil }
  #expect(try Explorer(system).explore(seeds: 0..<100).failure == nil)
}
""",
}


def processor():
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return "unknown processor"


def measure(product):
    with tempfile.TemporaryDirectory() as place:
        Path(place, "Package.swift").write_text(MANIFEST.format(root=ROOT, product=product))
        tests = Path(place, "Tests/CleanTests")
        tests.mkdir(parents=True)
        (tests / "CleanTests.swift").write_text(TESTS[product])
        load = os.getloadavg()[0]
        before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        built = subprocess.run(["swift", "build", "--build-tests"], cwd=place, capture_output=True, text=True)
        seconds = time.monotonic() - start
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        if built.returncode != 0:
            sys.exit(built.stdout + built.stderr)
        used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        print(
            f"{product}: {seconds:.0f} s, {used:.0f} s of the processor; {processor()}, {os.cpu_count()} cores, "
            f"load {load:.1f} before",
            flush=True)
        tested = subprocess.run(["swift", "test", "--skip-build"], cwd=place, capture_output=True, text=True)
        if tested.returncode != 0:
            sys.exit(tested.stdout + tested.stderr)


if __name__ == "__main__":
    for product in sys.argv[1:] or TESTS:
        if product not in TESTS:
            sys.exit(f"no product {product}: {', '.join(TESTS)}")
        measure(product)
