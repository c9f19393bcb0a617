"""Logs that are made for a test: right ones, and ones whose checksums are right although their content is not."""

from __future__ import annotations

import hashlib
import struct
import tempfile
from collections.abc import Iterable
from pathlib import Path

from troupe.blocks import BLOCK_HEADER, MAGIC
from troupe.checksum import crc32c

PYTHON = Path(__file__).resolve().parents[1]
FIXTURES = PYTHON / "tests/fixtures"
#: Logs of versions 2, 3 and 4 that the Swift side's tests keep.
SWIFT_FIXTURES = PYTHON.parent / "Tests/SimTests/Fixtures"
ALL_LOGS = sorted([*FIXTURES.rglob("*.log"), *SWIFT_FIXTURES.glob("*.log")])


def varint(value: int) -> bytes:
    result = bytearray()
    while value >= 0x80:
        result.append(value & 0x7F | 0x80)
        value >>= 7
    result.append(value)
    return bytes(result)


def text(value: str | bytes) -> bytes:
    content = value.encode() if isinstance(value, str) else value
    return varint(len(content)) + content


def header(version: int = 4) -> bytes:
    """The record of a header without a scenario, with seed 9 and, from version 3 on, one condition."""
    rest = text("kernel") + varint(2) + varint(1) + varint(300) if version == 2 else varint(1) + text("n") + text("v")
    return text("troupe test") + text("") + varint(9) + text("none") + rest


def episode(name: str = "run/episode-0", events: bytes = b"", count: int = 0, version: int = 4) -> bytes:
    """The record of an episode without task, choices and faults."""
    rules = varint(2) if version > 3 else b""
    return (
        text(name) + b"\0" + text("") + varint(1) + text("fifo") + rules + varint(1000) + varint(100)
        + b"\0\0" + b"\0" + b"\0" + varint(count) + text(events)
    )  # fmt: skip


def event(
    kind: int,
    subject: bytes,
    peer: bytes = b"",
    name: bytes = b"",
    payload: bytes = b"",
    *,
    time: int = 0,
    call: int = 0,
) -> bytes:
    """An event, ``time`` nanoseconds after the one before, whose names are all introduced anew. 1 unit, if it completes."""
    names = b"".join(b"\0" + text(part) for part in (subject, peer, name))
    numbers = {4: varint(call) + b"\1", 11: varint(call)}.get(kind, b"")
    return bytes([kind]) + varint(2 * time) + names + text(payload) + numbers


def fork(name: str, parent: str, at: int, events: bytes = b"", count: int = 0) -> bytes:
    """The record of a fork that shares the first ``at`` events of its parent."""
    without = episode(name, events, count)[len(text(name)) + 1 :]
    return text(name) + b"\1" + text(parent) + varint(at) + b"\0" + without


def block(payload: bytes, previous: bytes) -> bytes:
    start = struct.pack("<II", len(payload), crc32c(payload)) + previous
    return start + struct.pack("<I", crc32c(start)) + payload


def log_of_payloads(payloads: Iterable[bytes], version: int = 4) -> bytes:
    """A log whose blocks hold these payloads, with right checksums and hashes."""
    result = MAGIC + struct.pack("<I", version)
    previous = hashlib.sha256(result).digest()
    for payload in payloads:
        whole = block(payload, previous)
        previous = hashlib.sha256(whole).digest()
        result += whole
    return result


def log_of_records(records: Iterable[bytes], version: int = 4, size: int = 65536) -> bytes:
    """A log with these records behind a header, in blocks of ``size`` bytes."""
    stream = b"".join(text(record) for record in records)
    first = text(header(version))
    return log_of_payloads([first, *(stream[at : at + size] for at in range(0, len(stream), size))], version)


def blocks_of(data: bytes) -> list[bytes]:
    """The whole blocks of a log, without its first 12 bytes."""
    result, at = [], 12
    while at < len(data):
        end = at + BLOCK_HEADER + int.from_bytes(data[at : at + 4], "little")
        result.append(data[at:end])
        at = end
    return result


class Scratch:
    """A file with some bytes, in a directory that goes away."""

    def __init__(self, data: bytes) -> None:
        self._directory = tempfile.TemporaryDirectory()
        self.path = Path(self._directory.name) / "made.log"
        self.path.write_bytes(data)

    def __enter__(self) -> Path:
        return self.path

    def __exit__(self, *_: object) -> None:
        self._directory.cleanup()
