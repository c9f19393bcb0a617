"""Writes a log as Parquet or Arrow files: ``episodes``, ``calls``, and ``events`` on demand. Needs pyarrow.

The columns are those of the rows in :mod:`troupe.frames`. Messages and numbers beyond 63 bits are texts. Files are
written a batch of rows at a time, so memory does not grow with the log.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from ..episode import Episode
from ..errors import missing
from ..frames import Row, call_rows, episode_row, event_rows
from ..log import Log
from .work import text

_BATCH = 20_000

#: The type of each column: t text, i integer, f float, b boolean.
_SCHEMAS = {
    "episodes": "id:t kind:t parent:t fork_event:i step:i task:i design:i execution:i seed:u strategy:t events:i time:f "
    "status:t failure:t family:t level:i statement:t solution:t script:t design_fault:t answer:t solved:b reward:f "
    "calls:i tool_calls:i format_errors:i tokens:i design_tokens:i faults:i",
    "calls": "episode:t tool:b statement:i index:i role:t on_path:b fault:t tokens:i prompt:t text:t stop:t "
    "log_probability:f solved:b",
    "events": "episode:t event:i time:f kind:t subject:t peer:t name:t inherited:b call:i units:i message:t said:t",
}


def write(
    log: Log,
    directory: str | os.PathLike[str],
    *,
    events: bool = False,
    arrow: bool = False,
    limit: int | None = None,
) -> list[Path]:
    """Writes the files of a log into ``directory``, and returns their paths.

    ``events`` writes the own events of every episode, too, which are many. ``arrow`` writes Arrow's file format (``.arrow``)
    in place of Parquet. Raises :class:`troupe.MissingPackage` if pyarrow is not installed.
    """
    sources: dict[str, Callable[[Episode], Iterator[Row]]] = {
        "episodes": lambda episode: iter([episode_row(episode)]),
        "calls": lambda episode: call_rows([episode]),
    }
    if events:
        sources["events"] = _own_events
    directory = Path(directory)
    directory.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        tables = [stack.enter_context(_Table(directory, name, arrow)) for name in sources]
        for number, episode in enumerate(log):
            if limit is not None and number >= limit:
                break
            for table, rows in zip(tables, sources.values()):
                table.add(rows(episode))
    return [table.path for table in tables]


def _own_events(episode: Episode) -> Iterator[Row]:
    for row, event in zip(event_rows(episode), episode.events):
        if not row["inherited"]:
            message = text(event.message) if event.message is not None else None
            yield {"episode": episode.id, **row, "message": message}


class _Table:
    """A file that is written a batch of rows at a time."""

    def __init__(self, directory: Path, name: str, arrow: bool) -> None:
        try:
            import pyarrow
            import pyarrow.parquet
        except ImportError:
            raise missing("pyarrow", "arrow", "Parquet and Arrow") from None
        types = {
            "t": pyarrow.string(),
            "i": pyarrow.int64(),
            "u": pyarrow.uint64(),
            "f": pyarrow.float64(),
            "b": pyarrow.bool_(),
        }
        columns = (column.split(":") for column in _SCHEMAS[name].split())
        self._schema: Any = pyarrow.schema([(column, types[kind]) for column, kind in columns])
        self._make: Any = pyarrow.Table.from_pylist
        self.path = directory / f"{name}.{'arrow' if arrow else 'parquet'}"
        if arrow:
            self._writer: Any = pyarrow.ipc.new_file(str(self.path), self._schema)
        else:
            self._writer = pyarrow.parquet.ParquetWriter(str(self.path), self._schema)
        self._rows: list[Row] = []

    def __enter__(self) -> _Table:
        return self

    def __exit__(self, *_: object) -> None:
        self._flush()
        self._writer.close()

    def add(self, rows: Iterator[Row]) -> None:
        self._rows.extend(rows)
        if len(self._rows) >= _BATCH:
            self._flush()

    def _flush(self) -> None:
        if self._rows:
            self._writer.write_table(self._make(self._rows, schema=self._schema))
        self._rows = []
