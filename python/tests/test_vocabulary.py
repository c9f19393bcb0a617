"""Vocabularies: the built-in one, a policy's, and one of byte pairs."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from troupe import TroupeError, Vocabulary

from .made_logs import PYTHON


def tokenizer(kind: str, vocabulary: dict[str, int], special: dict[str, int]) -> str:
    added = [{"id": number, "content": word, "special": True} for word, number in special.items()]
    return json.dumps({"model": {"type": kind, "vocab": vocabulary}, "added_tokens": added})


class VocabularyTests(unittest.TestCase):
    def test_the_built_in_words_are_those_of_the_swift_sources(self) -> None:
        done = subprocess.run([sys.executable, PYTHON / "scripts/export_vocabulary.py", "--check"], check=False)
        self.assertEqual(done.returncode, 0, "run scripts/export_vocabulary.py")
        self.assertEqual(len(Vocabulary.default()), 53)

    def test_words_are_joined_by_spaces_and_special_tokens_left_out(self) -> None:
        words = Vocabulary.default()
        self.assertEqual(words.text([1, 33, 13, 24, 2]), "a = agent")
        self.assertEqual(words.token(2), "<eos>")
        self.assertEqual(words.text([33, 99]), "a <99>")

    def test_a_policy_directory_names_its_words(self) -> None:
        with tempfile.TemporaryDirectory() as name:
            directory = Path(name)
            (directory / "policy").mkdir()
            content = tokenizer(
                "WordLevel", {"<pad>": 0, "<bos>": 1, "<eos>": 2, "x": 3}, {"<pad>": 0, "<bos>": 1, "<eos>": 2}
            )
            (directory / "policy/tokenizer.json").write_text(content)
            self.assertEqual(Vocabulary.load(directory / "policy").text([3, 3, 2]), "x x")
            self.assertEqual(Vocabulary.beside(directory / "episodes.log").text([3]), "x")

    def test_a_policy_that_cannot_be_read_is_no_reason_not_to_read_a_log(self) -> None:
        with tempfile.TemporaryDirectory() as name:
            directory = Path(name)
            (directory / "cold-start").mkdir()
            (directory / "cold-start/tokenizer.json").write_text("{")
            self.assertEqual(Vocabulary.beside(directory / "episodes.log").text([33]), "<33>")

    def test_byte_pairs_are_bytes(self) -> None:
        with tempfile.TemporaryDirectory() as name:
            file = Path(name) / "tokenizer.json"
            # In GPT-2's alphabet Ġ is a space, Ċ a line feed, and ä½ł the three bytes of 你.
            file.write_text(tokenizer("BPE", {"Hello": 0, "Ġworld": 1, "Ċ": 2, "ä½": 3, "ł": 4}, {"<|end|>": 5}))
            words = Vocabulary.load(file)
            self.assertEqual(words.text([0, 1, 2, 3, 4, 5]), "Hello world\n你")
            self.assertEqual(words.token(1), " world")

    def test_other_files_are_errors(self) -> None:
        with tempfile.TemporaryDirectory() as name:
            file = Path(name) / "tokenizer.json"
            for content in ("", "[]", "{}", '{"model": {"type": "Unigram", "vocab": {}}}', '{"model": 1}'):
                file.write_text(content)
                with self.assertRaises(TroupeError):
                    Vocabulary.load(file)
            with self.assertRaises(TroupeError):
                Vocabulary.load(Path(name) / "none")


if __name__ == "__main__":
    unittest.main()
