"""``python -m troupe.parquet_questions``: the rows of a Parquet file as a file of JSON lines.

Every column is kept under its name, so that a scenario's ``fields`` can say which of them is the question and which the
answer. Values that JSON lacks, such as dates, become texts; a column of bytes is refused by name.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any


class NoText(Exception):
    """A column holds bytes, or the file has no column of that name."""


def rows(path: Path, columns: Sequence[str] | None = None) -> Iterator[dict[str, Any]]:
    """The rows of a file in order, with these columns or all.

    Raises :class:`NoText` for a column that cannot be written, and ``ImportError`` without pyarrow.
    """
    import pyarrow as arrow
    import pyarrow.parquet as parquet

    file = parquet.ParquetFile(path)
    schema = file.schema_arrow
    for name in columns or schema.names:
        if name not in schema.names:
            raise NoText(f"{path} has no column {name}; it has {', '.join(schema.names)}")
        kind = schema.field(name).type
        if arrow.types.is_binary(kind) or arrow.types.is_large_binary(kind):
            raise NoText(f"{path}: the column {name} holds bytes; name the others with --column")
    for batch in file.iter_batches(columns=list(columns) if columns else None):
        yield from batch.to_pylist()


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command. Returns 0, or 2 after an error, which is printed."""
    parser = argparse.ArgumentParser(prog="python -m troupe.parquet_questions", description=__doc__)
    parser.add_argument("file", type=Path, help="the Parquet file")
    parser.add_argument("--column", action="append", metavar="NAME", help="only this column; may be said again (all)")
    parser.add_argument("--out", type=Path, default=Path("questions.jsonl"), help="the file (questions.jsonl)")
    options = parser.parse_args(arguments)
    count = 0
    try:
        found = rows(options.file, options.column)
        with options.out.open("w", encoding="utf-8") as file:
            for row in found:
                file.write(json.dumps(row, ensure_ascii=False, default=str) + "\n")
                count += 1
    except ImportError as error:
        print(f"{error}: pip install pyarrow", file=sys.stderr)
        return 2
    except (NoText, OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    print(f"{count} rows in {options.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
