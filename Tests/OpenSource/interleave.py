#!/usr/bin/env python3
"""Makes the tests of a Swift package run in many orders of their tasks, and tells what each of them does there.

    interleave.py edit PACKAGE --troupe TROUPE [--schedules 200] [--rules 'timersRace: true'] [--skip REGEX]
    interleave.py run PACKAGE [--filter REGEX] [--seconds 60]

`edit` changes a checkout of the package in place: the body of each asynchronous test of XCTest is put into
`withInterleavings`, each asynchronous `@Test` gets the trait `.interleavings`, and the test targets depend on Troupe.
`run` builds the tests and runs each in a process of its own, because one that blocks its thread ends the process. It prints a
line a test, and the counts.
"""

import argparse
import collections
import json
import os
import re
import subprocess
import sys
from pathlib import Path

CASE = """import InterleavingTesting
import Synchronization
import XCTest

class InterleavedTestCase: XCTestCase {
  override func recordFailure(
    withDescription description: String, inFile file: String, atLine line: Int, expected: Bool
  ) {
    if takeInterleavingFailure(description, file: file, line: line) { return }
    super.recordFailure(withDescription: description, inFile: file, atLine: line, expected: expected)
  }
}

/// A test's body, which is called on no two threads at once.
private struct Body: @unchecked Sendable {
  let perform: () async throws -> Void
}

func interleaved(
  _ schedules: Int, timersRace: Bool = false, cancels: CancellableTasks = .none, function: String = #function,
  _ body: () async throws -> Void
) async throws {
  try await withoutActuallyEscaping(body) { body in
    let body = Body(perform: body)
    try await withInterleavings(
      schedules, timersRace: timersRace, cancels: cancels, named: String(function.prefix { $0 != "(" })
    ) { try await body.perform() }
  }
}

/// An expectation for which a task waits in virtual time: XCTest's own blocks a thread.
final class VirtualExpectation: Sendable {
  private let description: String
  private let state = Mutex((count: 0, expected: 1, isInverted: false))
  init(description: String = "") { self.description = description }
  var expectedFulfillmentCount: Int {
    get { state.withLock { $0.expected } }
    set { state.withLock { $0.expected = newValue } }
  }
  var isInverted: Bool {
    get { state.withLock { $0.isInverted } }
    set { state.withLock { $0.isInverted = newValue } }
  }
  var isFulfilled: Bool { state.withLock { $0.count >= $0.expected } }
  func fulfill() { state.withLock { $0.count += 1 } }
}

extension XCTestCase {
  func virtualExpectation(description: String = "") -> VirtualExpectation {
    VirtualExpectation(description: description)
  }
  nonisolated func fulfillment(
    of expectations: [VirtualExpectation], timeout: Double = 60, enforceOrder: Bool = false
  ) async {
    for _ in 0..<20 {
      // A cancelled task must not wait for ever, nor without an end.
      if expectations.allSatisfy({ $0.isFulfilled }) { break }
      do { try await Task.sleep(nanoseconds: UInt64(timeout * 5e7)) } catch { await Task.yield() }
    }
    for expectation in expectations where expectation.isFulfilled == expectation.isInverted {
      XCTFail("waited for an expectation in vain, or for one that was fulfilled and should not be")
    }
  }
}
"""

# A function that XCTest finds. What stands between the parentheses and the brace is kept.
FUNCTION = re.compile(r"^( *)(?:@MainActor )?(?:public |final )*func (test\w*)\(\) (async(?: throws)?)\s*\{", re.M)
TEST = re.compile(r'@Test\b(\(\s*(?:"(?:[^"\\]|\\.)*"\s*(,)?)?)?')


def closing(text, start):
    """The place of the brace that closes the one before `start`. Braces in strings and comments are passed over."""
    depth, i = 1, start
    while True:
        if text.startswith("//", i):
            i = text.index("\n", i)
        elif text.startswith('"""', i):
            i = text.index('"""', i + 3) + 3
            continue
        elif text[i] == '"':
            i += 1
            while text[i] != '"':
                i += 2 if text[i] == "\\" else 1
        elif text[i] == "{":
            depth += 1
        elif text[i] == "}":
            depth -= 1
            if depth == 0:
                return i
        i += 1


def edit_xctest(text, schedules, rules):
    count, place = 0, 0
    while match := FUNCTION.search(text, place):
        end = closing(text, match.end())
        head = text[match.start():match.start(3)] + "async throws {"
        wrap = f" try await interleaved({schedules}{rules}) {{"
        body = re.sub(r"\bexpectation\(description:", "virtualExpectation(description:", text[match.end():end])
        body = re.sub(r"\bXCTestExpectation\b", "VirtualExpectation", body)
        text = text[:match.start()] + head + wrap + body + "}" + text[end:]
        place = match.start() + len(head)
        count += 1
    if count:
        text = re.sub(r":\s*XCTestCase\b", ": InterleavedTestCase", text)
        text = "import InterleavingTesting\n" + text
    return text, count


