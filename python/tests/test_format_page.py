"""``docs/log-format.md`` says what the reader reads: each table of bytes is compared with it."""

from __future__ import annotations

import re
import struct
import unittest
from pathlib import Path

from troupe import CallRecord, Generation, Outcome, PlayedAnswer, PolicyCall
from troupe.events import KINDS, MESSAGES
from troupe.said import Sampled, Served, Task, outcome, played_answer, said, task
from troupe.wire import WireReader

from .made_logs import text, varint
from .test_said import READING

PAGE = (Path(__file__).parents[2] / "docs" / "log-format.md").read_text(encoding="utf-8")


def table(heading: str) -> list[list[str]]:
    """The rows of the first table behind some words of the page, without its head."""
    lines = PAGE[PAGE.index(heading) :].split("\n")
    first = next(number for number, line in enumerate(lines) if line.startswith("|")) + 2
    rows = []
    for line in lines[first:]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split("|")])
    return rows


def words(sentence: str) -> str:
    """A sentence of the page, in which lines end where they like."""
    return re.sub(r"\s+", " ", sentence)


# A value of each form that the page names, and how it is written.
FORMS = {
    "number": (300, varint(300)),
    "text": ("why?", text("why?")),
    "optional text": ("because", b"\1" + text("because")),
    "Boolean": (True, b"\1"),
    "float": (0.5, struct.pack("<f", 0.5)),
    "list of token ids": ([33, 13], varint(2) + varint(33) + varint(13)),
}


def form(cell: str) -> str:
    """The form that a cell names at its beginning."""
    found = [name for name in FORMS if re.match(rf"{name}\b", cell)]
    assert found, f"no form: {cell}"
    return max(found, key=len)


