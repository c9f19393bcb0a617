"""CRC-32C against published values and against the definition, bit by bit."""

from __future__ import annotations

import random
import unittest

from troupe.checksum import crc32c


def by_definition(data: bytes) -> int:
    state = 0xFFFFFFFF
    for byte in data:
        state ^= byte
        for _ in range(8):
            state = state >> 1 ^ (0x82F63B78 if state & 1 else 0)
    return state ^ 0xFFFFFFFF


class ChecksumTests(unittest.TestCase):
    def test_equals_the_values_of_rfc_3720(self) -> None:
        # RFC 3720, appendix B.4; the last one is the usual check value.
        for data, expected in (
            (bytes(32), 0x8A9136AA),
            (b"\xff" * 32, 0x62A8AB43),
            (bytes(range(32)), 0x46DD794E),
            (bytes(range(31, -1, -1)), 0x113FDB5C),
            (b"123456789", 0xE3069283),
            (b"", 0),
        ):
            self.assertEqual(crc32c(data), expected)

    def test_equals_the_definition_at_every_length_up_to_a_few_words(self) -> None:
        stream = random.Random(1)
        for length in [*range(300), 1000, 4095, 4096, 4097]:
            data = stream.randbytes(length)
            self.assertEqual(crc32c(data), by_definition(data), length)

    def test_one_changed_bit_anywhere_in_a_block_changes_it(self) -> None:
        data = bytearray(random.Random(2).randbytes(65536))
        whole = crc32c(bytes(data))
        for place in (0, 1, 4, 16383, 32767, 32768, 65535):
            data[place] ^= 0x10
            self.assertNotEqual(crc32c(bytes(data)), whole, place)
            data[place] ^= 0x10


if __name__ == "__main__":
    unittest.main()
