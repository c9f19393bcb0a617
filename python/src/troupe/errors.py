"""The errors of this package. All of them are a :class:`TroupeError`, so one ``except`` catches them."""

from __future__ import annotations

from typing import Literal

#: What is wrong with a log, in the words of ``docs/log-format.md``.
Damage = Literal["notALog", "schemaVersion", "headerCutShort", "checksum", "brokenChain", "malformed", "parentMissing"]


class TroupeError(Exception):
    """The base of every error that this package raises on purpose."""


class LogError(TroupeError):
    """The reason why a replay log cannot be read on.

    ``kind`` is one word of ``docs/log-format.md``. ``block`` is the number of the damaged block, from 0, and ``byte`` is
    the position in the file at which it begins; both are ``None`` where the damage is not in a block.
    """

    def __init__(self, kind: Damage, text: str, block: int | None = None, byte: int | None = None) -> None:
        super().__init__(text)
        self.kind = kind
        self.block = block
        self.byte = byte


class MalformedRecord(TroupeError):
    """The error for bytes that are not what the log's format says.

    ``expected`` names what should have been there, and ``offset`` is the position in bytes from the start of what was read.
    """

    def __init__(self, expected: str, offset: int, of: str = "a record") -> None:
        super().__init__(f"expected {expected} at byte {offset} of {of}")
        self.expected = expected
        self.offset = offset


class MissingPackage(TroupeError):
    """The error for a call that needs a package which is not installed."""


def missing(package: str, extra: str, purpose: str) -> MissingPackage:
    """Returns the error for a missing optional package, with the command that installs it."""
    return MissingPackage(f"{purpose} needs {package}, which is not installed: pip install 'troupe[{extra}]'")
