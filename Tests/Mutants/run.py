#!/usr/bin/env python3
"""Runs the tests against every mutant of mutants.toml, and says which test catches which (Python 3.11 or later).

    Tests/Mutants/run.py                 # the whole round; it goes on where an earlier one stopped
    Tests/Mutants/run.py --only 3 17     # these mutants, whatever is known of them
    Tests/Mutants/run.py --survivors     # those that survived, and those that nothing is known of
    Tests/Mutants/run.py --show 17       # prints the mutant, and runs nothing

A mutant is a small fault that is put into Sources on purpose; a test has to fail of it. All mutants are compiled at once: the
tree is copied to .build-mutants, and each faulty text stands there beside the right one, behind a switch that reads the
environment variable TROUPE_MUTANT. So there is one build, and then a run of the tests for each mutant, with those filters of
its area that are light first. A run is ended by the first test that fails; one that takes much longer than it does without a
mutant hangs, which counts as caught.

Results are kept in results.csv beside this file, one line a mutant. A line is used again as long as the mutant is the same.
A table of them goes to standard output.
"""

import argparse
import collections
import concurrent.futures
import csv
import hashlib
import os
import pathlib
import re
import resource
import shutil
import signal
import subprocess
import sys
import threading
import time
import tomllib

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
SCRATCH = ROOT / ".build-mutants"
TREE = SCRATCH / "tree"
RESULTS = HERE / "results.csv"
COLUMNS = ["number", "digest", "file", "description", "result", "caught by", "seconds"]
VARIABLE = "TROUPE_MUTANT"
# Mutants that run at a time.
WORKERS = 2
# Of one test process, so that a mutant which allocates without end takes nothing down but itself.
GREATEST_MEMORY = 8 << 30

# By area: filters of tests, the light ones first. All of them have to pass before a mutant counts as a survivor.
AREAS = {
    "credit": [r"SimTests\.(CreditLawTests|FaultyEstimatorTests|CreditFixtureTests|GRPOTests|RoleBatchTests|HierarchicalRolloutTests|ForkRolloutTests|SpanCreditTests)/", r"SimTests\.", ],
    "trainer": [r"SimTests\.(TrainerTests|TrainerLawTests|RoleBatchTests|RoleWeightsTests|ScriptPriorTests)/", r"SimTests\."],
    "optimizer": [r"PolicyTests\.(AdamWTests|TrainingTests|ParityTests|EngineParityTests)/", r"PolicyTests\.", r"SimTests\."],
    "attention": [
        r"PolicyTests\.(AttentionTests|KernelsTests|EngineParityTests|EngineInvarianceTests)/", r"PolicyTests\.",
        r"SimTests\."],
    "scheduler": [
        r"MessagingTests\.(StrategyTests|SchedulingTests|EpisodeTests|FaultTests|ExternalTests)/", r"MessagingTests\.",
        r"(SimTests|ActorsTests)\."],
    "frozen": [r"PolicyTests\.FrozenWeightsTests/", r"PolicyTests\."],
    "language": [r"(PolicyTests\.(GGUFTests|ParityTests)|ActorsTests\.ChatServerTests)/", r"(PolicyTests|ActorsTests)\."],
    "conditions": [r"ActorTestingTests\.", r"SimTests\."],
    "reading": [r"SimTests\."],
    "scenario": [r"SimTests\."],
    "study": [r"(SimTests|IntegrationTests)\."],
    "cold start": [r"SimTests\."],
    "tasks": [r"ActorsTests\.", r"SimTests\."],
}

SWIFT_SWITCH = f"""import Foundation

/// The mutant that runs; 0 for none.
let chosenMutant: Int = ProcessInfo.processInfo.environment["{VARIABLE}"].flatMap {{ Int($0) }} ?? 0
"""
C_SWITCH = f"""
#include <stdlib.h>
int chosen_mutant = 0;
__attribute__((constructor)) static void choose_mutant(void) {{
  const char *text = getenv("{VARIABLE}");
  if (text) chosen_mutant = atoi(text);
}}
"""
C_DECLARATION = "extern int chosen_mutant;\n"


class Mutant:
    def __init__(self, number, entry):
        self.number = number
        self.area = entry["area"]
        self.file = entry["file"]
        self.original = entry["original"]
        self.mutated = entry["mutated"]
        self.within = entry.get("within", self.original)
        self.is_statement = entry.get("statement", False)
        self.description = entry["description"]
        # Why no test can tell it from the original, if none can.
        self.equivalent = entry.get("equivalent")
        text = "\0".join([self.file, self.within, self.original, self.mutated])
        self.digest = hashlib.sha256(text.encode()).hexdigest()[:12]

    def place(self, text):
        """Where the original is in its file, which must be one place."""
        if text.count(self.within) != 1:
            sys.exit(f"mutant {self.number}: {text.count(self.within)} places in {self.file} read {self.within!r}")
        if self.within.count(self.original) != 1:
            sys.exit(f"mutant {self.number}: {self.original!r} is not in {self.within!r} once")
        start = text.index(self.within) + self.within.index(self.original)
        return start, start + len(self.original)


