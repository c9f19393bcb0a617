"""``python -m troupe``: what the package does on the command line."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from . import Log, TroupeError, Vocabulary, __version__, json_lines


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command. Returns 0, or 2 after an error, which is printed."""
    options = _parser().parse_args(arguments)
    try:
        return _run(options)
    except BrokenPipeError:
        # Whoever reads the lines wants no more of them. Python would complain again when it closes the stream.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (TroupeError, OSError) as error:
        print(f"troupe: {error}", file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m troupe", description="Reads and converts what Troupe writes.")
    parser.add_argument("--version", action="version", version=__version__)
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="COMMAND")

    def add(name: str, text: str, target: str) -> argparse.ArgumentParser:
        verb = verbs.add_parser(name, help=text, description=text)
        verb.add_argument("source", metavar="LOG", type=Path)
        if target:
            verb.add_argument("target", metavar=target, type=Path)
        verb.add_argument("--no-verify", action="store_true", help="do not check checksums and hashes")
        verb.add_argument("--policy", metavar="DIR", type=Path, help="the policy whose vocabulary the tokens have")
        return verb

    add("check", "reads a whole log and says what it holds", "")
    verb = add("json", "prints the lines of `troupe log --json`, as far as the log alone says them", "")
    verb.add_argument("--events", action="store_true", help="the events of all episodes, too")
    for name, format in (("to-parquet", "Parquet"), ("to-arrow", "Arrow")):
        verb = add(name, f"writes a log's episodes and calls as {format}", "DIR")
        verb.add_argument("--events", action="store_true", help="the events of all episodes, too")
        verb.add_argument("--limit", type=int, metavar="N", help="only the first N episodes")
    return parser


def _run(options: argparse.Namespace) -> int:
    vocabulary = Vocabulary.load(options.policy) if options.policy else None
    with Log(options.source, verify=not options.no_verify, vocabulary=vocabulary) as log:
        if options.verb == "check":
            print(f"{len(log.ids)} episodes; version {log.version}; written by {log.header.program}")
            if log.torn_tail:
                print(log.torn_tail)
        elif options.verb == "json":
            for line in json_lines.lines(log, events=options.events):
                print(json.dumps(line, ensure_ascii=False, allow_nan=False))
        else:
            from .export import parquet

            arrow = options.verb == "to-arrow"
            for path in parquet.write(log, options.target, events=options.events, arrow=arrow, limit=options.limit):
                print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
