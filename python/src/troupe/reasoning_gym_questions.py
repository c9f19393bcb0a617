"""``python -m troupe.reasoning_gym_questions``: problems of reasoning-gym as a file of Troupe's family ``questions``.

reasoning-gym (PyPI, Apache-2.0) draws problems of over a hundred kinds. Only those kinds are written whose scorer
compares with the one right answer, as Troupe's verifiers do; a kind of which several answers are right is refused by
name. Every answer that is written gets the full score from the kind's own scorer.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")


class NotOneAnswer(Exception):
    """Several answers of a kind of problem are right, or there is no such kind."""


def kinds() -> list[str]:
    """The names of the kinds that can be written, in order."""
    from reasoning_gym.factory import DATASETS, ProceduralDataset

    plain = ProceduralDataset.score_answer
    return sorted(name for name, (made, _) in DATASETS.items() if made.score_answer is plain)


def questions(kind: str, count: int, seed: int, level: int = 1, **settings: Any) -> Iterator[dict[str, Any]]:
    """Draws up to ``count`` different problems of a kind, each as a line of the file.

    ``settings`` are those of the kind in reasoning-gym, such as ``max_animals=3``. Problems whose answer has several
    lines are left out, and so are repeated ones, so that fewer may come.

    Raises :class:`NotOneAnswer` for a kind that cannot be written, and ``ValueError`` or ``TypeError`` for wrong settings.
    """
    import reasoning_gym

    if kind not in kinds():
        raise NotOneAnswer(f"{kind} is no kind of problem with one right answer; these are: {', '.join(kinds())}")
    dataset = reasoning_gym.create_dataset(kind, size=count, seed=seed, **settings)
    seen = set()
    for entry in dataset:
        question, answer = str(entry["question"]).strip(), str(entry["answer"]).strip()
        if question in seen or not answer or "\n" in answer:
            continue
        if dataset.score_answer(answer, entry) != 1.0:
            continue
        seen.add(question)
        verifier = "number" if _NUMBER.fullmatch(answer) else "exact"
        yield {"question": question, "answer": answer, "level": level, "verifier": verifier}


def _setting(text: str) -> tuple[str, Any]:
    name, sign, value = text.partition("=")
    if not sign or not name.isidentifier():
        raise argparse.ArgumentTypeError(f"{text} is no setting: NAME=VALUE")
    try:
        return name, json.loads(value)
    except json.JSONDecodeError:
        return name, value


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command. Returns 0, or 2 after an error, which is printed."""
    parser = argparse.ArgumentParser(prog="python -m troupe.reasoning_gym_questions", description=__doc__)
    parser.add_argument("kind", nargs="?", help="the kind of problem; without one, the kinds are listed")
    parser.add_argument("--count", type=int, default=500, help="how many problems (500)")
    parser.add_argument("--seed", type=int, default=1, help="the seed of the draws (1)")
    parser.add_argument("--level", type=int, default=1, choices=range(1, 10), help="the level that they get (1)")
    parser.add_argument("--set", type=_setting, action="append", default=[], metavar="NAME=VALUE", help="a setting of the kind")
    parser.add_argument("--append", action="store_true", help="add to the file, for example problems of another level")
    parser.add_argument("--out", type=Path, default=Path("questions.jsonl"), help="the file (questions.jsonl)")
    options = parser.parse_args(arguments)
    try:
        if options.kind is None:
            print("\n".join(kinds()))
            return 0
        lines = list(questions(options.kind, options.count, options.seed, options.level, **dict(options.set)))
    except ImportError as error:
        print(f"{error}: pip install reasoning-gym", file=sys.stderr)
        return 2
    except (NotOneAnswer, TypeError, ValueError, AssertionError) as error:
        print(f"{options.kind}: {error}", file=sys.stderr)
        return 2
    with options.out.open("a" if options.append else "w", encoding="utf-8") as file:
        for line in lines:
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
    print(f"{len(lines)} problems in {options.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
