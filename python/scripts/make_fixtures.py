#!/usr/bin/env python3
"""Makes the logs and runs in tests/fixtures anew, with the program that $TROUPE names.

What the reader's tests compare with is the program's own output, kept beside each log as NAME.jsonl. A change of the
program changes them: look at the differences before you commit them.
"""

import json
import shutil
import sys
import tempfile
from pathlib import Path

PYTHON = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(PYTHON / "src"))

from troupe import Program  # noqa: E402

FIXTURES = PYTHON / "tests/fixtures"
TASKS = PYTHON.parent / "Tests/SimTests/Fixtures/tasks.log"
RUN_FILES = (
    "episodes.log",
    "metrics.csv",
    "timings.csv",
    "evaluation.csv",
    "designs.csv",
    "outcomes.json",
    "scenario.json5",
)


def main() -> int:
    program = Program()
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        program.run("run", FIXTURES / "hostile.json5", "--log", work / "hostile.log", "--quiet")
        program.run(
            "fork", TASKS, "--episode", "run/episode-1", "--at", "11", "--replace", "9 - 5", "--count", "2",
            "--log", work / "once.log",
        )  # fmt: skip
        # A fork of a fork, whose log holds its whole descent.
        program.run(
            "fork", work / "once.log", "--episode", "run/episode-1/fork-11-1", "--at", "14", "--seed", "5",
            "--log", work / "forks.log",
        )  # fmt: skip
        for log in ("hostile", "forks"):
            shutil.copy(work / f"{log}.log", FIXTURES)
        program.run("train", FIXTURES / "tiny.json5", "--out", work / "run", "--threads", "1", "--quiet")
        (FIXTURES / "tiny").mkdir(exist_ok=True)
        for file in RUN_FILES:
            if (work / "run" / file).exists():
                shutil.copy(work / "run" / file, FIXTURES / "tiny")
    for log_file in sorted(FIXTURES.rglob("*.log")):
        lines = [json.dumps(line, ensure_ascii=False) for line in program.log(log_file, events=True)]
        log_file.with_suffix(".jsonl").write_text("\n".join(lines) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