def edit_testing(text, schedules, rules):
    count, out, place = 0, [], 0
    for match in TEST.finditer(text):
        # Only a function that can wait can be played in another order.
        signature = text[match.end():text.find("{", match.end())]
        if " async" not in signature:
            continue
        trait = f".interleavings({schedules}{rules})"
        opened = match[1] or ""
        closes = text[match.end():match.end() + 1] == ")"
        if not opened:
            new = f"@Test({trait})"
        elif '"' in opened:
            new = "@Test" + opened.rstrip().rstrip(",") + f", {trait}" + ("" if closes else ", ")
        else:
            new = f"@Test({trait}" + ("" if closes else ", ")
        out += [text[place:match.start()], new]
        place = match.end()
        count += 1
    text = "".join(out) + text[place:]
    return ("import InterleavingTesting\n" + text if count else text), count


def edit(package, troupe, schedules, rules, skipped):
    count = 0
    rules = f", {rules}" if rules else ""
    described = subprocess.run(
        ["swift", "package", "describe", "--type", "json"], cwd=package, check=True, capture_output=True, text=True)
    for target in json.loads(described.stdout)["targets"]:
        if target["type"] != "test":
            continue
        folder, has_cases = package / target["path"], False
        for source in target["sources"]:
            text = (folder / source).read_text()
            if re.search(skipped, source) or "InterleavingTesting" in text:
                continue
            changed, tests = (edit_testing if "import Testing" in text else edit_xctest)(text, schedules, rules)
            if tests:
                (folder / source).write_text(changed)
                count += tests
                has_cases = has_cases or "import Testing" not in text
        if has_cases:
            (folder / "InterleavedTestCase.swift").write_text(CASE)
    for manifest in package.glob("Package*.swift"):
        text = manifest.read_text()
        if "InterleavingTesting" not in text:
            manifest.write_text(text + f"""
package.dependencies.append(.package(path: "{troupe}"))
for target in package.targets where target.type == .test {{
  target.dependencies.append(.product(name: "InterleavingTesting", package: "{Path(troupe).name}"))
}}
""")
    print(f"{count} asynchronous tests")


def run(package, filter, seconds):
    build = ["swift", "build", "--build-tests", "-j", "2"]
    subprocess.run(build, cwd=package, check=True, stdout=sys.stderr)
    listed = subprocess.run(
        ["swift", "test", "list", "--skip-build"], cwd=package, check=True, capture_output=True, text=True)
    tests = [line for line in listed.stdout.split() if re.search(filter, line)]
    bundle = str(next((package / ".build" / "debug").glob("*.xctest")))
    environment = os.environ | {"TROUPE_INTERLEAVING_COVERAGE": "1"}
    kinds = collections.Counter()
    schedules = 0
    for test in tests:
        name = re.sub(r"\(.*", "", test)
        # The bundle itself, because `swift test` plans a build each time.
        if "(" in test:
            command = [bundle, "--testing-library", "swift-testing", "--filter", f"^{re.escape(name)}\\("]
        else:
            command = [bundle, name]
        try:
            result = subprocess.run(
                command, cwd=package, env=environment, capture_output=True, text=True, timeout=seconds)
            text, kind = result.stdout + result.stderr, "passes" if result.returncode == 0 else "fails"
        except subprocess.TimeoutExpired as late:
            text, kind = (late.stdout or b"").decode() + (late.stderr or b"").decode(), "late"
        played = [int(count) for count in re.findall(r": (\d+) schedules, \d+ different", text)]
        schedules += sum(played)
        if kind == "passes" and not played:
            kind = "not played"
        kinds[kind] += 1
        why = ""
        if kind == "fails":
            found = re.search(
                r"(?:InterleavingFailure[^\n]*\n|Caught error: |threw error \"|recorded an issue[^\n]*\n↳ |error: )([^\n]+)", text)
            lines = [line for line in text.split("\n") if re.search(
                "in schedule|nothing is left|another thread|did not end within|without an await|cannot be played|decides", line)]
            why = (found[1] if found else "") + " | " + (lines[0].strip() if lines else "")
        print(f"{kind}: {name} {sum(played)} {why[:300]}", flush=True)
        if kind in ("fails", "late"):
            log = package / ".build" / "interleaved" / f"{name.replace('/', '.')}.txt"
            log.parent.mkdir(parents=True, exist_ok=True)
            log.write_text(text)
    print(f"{len(tests)} tests, {schedules} schedules: {dict(kinds)}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("verb", choices=["edit", "run"])
    parser.add_argument("package", type=Path)
    parser.add_argument("--troupe")
    parser.add_argument("--schedules", type=int, default=200)
    parser.add_argument("--rules", default="")
    parser.add_argument("--skip", default="^$", help="what is in the paths of files that are not edited")
    parser.add_argument("--filter", default=".")
    parser.add_argument("--seconds", type=float, default=60)
    options = parser.parse_args()
    if options.verb == "edit":
        edit(options.package.resolve(), options.troupe, options.schedules, options.rules, options.skip)
    else:
        run(options.package.resolve(), options.filter, options.seconds)


if __name__ == "__main__":
    main()
