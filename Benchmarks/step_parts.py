"""Prints where the wall-clock time of a run's steps went, by the parts that its `timings.csv` has columns for.

    troupe train scenarios/quickstart.json5 --out runs/quickstart-1
    python3 Benchmarks/step_parts.py runs/quickstart-1 [--replay] [--troupe PATH]

The residual is what no part was measured for, in percent of the wall clock; the program ends with 1 if it is above 2 %
or if a step's parts are more than the step. `--replay` also times `troupe replay` on the run's log, and divides by the
time that the rollouts spent in actors: on one thread by the thread-seconds, on the rollout's threads by the seconds.
"""
import argparse, csv, pathlib, subprocess, sys, time

TROUPE = pathlib.Path(__file__).parents[1] / ".build/release/troupe"
NAMES = {"cold": "cold start", "train": "training"}
# Everything else between `step` and `seconds` is a part.
PARTS_AFTER, TOTAL = "step", "seconds"


def read(path):
    with open(path, newline="") as file:
        reader = csv.DictReader(file)
        rows = [{name: value if name == "phase" else float(value or 0) for name, value in row.items()} for row in reader]
        columns = reader.fieldnames
    return columns[columns.index(PARTS_AFTER) + 1:columns.index(TOTAL)], rows


def show(name, rows, parts):
    """Prints a phase's parts; returns the part of its wall clock that no part has."""
    total = sum(row[TOTAL] for row in rows)
    print(f"{name}: {len(rows)} steps, {total:.3f} s, {1000 * total / len(rows):.2f} ms a step")
    sums = {part: sum(row[part] for row in rows) for part in parts}
    for part, seconds in sums.items():
        if seconds > 0:
            print(f"  {part:15}{seconds:9.3f} s {1000 * seconds / len(rows):9.3f} ms a step {100 * seconds / total:6.1f} %")
    residual = total - sum(sums.values())
    worst = max(1 - sum(row[part] for part in parts) / row[TOTAL] for row in rows)
    print(f"  {'residual':15}{residual:9.3f} s {1000 * residual / len(rows):9.3f} ms a step {100 * residual / total:6.2f} %"
          f", {100 * worst:.2f} % of the worst step")
    return residual / total


def replay(log, threads):
    begin = time.monotonic()
    subprocess.run([arguments.troupe, "replay", str(log), "--threads", str(threads)], check=True, capture_output=True)
    return time.monotonic() - begin


arguments = argparse.ArgumentParser()
arguments.add_argument("run", type=pathlib.Path)
arguments.add_argument("--replay", action="store_true")
arguments.add_argument("--troupe", default=str(TROUPE))
arguments = arguments.parse_args()
parts, rows = read(arguments.run / "timings.csv")
phases = {name: [row for row in rows if row["phase"] == phase] for phase, name in NAMES.items()}
residuals = [show(name, steps, parts) for name, steps in phases.items() if steps]
if all(phases.values()):
    residuals.append(show("the run", rows, parts))
over = [row for row in rows if sum(row[part] for part in parts) > row[TOTAL] * (1 + 1e-9)]
for row in over:
    print(f"{row['phase']} step {row['step']:.0f}: its parts are more than the step")
if arguments.replay:
    steps = phases["training"]
    actors = sum(row["actors"] for row in steps)
    of_threads = sum(row["actors"] * row["rollout_threads"] for row in steps)
    threads = int(max(row["rollout_threads"] for row in steps))
    one = replay(arguments.run / "episodes.log", 1)
    print(f"replay on 1 thread: {one:.3f} s, {one / of_threads:.2f} of the actors' {of_threads:.3f} thread-seconds")
    if threads > 1:
        all_ = replay(arguments.run / "episodes.log", threads)
        print(f"replay on {threads} threads: {all_:.3f} s, {all_ / actors:.2f} of the actors' {actors:.3f} s")
sys.exit(bool(over) or max(map(abs, residuals)) > 0.02)