def read_mutants():
    with open(HERE / "mutants.toml", "rb") as file:
        entries = tomllib.load(file)["mutant"]
    mutants = [Mutant(number, entry) for number, entry in enumerate(entries, 1)]
    if len({mutant.digest for mutant in mutants}) != len(mutants):
        sys.exit("two mutants are the same")
    return mutants


def switched(original, mutants):
    """The text that does what the chosen mutant does, or else the original."""
    variable = "chosen_mutant" if not mutants[0].file.endswith(".swift") else "chosenMutant"
    if mutants[0].is_statement:
        cases = "".join(f"if ({variable} == {m.number}) {{ {m.mutated} }} else " for m in mutants)
        return f"{cases}{{ {original} }}"
    cases = "".join(f"{variable} == {m.number} ? ({m.mutated}) : " for m in mutants)
    return f"({cases}({original}))"


def mutate(text, mutants):
    """A file with all its mutants in it."""
    sites = collections.defaultdict(list)
    for mutant in mutants:
        sites[mutant.place(text)].append(mutant)
    end = len(text)
    for place in sorted(sites, reverse=True):
        if place[1] > end:
            sys.exit(f"mutants {[m.number for m in sites[place]]} overlap the next ones of {mutants[0].file}")
        end = place[0]
        text = text[: place[0]] + switched(text[place[0] : place[1]], sites[place]) + text[place[1] :]
    return text


def write(path, text):
    """Writes only what changes, so that little is built anew."""
    if not path.exists() or path.read_text() != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def make_tree(mutants):
    """Copies what the build needs, with all mutants in it."""
    by_file = collections.defaultdict(list)
    for mutant in mutants:
        by_file[mutant.file].append(mutant)
    wanted = set()
    for folder in ["Package.swift", "Sources", "Tests", "Benchmarks", "docs", "scenarios"]:
        paths = [ROOT / folder] if (ROOT / folder).is_file() else sorted((ROOT / folder).rglob("*"))
        for path in paths:
            relative = path.relative_to(ROOT)
            if not path.is_file() or path.is_relative_to(HERE):
                continue
            wanted.add(TREE / relative)
            if str(relative) in by_file:
                text = mutate(path.read_text(), by_file.pop(str(relative)))
                if path.suffix == ".h":
                    text = C_DECLARATION + text
                write(TREE / relative, text)
            elif not (TREE / relative).exists() or (TREE / relative).read_bytes() != path.read_bytes():
                (TREE / relative).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, TREE / relative)
    if by_file:
        sys.exit(f"no such file: {', '.join(by_file)}")
    for module in ["Messaging", "Policy", "Sim"]:
        write(TREE / f"Sources/{module}/ChosenMutant.swift", SWIFT_SWITCH)
        wanted.add(TREE / f"Sources/{module}/ChosenMutant.swift")
    write(TREE / "Sources/CKernels/chosen_mutant.c", C_SWITCH)
    wanted.add(TREE / "Sources/CKernels/chosen_mutant.c")
    for path in TREE.rglob("*"):
        if path.is_file() and path not in wanted:
            path.unlink()


