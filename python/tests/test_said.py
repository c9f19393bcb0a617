"""What the bytes of calls, completions, notes and finishes mean, and what bytes that are none of these do."""

from __future__ import annotations

import random
import struct
import unittest

from troupe import (
    CallRecord,
    ChatMessage,
    Generation,
    MalformedRecord,
    Note,
    Outcome,
    PlayedAnswer,
    PolicyCall,
    Sampled,
    Vocabulary,
)
from troupe.said import Reading, outcome, said, task
from troupe.wire import SECOND, WireReader

from .made_logs import text, varint

READING = Reading(Vocabulary.default(), has_task=True)
CALL = (
    b"\1"
    + varint(2)
    + varint(1)
    + text("step")
    + varint(2)
    + varint(33)
    + varint(13)
    + varint(24)
    + struct.pack("<f", 0.5)
    + varint(2**64 - 1)
)
CALLS = varint(2) + b"\0\0" + text("step") + b"\1\5\0" + b"\1\2" + text("solve") + b"\0\7" + b"\1\0" + text("why")
TOOLS = varint(4) + b"".join(
    b"\3\0" + text("run") + b"\1\0" + fault for fault in (b"\1\1", b"\1\2", b"\1\3" + text("no"), b"\1\4")
)
OUTCOME = b"\1" + b"\1" + text("answer a") + b"\0" + b"\1" + text("7") + CALLS + TOOLS + varint(19)


def generation(stop: int) -> bytes:
    return bytes([stop]) + varint(2) + varint(33) + varint(2) + varint(2) + struct.pack("<ff", -0.25, -0.5)


