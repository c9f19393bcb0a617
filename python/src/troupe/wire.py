"""The reader of the log's compact form: integers as LEB128 varints, everything else with its length before it."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import TypeVar

from .errors import MalformedRecord

Value = TypeVar("Value")

#: Attoseconds in a second: the unit of virtual time, in which every duration of a log is a whole number.
SECOND = 10**18


def seconds(attoseconds: int) -> float:
    """Returns a virtual time in seconds, rounded in the same way as ``troupe log --json`` does."""
    if attoseconds % 10**9 == 0:
        return (attoseconds // 10**9) / 1e9
    return attoseconds / 1e18


class WireReader:
    """A cursor over the bytes of a record. Every size is compared with the bytes that are left."""

    __slots__ = ("data", "offset")

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.offset = 0

    def malformed(self, expected: str) -> MalformedRecord:
        return MalformedRecord(expected, self.offset)

    def byte(self) -> int:
        if self.offset >= len(self.data):
            raise self.malformed("another byte")
        self.offset += 1
        return self.data[self.offset - 1]

    def integer(self) -> int:
        """Reads an integer of at most 64 bits."""
        data, value, shift = self.data, 0, 0
        for offset in range(self.offset, min(self.offset + 10, len(data))):
            byte = data[offset]
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                if value >> 64:
                    break
                self.offset = offset + 1
                return value
            shift += 7
        raise self.malformed("an integer of 64 bits")

    def count(self) -> int:
        """Reads an integer that Swift keeps as a signed one."""
        value = self.integer()
        if value >> 63:
            raise self.malformed("a count")
        return value

    def boolean(self) -> bool:
        value = self.byte()
        if value > 1:
            raise self.malformed("0 or 1")
        return value == 1

    def content(self) -> bytes:
        length = self.count()
        end = self.offset + length
        if end > len(self.data):
            raise self.malformed(f"{length} bytes")
        start, self.offset = self.offset, end
        return self.data[start:end]

    def text(self) -> str:
        try:
            return self.content().decode("utf-8")
        except UnicodeDecodeError:
            raise self.malformed("UTF-8") from None

    def float32(self) -> float:
        if len(self.data) - self.offset < 4:
            raise self.malformed("a float")
        (value,) = struct.unpack_from("<f", self.data, self.offset)
        self.offset += 4
        return float(value)

    def float64(self) -> float:
        """Reads a double that was written as the varint of its bits."""
        (value,) = struct.unpack("<d", self.integer().to_bytes(8, "little"))
        return float(value)

    def duration(self) -> int:
        """Reads a duration, and returns it in attoseconds."""
        code = self.integer()
        if code & 1 == 0:
            return (code >> 1) * 10**9
        whole, fraction = self.integer(), self.integer()
        if code != 1 or whole >= 1 << 40 or fraction >= SECOND:
            raise self.malformed("a duration")
        return whole * SECOND + fraction

    def list(self, each: Callable[[], Value]) -> list[Value]:
        """Reads a list. Every element takes at least one byte, so a wrong length is noticed before memory is used."""
        length = self.count()
        if length > len(self.data) - self.offset:
            raise self.malformed(f"a list of {length} elements")
        return [each() for _ in range(length)]

    def optional(self, some: Callable[[], Value]) -> Value | None:
        return some() if self.boolean() else None

    def finish(self) -> None:
        """Checks that nothing follows."""
        if self.offset != len(self.data):
            raise self.malformed("the end of the record")
