"""Writes the metrics of a run as an event file of TensorBoard.

An event file is a sequence of records (TFRecord; ``tensorboard/summary/writer/record_writer.py``), little-endian::

  8 bytes length | 4 bytes masked CRC-32C of the length | the bytes | 4 bytes masked CRC-32C of the bytes
  masked(c) = ((c >> 15 | c << 17) + 0xA282EAD8) mod 2^32

The bytes are the protobuf message ``tensorboard.Event`` (``tensorboard/compat/proto/event.proto``), of which this uses:
1 wall_time (double), 2 step (int64), 3 file_version (text; the first record has only this, "brain.Event:2", and the
time), 5 summary = {1 value, repeated = {1 tag (text), 2 simple_value (float of 32 bits)}}. TensorBoard shows a tag
``a/b`` in the group ``a``. It finds files whose name contains ``tfevents``.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from pathlib import Path

from ..checksum import crc32c
from ..runs import Run

#: The columns of metrics.csv that are no metrics.
_KEYS = ("step", "stage", "role")
_GROUPS = {"train": "train", "held_out": "held out"}


def write(run: Run, directory: str | os.PathLike[str], start: float = 0.0) -> Path:
    """Writes one event file into ``directory`` and returns its path.

    ``start`` is the time of step 0 in seconds since 1970; later steps are the seconds of ``timings.csv`` later, or one
    second each if there are none.
    """
    path = Path(directory) / f"events.out.tfevents.{int(start):010d}.troupe"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(_record(_double(1, start) + _bytes(3, b"brain.Event:2")))
        for step, time, values in _steps(run, start):
            summary = b"".join(_bytes(1, _bytes(1, tag.encode()) + _float(2, value)) for tag, value in values)
            file.write(_record(_double(1, time) + _varint(2 << 3) + _varint(step) + _bytes(5, summary)))
    return path


def _steps(run: Run, start: float) -> Iterator[tuple[int, float, list[tuple[str, float]]]]:
    seconds = {}
    if (run.path / "timings.csv").is_file():
        seconds = {row["step"]: row["seconds"] for row in run.timings if row.get("phase") == "train"}
    time = start
    for row in run.metrics:
        step = row["step"]
        if not isinstance(step, int):
            continue
        values = [
            (_tag(column), float(value))
            for column, value in row.items()
            if column not in _KEYS and isinstance(value, (int, float))
        ]
        yield step, time, values
        spent = seconds.get(step, 1.0)
        time += spent if isinstance(spent, (int, float)) else 1.0


def _tag(column: str) -> str:
    group, dot, family = column.partition(".")
    return f"{_GROUPS[group]}/{family}" if dot and group in _GROUPS else f"metrics/{column}"


def _record(content: bytes) -> bytes:
    length = struct.pack("<Q", len(content))
    return length + _masked(length) + content + _masked(content)


def _masked(content: bytes) -> bytes:
    checksum = crc32c(content)
    return struct.pack("<I", ((checksum >> 15 | checksum << 17) + 0xA282EAD8) & 0xFFFFFFFF)


# The wire format of protobuf: a key is the field's number, times 8, plus the type of what follows (0 varint, 1 eight
# bytes, 2 a length and as many bytes, 5 four bytes).


def _varint(value: int) -> bytes:
    result = bytearray()
    while value >= 0x80:
        result.append(value & 0x7F | 0x80)
        value >>= 7
    result.append(value)
    return bytes(result)


def _double(field: int, value: float) -> bytes:
    return _varint(field << 3 | 1) + struct.pack("<d", value)


def _float(field: int, value: float) -> bytes:
    return _varint(field << 3 | 5) + struct.pack("<f", value)


def _bytes(field: int, value: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(value)) + value
