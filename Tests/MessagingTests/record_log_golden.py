"""Prints the bytes that LogFormatTests expects, made from docs/log-format.md with hashlib and a CRC bit by bit.

Run: python3 Tests/MessagingTests/record_log_golden.py
"""

import hashlib
import struct

SCHEMA_VERSION = 4
BLOCK = 65_536


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def varint(value):
    out = b""
    while value >= 0x80:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def text(value):
    return varint(len(value)) + value.encode()


HEADER = (
    text("troupe 0.1") + text("{ tasks: ['arithmetic'] }") + varint(7) + text("ab12")
    + varint(2) + text("products") + text("OpenBLAS 0.3.21, Zen") + text("weather") + text("fine")
)


def log(commits):
    """The file that holds the header and then each commit's records."""
    data = b"\x89TROUPE\n" + struct.pack("<I", SCHEMA_VERSION)
    chain = hashlib.sha256(data).digest()
    for records in [[HEADER]] + commits:
        stream = b"".join(varint(len(record)) + record for record in records)
        for start in range(0, len(stream), BLOCK):
            payload = stream[start:start + BLOCK]
            head = struct.pack("<II", len(payload), crc32c(payload)) + chain
            block = head + struct.pack("<I", crc32c(head)) + payload
            chain = hashlib.sha256(block).digest()
            data += block
    return data, chain


small, chain = log([[bytes([1, 2, 3]), b""]])
print(small.hex(), len(small), chain.hex(), sep="\n")
long = bytes(31 * i & 0xFF for i in range(200_000))
large, chain = log([[bytes([1, 2, 3]), b""], [long, b"end"]])
print(len(large), chain.hex(), hashlib.sha256(large).hexdigest(), sep="\n")
