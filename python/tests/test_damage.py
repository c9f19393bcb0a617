"""What the reader says about a log that was changed, cut or put together wrongly: the tables of docs/log-format.md."""

from __future__ import annotations

import random
import struct
import unittest
from pathlib import Path

from troupe import Episode, Log, LogError, TroupeError, json_lines
from troupe.blocks import BlockReader, RecordReader

from .made_logs import (
    FIXTURES,
    Scratch,
    block,
    blocks_of,
    episode,
    event,
    fork,
    header,
    log_of_payloads,
    log_of_records,
    text,
    varint,
)

HOSTILE = (FIXTURES / "hostile.log").read_bytes()
FORKS = (FIXTURES / "forks.log").read_bytes()


def read(path: Path, verify: bool = True) -> list[str]:
    with Log(path, verify=verify) as log:
        return [episode.id for episode in log]


def fault(data: bytes) -> LogError | None:
    """The error with which reading ends; None if it does not."""
    with Scratch(data) as path:
        try:
            read(path)
        except LogError as error:
            return error
    return None


class DamageTests(unittest.TestCase):
    def test_a_flipped_bit_in_a_block_is_a_wrong_checksum_in_that_block(self) -> None:
        stream = random.Random(3)
        starts = [12]
        for whole in blocks_of(HOSTILE):
            starts.append(starts[-1] + len(whole))
        places = {*range(12, 12 + 44), *range(starts[1], starts[1] + 44), len(HOSTILE) - 1}
        places |= {stream.randrange(12, len(HOSTILE)) for _ in range(150)}
        for place in sorted(places):
            data = bytearray(HOSTILE)
            data[place] ^= 1 << stream.randrange(8)
            error = fault(bytes(data))
            assert error is not None, place
            number = max(index for index, start in enumerate(starts) if start <= place)
            self.assertEqual((error.kind, error.block, error.byte), ("checksum", number, starts[number]), place)

    def test_a_log_that_is_cut_anywhere_is_read_up_to_its_last_whole_record(self) -> None:
        with Scratch(HOSTILE) as path:
            whole = read(path)
        blocks = blocks_of(HOSTILE)
        first = 12 + len(blocks[0])
        for length in [*range(0, 120), *range(first - 3, first + 60), *range(first + 60, len(HOSTILE), 97)]:
            with Scratch(HOSTILE[:length]) as path:
                if length < first:
                    with self.assertRaises(LogError) as caught:
                        read(path)
                    expected = "notALog" if length == 0 else "headerCutShort"
                    self.assertEqual(caught.exception.kind, expected, length)
                    continue
                with Log(path) as log:
                    found = [episode.id for episode in log]
                    self.assertEqual(found, whole[: len(found)])
                    if length != first:
                        assert log.torn_tail is not None, length
                        self.assertEqual(log.torn_tail.offset + log.torn_tail.bytes, length)
                    else:
                        self.assertIsNone(log.torn_tail)

    def test_a_log_that_is_cut_between_blocks_but_inside_a_record_has_a_torn_tail(self) -> None:
        data = log_of_records([episode("first"), episode("x" * 500)], size=100)
        with Scratch(data[: 12 + sum(map(len, blocks_of(data)[:3]))]) as path, Log(path) as log:
            self.assertEqual(log.ids, ["first"])
            assert log.torn_tail is not None
            self.assertEqual(log.torn_tail.bytes, 0)
            self.assertGreater(log.torn_tail.record_bytes, 100)

    def test_blocks_that_were_moved_repeated_removed_or_exchanged_break_the_chain(self) -> None:
        data = log_of_records([episode(f"run/episode-{number}") for number in range(40)], size=100)
        blocks, start = blocks_of(data), data[:12]
        self.assertGreater(len(blocks), 8)
        other = blocks_of(log_of_records([episode(f"run/other-{number}") for number in range(40)], size=100))
        for name, changed, number in (
            ("moved", blocks[:3] + [blocks[4], blocks[3]] + blocks[5:], 3),
            ("repeated", blocks[:4] + [blocks[3]] + blocks[4:], 4),
            ("removed", blocks[:5] + blocks[6:], 5),
            ("exchanged", blocks[:6] + [other[6]] + blocks[7:], 6),
        ):
            error = fault(start + b"".join(changed))
            assert error is not None, name
            self.assertEqual((error.kind, error.block), ("brokenChain", number), name)
            self.assertEqual(error.byte, 12 + sum(map(len, changed[:number])), name)

    def test_without_verifying_only_the_lengths_are_looked_at(self) -> None:
        data = bytearray(HOSTILE)
        data[12 + 4] ^= 1  # a checksum
        data[12 + 20] ^= 1  # a hash
        with Scratch(bytes(data)) as path:
            self.assertEqual(read(path, verify=False), ["run/episode-0", "run/episode-1", "run/episode-2"])
            with self.assertRaises(LogError):
                read(path)

    def test_another_beginning_is_no_log_and_another_version_is_refused(self) -> None:
        for data, kind in (
            (b"PK\x03\x04" + HOSTILE[4:], "notALog"),
            (b"\x89TROUPE", "headerCutShort"),
            (HOSTILE[:8] + struct.pack("<I", 1) + HOSTILE[12:], "schemaVersion"),
            (HOSTILE[:8] + struct.pack("<I", 5) + HOSTILE[12:], "schemaVersion"),
            (HOSTILE[:8] + struct.pack("<I", 3) + HOSTILE[12:], "brokenChain"),
        ):
            error = fault(data)
            assert error is not None
            self.assertEqual(error.kind, kind)

    def test_right_checksums_around_impossible_lengths_are_malformed(self) -> None:
        start = HOSTILE[:12]
        first = text(header())
        for payloads, number in (
            ([first, b"\xff\xff\xff\xff\x01"], 1),  # a length of five bytes
            ([first, varint((1 << 24) + 1)], 1),  # a record that is too long
            ([first + b"\x80\x80\x80\x80\x00"], 0),
        ):
            error = fault(log_of_payloads(payloads))
            assert error is not None
            self.assertEqual((error.kind, error.block), ("malformed", number))
        empty = block(b"", bytes(32))
        error = fault(start + empty)
        assert error is not None
        self.assertEqual((error.kind, error.block), ("malformed", 0))

    def test_a_header_with_something_behind_it_is_malformed(self) -> None:
        error = fault(log_of_payloads([text(header() + b"\0")]))
        assert error is not None
        self.assertEqual((error.kind, error.byte), ("malformed", 12))

    def test_records_go_on_in_later_blocks_whatever_the_size_of_these(self) -> None:
        names = [f"run/episode-{number}" for number in range(30)] + ["x" * 300]
        records = [episode(name) for name in names]
        for size in (1, 2, 3, 7, 64, 1000, 65536):
            with Scratch(log_of_records(records, size=size)) as path, Log(path) as log:
                self.assertEqual([found.id for found in log], names, size)
                self.assertEqual([log[name].id for name in reversed(names)], names[::-1], size)

    def test_a_longest_record_is_read(self) -> None:
        name = "x" * ((1 << 24) - 60)
        with Scratch(log_of_records([episode(name), episode("behind")])) as path, Log(path, verify=False) as log:
            self.assertEqual(log.ids, [name, "behind"])

    def test_a_fork_without_its_parent_is_an_error(self) -> None:
        blocks = [text(header()), *(text(record) for record in [fork("a/fork-1-0", "a", 1)])]
        error = fault(log_of_payloads(blocks))
        assert error is not None
        self.assertEqual(error.kind, "parentMissing")

    def test_a_fork_outside_of_its_parents_own_events_is_an_error_once_its_events_are_read(self) -> None:
        with Scratch(log_of_records([episode("a"), fork("b", "a", 5)])) as path, Log(path) as log:
            with self.assertRaises(LogError):
                log["b"].events
        spawns = event(0, b"x") * 2
        records = [episode("a", spawns, 2), fork("b", "a", 2, spawns, 2), fork("c", "b", 1)]
        with Scratch(log_of_records(records)) as path, Log(path) as log:
            self.assertEqual(log["b"].event_count, len(log["b"].events))
            with self.assertRaises(LogError):
                log["c"].events

    def test_changed_content_with_right_checksums_is_an_error_and_nothing_else(self) -> None:
        """What a faulty writer wrote may be any bytes: reading ends in a TroupeError, and in bounded time and memory."""
        stream = random.Random(5)
        records = (
            records_of(FORKS) + records_of((FIXTURES / "tiny/episodes.log").read_bytes())[:6] + records_of(HOSTILE)
        )
        errors = 0
        for _ in range(1500):
            record = bytearray(stream.choice(records))
            for _ in range(stream.randrange(1, 4)):
                place = stream.randrange(len(record))
                change = stream.randrange(3)
                if change == 0:
                    record[place] = stream.randrange(256)
                elif change == 1:
                    del record[place : place + stream.randrange(1, 9)]
                else:
                    record[place:place] = stream.randbytes(stream.randrange(1, 9))
                if not record:
                    break
            with Scratch(log_of_records([episode("run/episode-1"), bytes(record)])) as path, Log(path) as log:
                try:
                    for found in log:
                        everything(found)
                except TroupeError:
                    errors += 1
        self.assertGreater(errors, 500)


def everything(found: Episode) -> None:
    """Reads all that an episode has."""
    json_lines.episode_line(found)
    for one in found.events:
        json_lines.event_line(found, one)
    found.choices, found.turns, found.possible_faults


def records_of(data: bytes) -> list[bytes]:
    """The records of a log, without its header."""
    with Scratch(data) as path, open(path, "rb") as file:
        reader = RecordReader(BlockReader(file, len(data)))
        result: list[bytes] = []
        while (record := reader.next()) is not None:
            result.append(record)
        return result[1:]


if __name__ == "__main__":
    unittest.main()
