"""Vocabularies: the texts of token ids."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache
from importlib import resources
from pathlib import Path

from .errors import TroupeError


class Vocabulary:
    """The text of every token.

    There are two kinds. In a vocabulary of *words*, which Troupe's own policies have, texts are joined by spaces, and
    white space was lost when they were read. In one of *byte pairs*, which published policies have, the bytes of tokens
    are laid end to end. Special tokens are left out of texts.
    """

    def __init__(self, words: dict[int, str], special: Iterable[int], byte_pairs: bool = False) -> None:
        self._special = frozenset(special)
        self._byte_pairs = byte_pairs
        self._words = words
        self._bytes: dict[int, bytes] = {}
        if byte_pairs:
            alphabet = _byte_alphabet()
            for token, word in words.items():
                if token not in self._special and all(letter in alphabet for letter in word):
                    self._bytes[token] = bytes(alphabet[letter] for letter in word)

    def __len__(self) -> int:
        return len(self._words)

    def token(self, token: int) -> str:
        """The text of one token; ``<53>`` for an id that the vocabulary does not have."""
        if token in self._bytes:
            return self._bytes[token].decode("utf-8", "replace")
        return self._words.get(token, f"<{token}>")

    def text(self, tokens: Iterable[int]) -> str:
        """The text of several tokens, without special ones."""
        kept = [token for token in tokens if token not in self._special]
        if self._byte_pairs:
            parts = (self._bytes.get(token, self.token(token).encode("utf-8")) for token in kept)
            return b"".join(parts).decode("utf-8", "replace")
        return " ".join(self.token(token) for token in kept)

    @classmethod
    def default(cls) -> Vocabulary:
        """The words of Troupe's built-in families, which ``scripts/export_vocabulary.py`` took from the Swift sources.

        A scenario may add words behind them (its files of questions and its own parts do), which only a policy
        directory names.
        """
        return _default()

    @classmethod
    def load(cls, path: str | Path) -> Vocabulary:
        """Reads a policy directory, or the ``tokenizer.json`` in it: Troupe's, or one of byte pairs such as Qwen's.

        Raises :class:`troupe.TroupeError` if there is none, or if it is neither a list of words nor of byte pairs.
        """
        path = Path(path)
        file = path / "tokenizer.json" if path.is_dir() else path
        try:
            content = json.loads(file.read_text("utf-8"))
            model = content["model"]
            kind, ids = model["type"], dict(model["vocab"])
            added = content.get("added_tokens") or []
            words = {int(token): str(word) for word, token in ids.items()}
            words |= {int(token["id"]): str(token["content"]) for token in added}
            special = [int(token["id"]) for token in added if token.get("special")]
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise TroupeError(f"{file}: no tokenizer can be read: {error}") from error
        if kind not in ("WordLevel", "BPE"):
            raise TroupeError(f"{file}: a tokenizer of type {kind}, not WordLevel or BPE")
        return cls(words, special, byte_pairs=kind == "BPE")

    @classmethod
    def beside(cls, log: str | Path) -> Vocabulary:
        """The vocabulary of the run directory in which a log lies, or the default one if there is none.

        A policy whose vocabulary cannot be read is no reason not to read a log: its tokens are shown as numbers, ``<53>``.
        """
        directory = Path(log).parent
        for name in ("policy", "policy/executor", "cold-start"):
            if (directory / name / "tokenizer.json").is_file():
                try:
                    return cls.load(directory / name)
                except TroupeError:
                    return cls({}, ())
        return cls.default()


@cache
def _default() -> Vocabulary:
    text = resources.files("troupe").joinpath("vocabulary.json").read_text("utf-8")
    content = json.loads(text)
    words = content["special"] + content["words"]
    return Vocabulary(dict(enumerate(words)), range(len(content["special"])))


@cache
def _byte_alphabet() -> dict[str, int]:
    """The bytes that letters stand for in byte pairs, as GPT-2 chose them.

    Visible bytes of Latin-1 are themselves, and the others are the letters from U+0100 on, in their order.
    """
    visible = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    hidden = [byte for byte in range(256) if byte not in visible]
    return {chr(byte): byte for byte in visible} | {chr(0x100 + place): byte for place, byte in enumerate(hidden)}
