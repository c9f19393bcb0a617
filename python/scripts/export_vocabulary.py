#!/usr/bin/env python3
"""Writes src/troupe/vocabulary.json from the Swift sources; with --check, exits with 1 if it is not up to date.

The lists are read from Sources/Actors/Vocabulary/TroupeVocabulary.swift, and joined in the order of its `words`. The
special tokens come from Sources/Policy/Tokens/Tokenizer.swift.
"""

import json
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TARGET = ROOT / "python/src/troupe/vocabulary.json"


def texts(swift: str) -> list[str]:
    """The string literals in a piece of Swift."""
    return re.findall(r'"([^"]*)"', swift)


def vocabulary() -> dict[str, list[str]]:
    source = (ROOT / "Sources/Actors/Vocabulary/TroupeVocabulary.swift").read_text("utf-8")
    lists = {name: texts(body) for name, body in re.findall(r"static let (\w+) = \[(.*?)\]\n", source, re.DOTALL)}
    lists["digits"] = [str(digit) for digit in range(10)]
    words: list[str] = []
    (order,) = re.findall(r"static let words =\n(.*)", source)
    for part in order.split("+"):
        name = part.strip()
        if name.startswith("["):
            words += texts(re.findall(rf'static let {name[1:-1]} = (".*")', source)[0])
        else:
            words += lists[name]
    tokenizer = (ROOT / "Sources/Policy/Tokens/Tokenizer.swift").read_text("utf-8")
    (special,) = re.findall(r"static let specialTokens = \[(.*?)\]", tokenizer)
    return {"special": texts(special), "words": words}


def main() -> int:
    text = json.dumps(vocabulary(), indent=1) + "\n"
    if "--check" in sys.argv[1:]:
        return 0 if TARGET.read_text("utf-8") == text else 1
    TARGET.write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
