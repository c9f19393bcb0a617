"""The reader against what ``troupe log --json`` printed, and live against the program if ``$TROUPE`` names one."""

from __future__ import annotations

import base64
import json
import os
import tracemalloc
import unittest
from collections.abc import Iterable
from pathlib import Path

from troupe import Episode, Log, LogError, Program, ProgramError, json_lines
from troupe.faults import CrashFault, MessageFault, OperationFault, PartitionFault, SlownessFault
from troupe.records import EpisodeRecord, JobChoice

from .made_logs import ALL_LOGS, FIXTURES, SWIFT_FIXTURES, Scratch, episode, event, fork, log_of_records, text, varint

Json = dict[str, object]


def own_lines(log: Log) -> dict[tuple[str, object], Json]:
    """The package's lines, by type and by what identifies them."""
    return {key(line): line for line in json_lines.lines(log, events=True)}


def key(line: Json) -> tuple[str, object]:
    kind = str(line.get("type", "event"))
    return kind, (line["episode"], line["event"]) if kind == "event" else line.get("id")


class ReaderTests(unittest.TestCase):
    maxDiff = 2000

    def assert_same(self, log: Log, expected: Iterable[Json]) -> None:
        """Every line that the program printed is one of ours, with the same values in the fields that both have.

        Programs of version 0.1.0 print events only, with fewer fields.
        """
        own = own_lines(log)
        seen = set()
        for line in expected:
            if line.get("inherited") is True:
                continue
            mine = own[key(line)]
            both = line.keys() & mine.keys()
            self.assertLessEqual({"episode", "time", "payload"} & line.keys(), both)
            self.assert_within(
                {field: mine[field] for field in both}, {field: line[field] for field in both}, str(key(line))
            )
            seen.add(key(line))
        self.assertEqual(seen & {("event", None)}, set())
        self.assertEqual({name for name in own if name[0] == "event"}, {name for name in seen if name[0] == "event"})

    def assert_within(self, mine: object, theirs: object, where: str) -> None:
        """Everything of ours that they print, too, is the same: they may know more."""
        if isinstance(mine, dict) and isinstance(theirs, dict):
            for field in mine.keys() & theirs.keys():
                self.assert_within(mine[field], theirs[field], f"{where}, {field}")
            if where.endswith(", payload"):
                self.assertEqual(mine, theirs, where)
        elif isinstance(mine, list) and isinstance(theirs, list):
            self.assertEqual(len(mine), len(theirs), where)
            for place, (one, other) in enumerate(zip(mine, theirs)):
                self.assert_within(one, other, f"{where}, {place}")
        elif isinstance(mine, float) and isinstance(theirs, (int, float)) and ", said, " in where:
            # Floats of 32 bits, which the program may print with as many digits as these need.
            self.assertAlmostEqual(mine, theirs, delta=1e-6 * max(1, abs(mine)), msg=where)
        else:
            self.assertEqual(mine, theirs, where)

    def test_every_event_is_as_the_program_printed_it(self) -> None:
        for path in sorted(FIXTURES.rglob("*.log")):
            printed = path.with_suffix(".jsonl").read_text("utf-8").splitlines()
            with self.subTest(path.name), Log(path) as log:
                self.assert_same(log, [json.loads(line) for line in printed])

    @unittest.skipUnless(os.environ.get("TROUPE"), "$TROUPE names no program")
    def test_every_event_is_as_the_program_prints_it_now(self) -> None:
        program = Program()
        for path in ALL_LOGS:
            with self.subTest(path.name), Log(path) as log:
                self.assert_same(log, program.log(path, events=True))

    def test_versions_2_3_and_4_are_read(self) -> None:
        with Log(SWIFT_FIXTURES / "version-2.log") as log:
            self.assertEqual((log.version, log.header.program, log.header.seed), (2, "troupe 0.1.0", 1))
            names = [condition.name for condition in log.header.conditions]
            self.assertEqual(names, ["BLAS kernel", "block heights"])
            self.assertTrue(log.header.conditions[1].value.startswith("1, 2, 3, 4, 6, 8"))
            self.assertEqual([found.record.rules for found in log], [1])
        with Log(SWIFT_FIXTURES / "version-3.log") as log:
            self.assertEqual(log.version, 3)
            self.assertEqual([found.record.rules for found in log], [1])
        with Log(FIXTURES / "tiny/episodes.log") as log:
            self.assertEqual(log.version, 4)
            self.assertEqual({found.record.rules for found in log}, {2})

    def test_a_record_whose_jobs_were_chosen_has_their_choices(self) -> None:
        # The first record of Tests/ActorTestingTests/OlderJobsTests.swift.
        data = base64.b64decode(
            "Cm9sZC1yYW5kb20AAAcGcmFuZG9tA8CEPaCNBgAAAAAFAgMDAgUBBAEBBAIBBAQBBoMBAAAACXJvb3QvYmFuawAAAgABAAEABHJvb3QABWJlZ2lu"
            "AaAGAAECAAdiYWxhbmNlAQoDgKjWuQcBAgIABgABAgUBAg0AAwIAOW5vdGhpbmcgaXMgbGVmdCB0byBoYXBwZW4gYW5kIG5vYm9keSBmaW5pc2hl"
            "ZCB0aGUgZXBpc29kZQA="
        )
        record = EpisodeRecord.decode(data, 4)
        self.assertEqual((record.rules, record.event_count), (3, 6))
        self.assertEqual(record.jobs[:2], [JobChoice(2, 3, 3), JobChoice(2, 5, 1)])
        self.assertEqual(len(record.jobs), 5)

    def test_an_episode_with_a_task_has_its_outcome(self) -> None:
        with Log(SWIFT_FIXTURES / "tasks.log") as log:
            found = log["run/episode-0"]
        self.assertEqual((found.status, found.answer, found.solved, found.reward), ("finished", "6", True, 1.0))
        assert found.task is not None
        self.assertEqual((found.task.family, found.task.level, found.task.statement), ("arithmetic", 2, "10 - 7 * 2"))
        self.assertEqual(found.script, "a = agent step(task);\nb = agent solve(a);\nanswer b")
        self.assertEqual(
            [(call.statement, call.role, call.tokens) for call in found.calls], [(0, "step", 4), (1, "solve", 2)]
        )
        self.assertEqual((found.tokens, found.design_tokens, found.kind), (6, 19, "episode"))
        texts = [(turn.call.caller, turn.generation.text) for turn in found.turns if turn.generation]
        self.assertEqual(texts[1:], [("executor", "3 * 2"), ("executor", "6")])
        self.assertEqual(texts[0], ("designer", "a = agent step ( task ) ; b = agent solve ( a ) ; answer b"))

    def test_scripted_agents_answer_with_a_reward_and_hostile_texts_are_texts(self) -> None:
        with Log(FIXTURES / "hostile.log") as log:
            found = log["run/episode-1"]
        self.assertEqual((found.answer, found.reward, found.solved), ('=1+1,"csv";drop table', 0.1, None))
        messages = [one.message for one in found.events if isinstance(one.message, dict)]
        said = [text["_0"] for message in messages if isinstance(text := message.get("say"), dict)]
        self.assertIn("\u202eright to left\u202c \u2066\u2069 \0\x1b[31m \x07", said)
        self.assertIn("👩‍👩‍👧‍👦 é é 中文 \ufeff\uffff", said)
        struck = {fault.effect.kind for fault in found.struck_faults}
        self.assertEqual(struck, {"delay", "duplicate", "reorder", "drop"})
        self.assertEqual({fault.text.split(":")[0].split()[0] for fault in found.faults}, struck | {"crash"})
        timeline = found.possible_faults.timeline
        self.assertEqual(
            [str(fault.effect) for fault in timeline[:4] if isinstance(fault, MessageFault)],
            ["duplicate", "delay 0.125", "reorder 0.3", "drop"],
        )
        self.assertEqual(
            timeline[4:],
            [
                PartitionFault([["root/asker"], ["root/other"]], 0.45, 0.6),
                CrashFault("root/other", 0.9, 0.05),
                SlownessFault(None, 3, 6, 7),
                OperationFault("nothing", None, 1, 7),
            ],
        )
        assert found.possible_faults.rates is not None
        self.assertEqual((found.possible_faults.rates.delay, found.possible_faults.rates.delays), (0.2, (0.001, 0.002)))

    def test_a_failed_episode_says_why(self) -> None:
        with Log(SWIFT_FIXTURES / "failing.log") as log:
            (found,) = log
        self.assertEqual(found.status, "failed")
        self.assertEqual(found.failure, "nothing is left to happen and nobody finished the episode")
        self.assertEqual(
            [(fault.event, fault.text) for fault in found.faults], [(11, "drop: root/checker -> root/asker (scripted)")]
        )
        self.assertIsNone(found.result)

    def test_a_fork_inherits_events_choices_task_and_names(self) -> None:
        with Log(FIXTURES / "forks.log") as log:
            root, child, grandchild = log
        assert child.parent is not None and grandchild.parent is not None
        self.assertEqual((child.kind, grandchild.kind), ("fork", "fork"))
        self.assertEqual((child.parent.episode, child.parent.event), (root.id, 11))
        self.assertEqual(grandchild.events[:11], root.events[:11])
        self.assertEqual(grandchild.events[:14], child.events[:14])
        self.assertNotEqual(child.events[11], root.events[11])
        self.assertEqual([one.number for one in grandchild.events], list(range(grandchild.event_count)))
        self.assertEqual(grandchild.task, root.task)
        self.assertEqual(grandchild.root.id, root.id)
        self.assertEqual(grandchild.inherited + len(grandchild.own_events), grandchild.event_count)

    def test_a_fork_knows_the_names_that_were_there_when_it_left_and_no_others(self) -> None:
        # Names: 1 a, 2 and 3 empty; after the fork the parent goes on with 4 later, the fork with 4 other.
        spawn = event(0, b"a")
        again = bytes([0]) + b"\0" + b"\4\2\2" + b"\0"
        parent = spawn + bytes([0]) + b"\0" + b"\0" + text("later") + b"\2\2\0" + again
        own = bytes([0]) + varint(2 * 7) + b"\0" + text("other") + b"\2\2\0" + again
        records = [episode("p", parent, 3), fork("p/f", "p", 1, own, 2)]
        with Scratch(log_of_records(records)) as path, Log(path) as log:
            self.assertEqual([found.subject for found in log["p"].events], ["a", "later", "later"])
            self.assertEqual([found.subject for found in log["p/f"].events], ["a", "other", "other"])
            self.assertEqual([round(found.time, 12) for found in log["p/f"].events], [0, 7e-9, 7e-9])

    def test_the_parent_of_a_fork_is_the_one_it_names_and_not_the_one_before_it(self) -> None:
        with Log(FIXTURES / "tiny/episodes.log") as log:
            for found in log:
                parent = found.parent_episode.id if found.parent_episode else None
                self.assertEqual(parent, found.parent.episode if found.parent else None)

    def test_names_may_be_any_text_and_wrong_bytes_in_them_are_replaced(self) -> None:
        events = event(0, "é中".encode()) + event(0, b"a\xffb")
        with Scratch(log_of_records([episode("names", events, 2)])) as path, Log(path) as log:
            self.assertEqual([found.subject for found in log["names"].events], ["é中", "a\ufffdb"])

    def test_an_episode_looked_up_is_the_one_that_was_read_in_order(self) -> None:
        for path in ALL_LOGS:
            with Log(path) as log:
                read = {found.id: found for found in log}
                for name in reversed(log.ids):
                    self.assertEqual(log[name].events, read[name].events)
                    self.assertEqual(log[name].record, read[name].record)

    def test_a_lookup_before_a_pass_makes_the_pass(self) -> None:
        with Log(FIXTURES / "tiny/episodes.log") as log:
            self.assertEqual(log["step-1/task-0/design-0"].kind, "design")
            self.assertIn("step-1/task-0/design-0/execution-1", log)
            self.assertNotIn("step-9/task-0/design-0", log)
            with self.assertRaises(KeyError):
                log["step-9/task-0/design-0"]
            self.assertEqual(
                log["step-1/task-0/design-0/execution-1"].numbers, {"step": 1, "task": 0, "design": 0, "execution": 1}
            )

    def test_iterators_do_not_disturb_each_other(self) -> None:
        with Log(FIXTURES / "tiny/episodes.log") as log:
            ids = [(one.id, other.id) for one, other in zip(log, log)]
            self.assertTrue(all(one == other for one, other in ids))
            first = iter(log)
            next(first)
            log[ids[-1][0]].events
            self.assertEqual(next(first).id, ids[1][0])

    def test_memory_does_not_grow_with_the_log(self) -> None:
        one = event(0, b"a", payload=bytes(100))
        records = (episode(f"run/episode-{number}", one, 1) for number in range(20_000))
        with Scratch(log_of_records(records)) as path, Log(path, verify=False) as log:
            size = path.stat().st_size
            peaks = []
            for _ in range(2):
                tracemalloc.start()
                self.assertEqual(sum(1 for _ in log), 20_000)
                peaks.append(tracemalloc.get_traced_memory()[1])
                tracemalloc.stop()
        # The first pass makes the index, the second one finds it made.
        self.assertLess(peaks[1], 2_000_000)
        self.assertLess(peaks[0] - peaks[1], 20_000 * 300)
        self.assertGreater(size, 2_500_000)

    def test_the_end_that_a_crash_left_is_reported(self) -> None:
        data = (FIXTURES / "hostile.log").read_bytes()
        with Scratch(data[:-5]) as path, Log(path) as log:
            assert log.torn_tail is not None
            self.assertIn("torn tail: ignored", str(log.torn_tail))
        with Log(FIXTURES / "hostile.log") as log:
            self.assertIsNone(log.torn_tail)

    def test_a_missing_file_is_an_os_error_and_a_directory_as_well(self) -> None:
        for path in (FIXTURES / "none.log", FIXTURES):
            with self.assertRaises(OSError):
                Log(path)

    def test_fine_times_and_names_beyond_a_byte_are_read(self) -> None:
        # 200 names, then an event that repeats the last one; the times are 1 ns, and 1 s and 1 attosecond.
        events = b"".join(
            bytes([0]) + varint(2) + b"\0" + text(f"actor {number}") + b"\0\0" * 2 + b"\0" for number in range(100)
        )
        events += bytes([3]) + b"\1\1\1" + varint(300) + varint(1) + varint(2) + varint(0)
        record = episode("fine", events, 101)
        self.assertEqual(EpisodeRecord.decode(record, 4).event_count, 101)
        with Scratch(log_of_records([record])) as path, Log(path) as log:
            (found,) = log
            last = found.events[-1]
            self.assertEqual((last.kind, last.subject, last.peer, last.name), ("timer", "", "actor 0", ""))
            self.assertEqual(last.time, 1 + 1e-7)
            self.assertEqual(found.events[99].subject, "actor 99")

    def test_events_that_do_not_fit_their_count_are_an_error(self) -> None:
        one = event(0, b"a")
        for content, count, expected in (
            (one, 2, "another byte"),
            (one * 2, 1, "the end of the events"),
            (one[:-1], 1, "another byte"),
            (b"\x14" + one[1:], 1, "a kind of event"),
            (b"\0\0" + b"\x09\x01\0\0", 1, "the number of a name"),
            (b"\0\3\1\1" + one[2:], 1, "a duration"),
            (b"\0" + b"\xff" * 10 + one[2:], 1, "an integer of 64 bits"),
            (one[:-1] + b"\5ab", 1, "5 bytes"),
        ):
            with Scratch(log_of_records([episode("bad", content, count)])) as path, Log(path) as log:
                with self.assertRaises(LogError) as caught:
                    [found.events for found in log]
                self.assertEqual(caught.exception.kind, "malformed")
                self.assertIn(f"episode bad, its events: expected {expected}", str(caught.exception))

    def test_typed_fields_are_lazy(self) -> None:
        """A damaged episode can still be listed: its events are read only when they are asked for."""
        with Scratch(log_of_records([episode("bad", b"\xff", 1)])) as path, Log(path) as log:
            found: Episode = log["bad"]
            self.assertEqual((found.id, found.seed, found.strategy, found.event_count), ("bad", 1, "fifo", 1))
            with self.assertRaises(LogError):
                found.status


class ProgramTests(unittest.TestCase):
    def test_a_program_that_is_not_there_is_an_error(self) -> None:
        with self.assertRaises(ProgramError):
            Program(Path("/nowhere/troupe"))

    @unittest.skipUnless(os.environ.get("TROUPE"), "$TROUPE names no program")
    def test_the_program_says_what_is_wrong(self) -> None:
        program = Program()
        with self.assertRaises(ProgramError) as caught:
            list(program.log(FIXTURES / "none.log"))
        self.assertEqual(caught.exception.code, 2)
        self.assertIn("none.log", str(caught.exception))
        first = next(program.log(FIXTURES / "tiny/episodes.log", events=True))
        self.assertTrue(first)


if __name__ == "__main__":
    unittest.main()