class SaidTests(unittest.TestCase):
    def test_a_question_to_the_policy(self) -> None:
        expected = PolicyCall("executor", 2, 1, "step", "a =", [33, 13], 24, 0.5, 2**64 - 1)
        self.assertEqual(said("call", "generate", CALL, READING), expected)
        designer = said("call", "generate", b"\0" + text("design") + b"\0\1" + struct.pack("<f", 1) + b"\0", READING)
        self.assertEqual(designer, PolicyCall("designer", None, None, "design", "", [], 1, 1.0, 0))
        self.assertIsNone(said("call", "other", CALL, READING))

    def test_a_generation_with_each_reason_to_stop(self) -> None:
        for stop, name in enumerate(("end", "length", "constraint", "cancelled", "overflow")):
            found = said("completion", "generate", generation(stop), READING)
            assert isinstance(found, Generation)
            self.assertEqual((found.text, found.tokens, found.stop), ("a", [33, 2], name))
            self.assertEqual((found.log_probability, found.token_texts), (-0.75, ["a", "<eos>"]))
        self.assertIsNone(said("completion", "generate", generation(5), READING))
        self.assertIsNone(said("completion", "generate", generation(0)[:-4], READING))

    def test_a_conversation_and_its_answer(self) -> None:
        turns = varint(2) + text("system") + text("Be brief.") + text("user") + text("1 + 1?")
        asked = said("call", "generate", b"\0" + text("design") + b"\0\1" + struct.pack("<f", 1) + b"\0" + turns, READING)
        assert isinstance(asked, PolicyCall)
        self.assertEqual(asked.messages, [ChatMessage("system", "Be brief."), ChatMessage("user", "1 + 1?")])
        self.assertEqual((asked.prompt, asked.prompt_tokens), ("system: Be brief.\nuser: 1 + 1?", []))
        own = varint(1) + varint(9) + varint(2) + varint(5) + varint(6) + varint(2) + struct.pack("<ff", -0.25, -0.5)
        answer = said("completion", "generate", b"\x40" + text("zwei") + b"\0\0" + own, READING)
        assert isinstance(answer, Generation)
        self.assertEqual((answer.text, answer.tokens, answer.stop, answer.log_probability), ("zwei", [], "end", -0.75))
        self.assertEqual(answer.sampled, Sampled([9], [5, 6], [-0.25, -0.5]))
        for wrong in (turns[:-1], varint(1) + text("nobody") + text("x"), turns + b"\0"):
            self.assertIsNone(said("call", "generate", CALL + wrong, READING))

    def test_an_outcome_with_every_fault_of_a_call(self) -> None:
        found = outcome(OUTCOME)
        self.assertEqual((found.solved, found.script, found.design_fault, found.answer), (True, "answer a", None, "7"))
        self.assertEqual(found.design_tokens, 19)
        self.assertEqual(
            found.calls,
            [CallRecord(0, 0, "step", True, 5, None), CallRecord(1, 2, "solve", False, 7, "malformed: why")],
        )
        self.assertEqual(
            [call.fault for call in found.tool_calls],
            [
                "cut off at the limit of tokens",
                "no reply before the deadline",
                "the tool failed: no",
                "no room in the model's context",
            ],
        )
        self.assertIsInstance(said("finish", "", OUTCOME, READING), Outcome)
        self.assertIsNone(said("finish", "", OUTCOME, Reading(Vocabulary.default(), has_task=False)))

    def test_an_answer_of_an_actor(self) -> None:
        plain = Reading(Vocabulary.default(), has_task=False)
        bits = varint(int.from_bytes(struct.pack("<d", -0.1), "little"))
        self.assertEqual(said("finish", "", text("sold") + b"\1" + bits, plain), PlayedAnswer("sold", -0.1))
        self.assertEqual(said("finish", "", text("") + b"\0", plain), PlayedAnswer("", None))
        self.assertIsNone(said("finish", "", b"anything", plain))

    def test_a_note_is_a_reward_or_a_text(self) -> None:
        self.assertEqual(said("note", "reward", b"\1", READING), Note(None, 1.0))
        self.assertEqual(said("note", "format error", "é".encode(), READING), Note("é", None))
        self.assertIsNone(said("note", "own", b"\xff", READING))
        self.assertIsNone(said("note", "own", b"", READING))

    def test_an_input_that_is_no_task_is_none(self) -> None:
        start = text("sums") + varint(3) + varint(2**64 - 1) + text("1 + 1") + text("2") + text("") + b"\0"
        found = task(start)
        assert found is not None
        self.assertEqual(
            (found.family, found.level, found.hash, found.solution, found.script), ("sums", 3, 2**64 - 1, "2", None)
        )
        for other in (b"", start[:-1], start + b"\0", b"\xff\xff"):
            self.assertIsNone(task(other))

    def test_changed_bytes_mean_something_or_nothing(self) -> None:
        stream = random.Random(4)
        samples = [("call", "generate", CALL), ("completion", "generate", generation(0)), ("finish", "", OUTCOME)]
        for _ in range(3000):
            kind, name, payload = stream.choice(samples)
            data = bytearray(payload)
            data[stream.randrange(len(data))] = stream.randrange(256)
            said(kind, name, bytes(data[: stream.randrange(len(data) + 1)]), READING)


class WireTests(unittest.TestCase):
    def test_integers_have_64_bits_and_counts_63(self) -> None:
        for value in (0, 127, 128, 300, 2**32, 2**63 - 1, 2**63, 2**64 - 1):
            self.assertEqual(WireReader(varint(value)).integer(), value)
            if value < 2**63:
                self.assertEqual(WireReader(varint(value)).count(), value)
            else:
                self.assertRaises(MalformedRecord, WireReader(varint(value)).count)
        for data in (b"", b"\x80", varint(2**64), b"\xff" * 9 + b"\x02", b"\x80" * 10 + b"\0"):
            self.assertRaises(MalformedRecord, WireReader(data).integer)

    def test_a_duration_is_nanoseconds_or_seconds_and_attoseconds(self) -> None:
        self.assertEqual(WireReader(varint(2 * 5)).duration(), 5 * 10**9)
        self.assertEqual(WireReader(b"\1" + varint(3) + varint(7)).duration(), 3 * SECOND + 7)
        for data in (b"\3\1\1", b"\1" + varint(1 << 40) + b"\0", b"\1\0" + varint(10**18)):
            self.assertRaises(MalformedRecord, WireReader(data).duration)

    def test_a_list_cannot_be_longer_than_the_bytes_that_are_left(self) -> None:
        reader = WireReader(varint(2**40) + b"\0\0")
        self.assertRaises(MalformedRecord, reader.list, reader.byte)


if __name__ == "__main__":
    unittest.main()
