"""Blocks and records of a log: everything of ``docs/log-format.md`` that does not look into a record."""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass
from typing import BinaryIO, NamedTuple

from .checksum import crc32c
from .errors import LogError

MAGIC = b"\x89TROUPE\n"
PREAMBLE = 12
BLOCK_HEADER = 44
MAXIMUM_PAYLOAD = 1 << 16
MAXIMUM_RECORD = 1 << 24
VERSIONS = range(2, 5)


@dataclass(frozen=True)
class TornTail:
    """The incomplete end of a log whose writer was stopped in the middle of a commit.

    ``offset`` is where the last whole block ends, ``bytes`` how many bytes follow, which are an incomplete block, and
    ``record_bytes`` how many bytes before ``offset`` belong to a record whose end is missing.
    """

    offset: int
    bytes: int
    record_bytes: int

    def __str__(self) -> str:
        return (
            f"torn tail: ignored {self.bytes} bytes of a block at byte {self.offset}"
            f" and {self.record_bytes} bytes of a record before it"
        )


class Place(NamedTuple):
    """Where a record begins: the position of a block in the file, and an offset in that block's payload."""

    block: int
    skipped: int


def _version(preamble: bytes) -> int:
    """Checks the first bytes of a file and returns the version of its format."""
    if not preamble or preamble[:8] != MAGIC[: len(preamble)]:
        raise LogError("notALog", "not a replay log")
    if len(preamble) < PREAMBLE:
        raise LogError("headerCutShort", f"the log ends inside its header, at byte {len(preamble)}")
    version = int.from_bytes(preamble[8:], "little")
    if version not in VERSIONS:
        raise LogError(
            "schemaVersion",
            f"a replay log of version {version}; this package reads versions {VERSIONS[0]} to {VERSIONS[-1]}",
        )
    return version


class BlockReader:
    """Reads the payloads of blocks one after another, each checked before it is returned.

    With ``verify=False`` only the lengths are looked at: checksums and the chain of hashes are not computed.
    """

    def __init__(self, file: BinaryIO, size: int, verify: bool = True, at: int | None = None) -> None:
        self._file = file
        self._verify = verify
        self.size = size
        file.seek(0)
        preamble = file.read(min(size, PREAMBLE))
        self.version = _version(preamble)
        #: The number and the position of the next block.
        self.block = 0
        self.offset = PREAMBLE
        # The hash of the block before; None for the first block of a reader that begins in the middle of the file.
        self._chain: bytes | None = hashlib.sha256(preamble).digest()
        if at is not None:
            file.seek(at)
            self.offset = at
            self._chain = None

    @property
    def rest(self) -> int:
        """How many bytes follow the blocks read so far."""
        return self.size - self.offset

    def next(self) -> bytes | None:
        """Returns the payload of the next block; ``None`` if no whole block is left."""
        if self.rest < BLOCK_HEADER:
            return None
        header = self._file.read(BLOCK_HEADER)
        length, checksum = struct.unpack_from("<II", header)
        if self._verify and crc32c(header[:40]) != int.from_bytes(header[40:], "little"):
            raise self._damaged("checksum", f"wrong checksum in block {self.block} at byte {self.offset}")
        if not 1 <= length <= MAXIMUM_PAYLOAD:
            raise self._damaged(
                "malformed",
                f"expected 1 to {MAXIMUM_PAYLOAD} bytes in block {self.block} at byte {self.offset}",
            )
        if self._verify and self._chain is not None and header[8:40] != self._chain:
            raise self._damaged(
                "brokenChain", f"block {self.block} at byte {self.offset} does not follow the block before it"
            )
        if self.rest < BLOCK_HEADER + length:
            return None
        payload = self._file.read(length)
        if self._verify:
            if crc32c(payload) != checksum:
                raise self._damaged("checksum", f"wrong checksum in block {self.block} at byte {self.offset}")
            self._chain = hashlib.sha256(header + payload).digest()
        self.offset += BLOCK_HEADER + length
        self.block += 1
        return payload

    def _damaged(self, kind: str, text: str) -> LogError:
        return LogError(kind, text, self.block, self.offset)  # type: ignore[arg-type]


class RecordReader:
    """Assembles records from the payloads of blocks. A record, or its length, may go on in the next block."""

    def __init__(self, blocks: BlockReader, skipped: int = 0) -> None:
        self.blocks = blocks
        self._payload = b""
        self._taken = 0
        self._skipped = skipped
        # The position of the block whose payload is in use.
        self._block = blocks.offset
        # The parts of the record that is being assembled: the bytes of its length, and those of its content.
        self._length = bytearray()
        self._content = bytearray()
        self._missing: int | None = None

    @property
    def place(self) -> Place:
        """Where the next record begins, if the last one is complete."""
        if self._taken == len(self._payload):
            return Place(self.blocks.offset, 0)
        return Place(self._block, self._taken)

    @property
    def torn_tail(self) -> TornTail | None:
        """The bytes that are left after :meth:`next` has returned ``None``."""
        unfinished = len(self._length) + len(self._content)
        if self.blocks.rest == 0 and unfinished == 0:
            return None
        return TornTail(self.blocks.offset, self.blocks.rest, unfinished)

    def next(self) -> bytes | None:
        """Returns the next record; ``None`` if no whole record is left."""
        while True:
            record = self._take()
            if record is not None:
                return record
            block = self.blocks.offset
            payload = self.blocks.next()
            if payload is None:
                return None
            self._payload, self._taken, self._block = payload, min(self._skipped, len(payload)), block
            self._skipped = 0

    def _take(self) -> bytes | None:
        payload = self._payload
        while self._missing is None:
            if self._taken == len(payload):
                return None
            byte = payload[self._taken]
            length = sum((part & 0x7F) << 7 * place for place, part in enumerate(self._length))
            length |= (byte & 0x7F) << 7 * len(self._length)
            # Four bytes hold every length that is allowed, so a further byte would be an error.
            if length > MAXIMUM_RECORD or (byte >= 0x80 and len(self._length) == 3):
                position = self.blocks.offset - len(payload) + self._taken
                raise LogError(
                    "malformed",
                    f"expected a record of at most {MAXIMUM_RECORD} bytes in block {self.blocks.block - 1} at byte {position}",
                    self.blocks.block - 1,
                    position,
                )
            self._length.append(byte)
            self._taken += 1
            if byte < 0x80:
                self._missing = length
        end = self._taken + self._missing
        part = payload[self._taken : end]
        self._taken += len(part)
        self._missing -= len(part)
        if self._missing or self._content:
            self._content += part
            if self._missing:
                return None
            part = bytes(self._content)
        self._length, self._content, self._missing = bytearray(), bytearray(), None
        return part
