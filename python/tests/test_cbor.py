"""CBOR: the examples of RFC 8949, round trips of random values, and bytes that are no item."""

from __future__ import annotations

import math
import random
import unittest

from troupe import MalformedRecord, cbor
from troupe.cbor import Float32, Item

# RFC 8949, appendix A, those that are in the subset.
EXAMPLES: list[tuple[str, Item]] = [
    ("00", 0), ("01", 1), ("0a", 10), ("17", 23), ("1818", 24), ("1819", 25), ("1864", 100), ("1903e8", 1000),
    ("1a000f4240", 1000000), ("1b000000e8d4a51000", 1000000000000), ("1bffffffffffffffff", 18446744073709551615),
    ("3bffffffffffffffff", -18446744073709551616), ("20", -1), ("29", -10), ("3863", -100), ("3903e7", -1000),
    ("fb3ff199999999999a", 1.1), ("fa47c35000", Float32(100000.0)), ("fa7f7fffff", Float32(3.4028234663852886e38)),
    ("fb7e37e43c8800759c", 1.0e300), ("fbc010666666666666", -4.1), ("fa7f800000", Float32(math.inf)),
    ("fbfff0000000000000", -math.inf), ("f4", False), ("f5", True), ("f6", None), ("40", b""),
    ("4401020304", b"\x01\x02\x03\x04"), ("60", ""), ("6161", "a"), ("6449455446", "IETF"), ("62225c", '"\\'),
    ("62c3bc", "ü"), ("63e6b0b4", "水"), ("64f0908591", "𐅑"), ("80", []), ("83010203", [1, 2, 3]),
    ("8301820203820405", [1, [2, 3], [4, 5]]), ("a0", {}), ("a26161016162820203", {"a": 1, "b": [2, 3]}),
    ("826161a161626163", ["a", {"b": "c"}]), ("98190102030405060708090a0b0c0d0e0f101112131415161718181819", [*range(1, 26)]),
]  # fmt: skip


def value(stream: random.Random, depth: int = 0) -> Item:
    kind = stream.randrange(9 if depth < 5 else 7)
    if kind == 0:
        return stream.choice([None, True, False])
    if kind == 1:
        return stream.choice([1, -1]) * stream.getrandbits(stream.randrange(1, 64))
    if kind == 2:
        return stream.choice([stream.gauss(0, 1), 0.0, -0.0, math.inf, -math.inf, 5e-324])
    if kind == 3:
        return Float32(stream.randrange(-1000, 1000) / 8)
    if kind == 4:
        return stream.randbytes(stream.randrange(40))
    if kind in (5, 6):
        return letters(stream)
    if kind == 7:
        return [value(stream, depth + 1) for _ in range(stream.randrange(6))]
    return {letters(stream): value(stream, depth + 1) for _ in range(stream.randrange(6))}


def letters(stream: random.Random) -> str:
    alphabet = 'ab"\\\n\0\x1f </>é中👩\u202e\ufeff\uffff'
    return "".join(stream.choices(alphabet, k=stream.randrange(30)))


class CBORTests(unittest.TestCase):
    def test_reads_and_writes_the_examples_of_rfc_8949(self) -> None:
        for digits, expected in EXAMPLES:
            data = bytes.fromhex(digits)
            self.assertEqual(cbor.decode(data), expected)
            self.assertEqual(type(cbor.decode(data)), type(expected))
            self.assertEqual(cbor.encode(expected), data, digits)

    def test_random_values_round_trip_and_have_one_form(self) -> None:
        for seed in range(2000):
            stream = random.Random(seed)
            item = value(stream)
            data = cbor.encode(item)
            again = cbor.decode(data)
            self.assertEqual(again, item, seed)
            self.assertEqual(cbor.encode(again), data, seed)
            if isinstance(item, dict):
                pairs = list(item.items())
                stream.shuffle(pairs)
                self.assertEqual(cbor.encode(dict(pairs)), data, seed)

    def test_shorter_keys_come_first(self) -> None:
        self.assertEqual(cbor.encode({"aa": 2, "b": 1}).hex(), "a2616201626161" + "02")

    def test_an_item_that_is_cut_short_or_too_long_is_no_item(self) -> None:
        for seed in range(200):
            data = cbor.encode(value(random.Random(seed)))
            for length in range(len(data)):
                with self.assertRaises(MalformedRecord):
                    cbor.decode(data[:length])
            with self.assertRaises(MalformedRecord):
                cbor.decode(data + b"\0")

    def test_random_bytes_are_an_item_or_an_error(self) -> None:
        stream = random.Random(7)
        for _ in range(5000):
            try:
                cbor.decode(stream.randbytes(stream.randrange(40)))
            except MalformedRecord:
                pass

    def test_what_the_subset_does_not_have_is_an_error(self) -> None:
        for digits in (
            "c11a514b67b0",  # a tag
            "f93c00",  # a float of 16 bits
            "9f01ff",  # a list of indefinite length
            "f7",  # undefined
            "a10101",  # a key that is a number
            "a2616101616102",  # a key twice
            "61ff",  # not UTF-8
            "9b7fffffffffffffff",  # more elements than memory
            "1c",  # a reserved length
        ):
            with self.assertRaises(MalformedRecord, msg=digits):
                cbor.decode(bytes.fromhex(digits))

    def test_nesting_has_a_limit(self) -> None:
        self.assertEqual(cbor.decode(b"\x81" * 63 + b"\0"), eval("[" * 63 + "0" + "]" * 63))
        for depth in (64, 100_000):
            with self.assertRaises(MalformedRecord):
                cbor.decode(b"\x81" * depth + b"\0")


if __name__ == "__main__":
    unittest.main()