def build():
    command = ["swift", "test", "list", "-c", "release", "-j", "2", "--scratch-path", str(SCRATCH / "build")]
    done = subprocess.run(command, cwd=TREE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        errors = [line for line in done.stdout.splitlines() if "error:" in line]
        sys.exit("the mutants do not build:\n" + "\n".join(errors or done.stdout.splitlines()[-40:]))
    return done.stdout


class Tests:
    """Runs tests of the build."""

    failed = re.compile(r"✘ Test (?!run with)(.+?) (?:with \d+ test case|recorded an issue|failed after)")
    colours = re.compile(r"\x1b\[[0-9;]*m")

    def __init__(self):
        self.binary = SCRATCH / "build/release/TroupePackageTests.xctest"
        # How long each filter takes without a mutant.
        self.usual = {}

    def run(self, number, test_filter, limit):
        """(what caught it or None, seconds)"""
        environment = dict(os.environ, SWIFT_BACKTRACE="enable=no", **{VARIABLE: str(number)})
        command = [str(self.binary), "--testing-library", "swift-testing", "--filter", test_filter]
        start = time.monotonic()
        process = subprocess.Popen(
            command, cwd=TREE, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            errors="replace", start_new_session=True,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (GREATEST_MEMORY, GREATEST_MEMORY)))
        is_late = threading.Event()

        def end():
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass

        def give_up():
            is_late.set()
            end()

        timer = threading.Timer(limit, give_up)
        timer.start()
        caught, ended = None, False
        try:
            for line in process.stdout:
                if "Test run with" in line:
                    ended = True
                found = self.failed.search(self.colours.sub("", line))
                if found:
                    caught = found[1].strip('"')
                    end()
                    break
        finally:
            timer.cancel()
        process.stdout.close()
        code = process.wait()
        seconds = time.monotonic() - start
        if caught is None and is_late.is_set():
            caught = f"a hang of {test_filter}"
        elif caught is None and (code != 0 or not ended):
            caught = f"a crash ({signal.Signals(-code).name if code < 0 else code}) of {test_filter}"
        return caught, seconds

    def measure(self, filters):
        """Sees to it that all tests pass without a mutant, and how long they take."""
        for test_filter in filters:
            caught, seconds = self.run(0, test_filter, 900)
            if caught:
                sys.exit(f"without a mutant, {test_filter} fails: {caught}")
            self.usual[test_filter] = seconds
            print(f"{seconds:6.1f} s without a mutant: {test_filter}", file=sys.stderr)

    def verdict(self, mutant):
        total = 0
        for test_filter in AREAS[mutant.area]:
            # Two mutants share the processors, and a mutant may be slower without being caught.
            caught, seconds = self.run(mutant.number, test_filter, 20 + 5 * self.usual[test_filter])
            total += seconds
            if caught:
                return "caught", caught, total
        return ("equivalent", mutant.equivalent, total) if mutant.equivalent else ("SURVIVED", "", total)


def read_results():
    if not RESULTS.exists():
        return {}
    with open(RESULTS, newline="") as file:
        return {row["digest"]: row for row in csv.DictReader(file)}


def write_results(mutants, results):
    partial = RESULTS.with_suffix(".partial")
    with open(partial, "w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        for mutant in mutants:
            if mutant.digest in results:
                row = results[mutant.digest]
                writer.writerow({**row, "number": mutant.number, "description": mutant.description})
    partial.rename(RESULTS)


def report(mutants, results):
    counts = collections.Counter()
    for mutant in mutants:
        row = results.get(mutant.digest, {"result": "not run", "caught by": ""})
        counts[row["result"]] += 1
        says = row["result"] if row["result"] != "caught" else row["caught by"]
        print(f"{mutant.number:4d}  {mutant.file.removeprefix('Sources/'):44s}  {mutant.description:70s}  {says}")
    print(f"{len(mutants)} mutants: " + ", ".join(f"{count} {what}" for what, count in sorted(counts.items())))
    # A mutant that survives without a reason is a test that is missing.
    return counts["SURVIVED"] == 0 and counts["not run"] == 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", type=int, nargs="+", metavar="NUMBER")
    parser.add_argument("--survivors", action="store_true")
    parser.add_argument("--show", type=int, metavar="NUMBER")
    parser.add_argument("--minutes", type=float, default=60, help="begin no mutant after this time (60)")
    arguments = parser.parse_args()
    mutants, results = read_mutants(), read_results()
    if arguments.show:
        mutant = mutants[arguments.show - 1]
        print(f"{mutant.file}: {mutant.description}\n- {mutant.original}\n+ {mutant.mutated}")
        return
    for mutant in mutants:
        mutant.place((ROOT / mutant.file).read_text())
    chosen = [
        mutant for mutant in mutants
        if (mutant.number in arguments.only if arguments.only
            else results.get(mutant.digest, {}).get("result") not in (
                ("caught", "equivalent") if arguments.survivors else ("caught", "equivalent", "SURVIVED")))]
    start = time.monotonic()
    if chosen:
        print(f"{len(chosen)} of {len(mutants)} mutants are to be run; building all", file=sys.stderr)
        make_tree(mutants)
        build()
        print(f"built in {time.monotonic() - start:.0f} s", file=sys.stderr)
        tests, lock = Tests(), threading.Lock()
        tests.measure(dict.fromkeys(test_filter for mutant in chosen for test_filter in AREAS[mutant.area]))

        def run(mutant):
            if time.monotonic() - start > 60 * arguments.minutes:
                return
            result, caught, seconds = tests.verdict(mutant)
            with lock:
                results[mutant.digest] = {
                    "number": mutant.number, "digest": mutant.digest, "file": mutant.file,
                    "description": mutant.description, "result": result, "caught by": caught,
                    "seconds": f"{seconds:.1f}"}
                write_results(mutants, results)
                print(f"{mutant.number:4d} {seconds:6.1f} s  {result}: {mutant.description} ({caught})", file=sys.stderr)

        with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
            list(pool.map(run, chosen))
    write_results(mutants, results)
    if not report(mutants, results):
        sys.exit(1)


if __name__ == "__main__":
    main()