class FormatPageTests(unittest.TestCase):
    def test_kinds_of_events(self) -> None:
        rows = table("## The kinds of events")
        self.assertEqual([(int(row[0]), row[1].strip("`")) for row in rows], list(enumerate(KINDS)))
        messages = {row[1].strip("`") for row in rows if row[5] in ("the message", "the reply")}
        self.assertEqual(messages, set(MESSAGES))
        for kind in MESSAGES:
            self.assertIn(f"`{kind}`", PAGE[PAGE.index("Payloads of messages") :].split(")")[0])

    def test_a_question_to_the_policy(self) -> None:
        rows = table("**A question to the policy**")
        fields = [row[0] for row in rows]
        plain = ["executor", "statement, index", "role", "prompt", "most tokens", "temperature", "seed"]
        self.assertEqual(fields, [*plain, "messages"])
        self.assertTrue(rows.pop()[1].startswith("only of a question that is a conversation"))
        payload = b"\1" + varint(2) + varint(1) + b"".join(FORMS[form(row[1])][1] for row in rows[2:])
        expected = PolicyCall("executor", 2, 1, "why?", READING.vocabulary.text([33, 13]), [33, 13], 300, 0.5, 300)
        self.assertEqual(said("call", "generate", payload, READING), expected)
        designer = b"\0" + b"".join(FORMS[form(row[1])][1] for row in rows[2:])
        found = said("call", "generate", designer, READING)
        assert isinstance(found, PolicyCall)
        self.assertEqual((found.caller, found.statement), ("designer", None))

    def test_a_generation(self) -> None:
        rows = table("**A generation**")
        self.assertEqual([row[0] for row in rows], ["stop", "text", "tokens", "log-probabilities", "served"])
        stops = re.findall(r"(\d) `(\w+)`", rows[0][1])
        self.assertEqual([int(number) for number, _ in stops], [0, 1, 2, 3, 4])
        self.assertIn("64 is added if a text follows", rows[0][1])
        answer = said("completion", "generate", bytes([64]) + text("yes") + b"\0\0", READING)
        assert isinstance(answer, Generation)
        self.assertEqual((answer.text, answer.tokens), ("yes", []))
        for number, name in stops:
            tokens = FORMS["list of token ids"][1]
            payload = bytes([int(number)]) + tokens + varint(2) + struct.pack("<ff", -0.25, -0.5)
            found = said("completion", "generate", payload, READING)
            assert isinstance(found, Generation)
            self.assertEqual((found.stop, found.tokens, found.log_probabilities), (name, [33, 13], [-0.25, -0.5]))
        self.assertIsNone(said("completion", "generate", b"\5\0\0", READING))
        self.assertIn("three lists follow: the token ids of its prompt, the token ids that it sampled", words(PAGE))
        one = varint(1) + struct.pack("<f", -2)
        payload = b"\0" + b"\1\2" + one + b"\2\5\6" + b"\1\7" + one
        found = said("completion", "generate", payload, READING)
        assert isinstance(found, Generation)
        self.assertEqual((found.tokens, found.sampled), ([2], Sampled([5, 6], [7], [-2.0])))
        told = text("m") + b"\0" + text("stop") + b"\1\7" + b"\1\2" + b"\2" + text("ye") + one[1:] + text("s") + one[1:]
        found = said("completion", "generate", bytes([64 + 32]) + text("yes") + b"\0\0" + told, READING)
        assert isinstance(found, Generation)
        self.assertEqual(found.served, Served("m", None, "stop", 7, 2, [("ye", -2.0), ("s", -2.0)]))
        self.assertEqual(found.log_probability, -4.0)

    def test_an_outcome(self) -> None:
        rows = table("**An outcome**")
        fields = [row[0] for row in rows]
        self.assertEqual(
            fields, ["success", "script", "design fault", "answer", "calls", "tool calls", "design tokens", "unknown"]
        )
        sentence = words(PAGE[PAGE.index("A call in these lists is") :].split("\n\n")[0])
        self.assertIn("is statement, index, role (text; of a tool, its name), whether the answer depends on it", sentence)
        faults = re.findall(r"(\d) ([a-z ]+?)(?: and a text)?[,.]", sentence.split("its fault: ")[1])
        said_faults = [
            b"\1" + bytes([int(number)]) + (text("x") if f"{number} {name} and a text" in sentence else b"")
            for number, name in faults
        ]
        names = [name + (": x" if f"{number} {name} and a text" in sentence else "") for number, name in faults]
        calls = varint(len(faults)) + b"".join(
            varint(1) + varint(0) + text("step") + b"\1" + varint(7) + fault for fault in said_faults
        )
        payload = b"\1" + FORMS["optional text"][1] + b"\0" + FORMS["optional text"][1] + calls + b"\0" + varint(300)
        expected = [CallRecord(1, 0, "step", True, 7, name) for name in names]
        self.assertEqual(len(expected), 5)
        self.assertEqual(outcome(payload), Outcome(True, "because", None, "because", expected, [], 300))
        self.assertEqual(outcome(payload + text("no sandbox")).unknown, "no sandbox")

    def test_an_answer_a_task_and_a_double(self) -> None:
        for sentence in (
            "the answer (text), and optionally its reward (double).",
            "family (text), level (number), hash (number), statement, solution, hidden tests (texts), and optionally the "
            "script that was given in place of a designer's (text).",
            "a *double* the varint of the 64 bits of an IEEE 754 double",
        ):
            self.assertIn(sentence, words(PAGE))
        double = varint(struct.unpack("<Q", struct.pack("<d", -0.75))[0])
        self.assertEqual(played_answer(text("sold") + b"\1" + double), PlayedAnswer("sold", -0.75))
        given = text("sums") + varint(3) + varint(2**64 - 1) + text("1 + 2") + text("3") + text("") + b"\1" + text("answer a")
        self.assertEqual(task(given), Task("sums", 3, 2**64 - 1, "1 + 2", "3", "", "answer a"))
        self.assertEqual(WireReader(double).float64(), -0.75)


if __name__ == "__main__":
    unittest.main()
