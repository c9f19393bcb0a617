"""CBOR (RFC 8949), the subset in which Troupe writes messages.

There are integers of 64 bits, byte strings, texts, lists, maps with texts as keys, booleans, null, and floats of 32 and
64 bits. Lengths are definite, and there are no tags. Maps are written with shorter keys first, then by bytes, so equal
values have equal bytes.
"""

from __future__ import annotations

import math
import struct
from typing import Union

from .errors import MalformedRecord

Item = Union[None, bool, int, float, str, bytes, list["Item"], dict[str, "Item"]]

#: The deepest nesting, which no message reaches. It bounds the recursion on bytes that are not a message.
MAXIMUM_DEPTH = 64


class Float32(float):
    """A float that is written with 32 bits. Reading returns it for such a float, so that values round-trip."""


def decode(data: bytes) -> Item:
    """Returns the value of exactly one item.

    Raises :class:`troupe.MalformedRecord` for other bytes, for an indefinite length, a tag, a float of 16 bits, text that
    is not UTF-8, a key that is no text or occurs twice, and nesting beyond 64.
    """
    decoder = _Decoder(data)
    item = decoder.item(0)
    if decoder.offset != len(data):
        raise decoder.malformed("the end of the item")
    return item


def encode(value: Item) -> bytes:
    """Returns the bytes of a value, the same that Troupe's Swift side writes for it."""
    result = bytearray()
    _encode(value, result)
    return bytes(result)


def plain(value: Item) -> object:
    """Returns the value as ``troupe log --json`` prints it: bytes as hexadecimal text, infinities and NaN as texts."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, float) and not math.isfinite(value):
        return str(float(value))
    if isinstance(value, list):
        return [plain(element) for element in value]
    if isinstance(value, dict):
        return {key: plain(element) for key, element in value.items()}
    return value


class _Decoder:
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.offset = 0

    def malformed(self, expected: str) -> MalformedRecord:
        return MalformedRecord(expected, self.offset, "a CBOR item")

    def take(self, count: int) -> bytes:
        end = self.offset + count
        if end > len(self.data):
            raise self.malformed(f"{count} bytes")
        start, self.offset = self.offset, end
        return self.data[start:end]

    def item(self, depth: int) -> Item:
        if depth >= MAXIMUM_DEPTH:
            raise self.malformed(f"nesting of at most {MAXIMUM_DEPTH}")
        (first,) = self.take(1)
        major, short = first >> 5, first & 0x1F
        if major == 7:
            return self.simple(short)
        if short > 27:
            raise self.malformed("a definite length")
        argument = short if short < 24 else int.from_bytes(self.take(1 << short - 24), "big")
        if major == 0:
            return argument
        if major == 1:
            return -1 - argument
        if major == 2:
            return self.take(argument)
        if major == 3:
            return self.text(argument)
        if major == 6:
            raise self.malformed("no tag")
        if argument > len(self.data) - self.offset:
            raise self.malformed(f"{argument} elements")
        if major == 4:
            return [self.item(depth + 1) for _ in range(argument)]
        pairs: dict[str, Item] = {}
        for _ in range(argument):
            key = self.item(depth + 1)
            if not isinstance(key, str) or key in pairs:
                raise self.malformed("another text as a key")
            pairs[key] = self.item(depth + 1)
        return pairs

    def text(self, count: int) -> str:
        try:
            return self.take(count).decode("utf-8")
        except UnicodeDecodeError:
            raise self.malformed("UTF-8") from None

    def simple(self, short: int) -> Item:
        if short in (20, 21):
            return short == 21
        if short == 22:
            return None
        if short == 26:
            return Float32(struct.unpack(">f", self.take(4))[0])
        if short == 27:
            return float(struct.unpack(">d", self.take(8))[0])
        raise self.malformed("a simple value")


def _head(major: int, argument: int, result: bytearray) -> None:
    if argument < 24:
        result.append(major << 5 | argument)
        return
    for code, size in ((24, 1), (25, 2), (26, 4), (27, 8)):
        if argument < 1 << 8 * size:
            result.append(major << 5 | code)
            result += argument.to_bytes(size, "big")
            return
    raise ValueError("an integer of CBOR has at most 64 bits")


def _encode(value: Item, result: bytearray) -> None:
    if value is None:
        result.append(0xF6)
    elif isinstance(value, bool):
        result.append(0xF5 if value else 0xF4)
    elif isinstance(value, int):
        _head(1 if value < 0 else 0, ~value if value < 0 else value, result)
    elif isinstance(value, Float32):
        result += b"\xfa" + struct.pack(">f", value)
    elif isinstance(value, float):
        result += b"\xfb" + struct.pack(">d", value)
    elif isinstance(value, str):
        text = value.encode("utf-8")
        _head(3, len(text), result)
        result += text
    elif isinstance(value, bytes):
        _head(2, len(value), result)
        result += value
    elif isinstance(value, list):
        _head(4, len(value), result)
        for element in value:
            _encode(element, result)
    else:
        _head(5, len(value), result)
        for key in sorted(value, key=lambda key: (len(key.encode("utf-8")), key.encode("utf-8"))):
            _encode(key, result)
            _encode(value[key], result)
