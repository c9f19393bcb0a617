"""Events of an episode, and the trail of bytes in which a log holds them."""

from __future__ import annotations

from dataclasses import dataclass, field

from . import cbor
from .errors import MalformedRecord
from .said import Reading, Said, said
from .wire import SECOND, seconds

#: The kinds of events, in the order of their bytes.
KINDS = (
    "spawn", "delivery", "reply", "timer", "completion", "mark", "note", "finish", "deadline", "deadLetter", "drop",
    "call", "adoption", "failure", "fault", "crash", "restart", "persist", "cancellation", "discard",
)  # fmt: skip
#: The kinds whose name and payload are those of a message.
MESSAGES = frozenset(("delivery", "reply", "deadLetter", "drop"))
_COMPLETION, _CALL = KINDS.index("completion"), KINDS.index("call")


@dataclass(slots=True)
class Event:
    """One event of an episode.

    ``time`` is the virtual time since the episode began, in seconds. ``subject`` is the path of the actor to which the
    event happened, ``peer`` the path of the one at the other end of a message, a reply or a deadline. ``name`` is the name
    of the message, the note, or the like; of a failure it is the reason. ``call`` is the number of a call, and of the call
    that a completion answers; ``units`` is how many latencies a completion took. ``payload`` holds the bytes that were
    given.
    """

    number: int
    time: float
    kind: str
    subject: str
    peer: str
    name: str
    payload: bytes
    call: int | None
    units: int | None
    reading: Reading = field(repr=False, compare=False)

    @property
    def message(self) -> cbor.Item:
        """The decoded message; ``None`` if this event has none, or bytes that are not CBOR."""
        if self.kind not in MESSAGES or not self.payload:
            return None
        try:
            return cbor.decode(self.payload)
        except MalformedRecord:
            return None

    @property
    def said(self) -> Said | None:
        """What the bytes of a call, a completion, a note or a finish mean; ``None`` where that is not known."""
        return said(self.kind, self.name, self.payload, self.reading)


class Trail:
    """The decoded events of an episode, from its beginning, with what a fork needs to go on from any of them.

    Times and names are relative to the events before, so the trail of a fork begins with a part of its parent's.
    """

    def __init__(self) -> None:
        self.events: list[Event] = []
        # The names so far, and after each event how many there were and the time in attoseconds.
        self._names: list[str] = []
        self._known: list[int] = []
        self._times: list[int] = []

    @classmethod
    def decode(cls, content: bytes, count: int, shared: int, parent: Trail | None, reading: Reading) -> Trail:
        """Reads ``count`` events that follow the first ``shared`` ones of ``parent``. The cost is O(events)."""
        trail = cls()
        if parent is not None:
            trail.events = parent.events[:shared]
            trail._known = parent._known[:shared]
            trail._times = parent._times[:shared]
            trail._names = parent._names[: trail._known[-1] if shared else 0]
        trail._extend(content, count, reading)
        return trail

    def _extend(self, content: bytes, count: int, reading: Reading) -> None:
        # Most of the time of reading a log is spent here, so numbers of one byte are read without a call.
        names, offset = self._names, 0
        time = self._times[-1] if self._times else 0
        now = seconds(time)
        add, known, times = self.events.append, self._known.append, self._times.append
        try:
            for number in range(len(self.events), len(self.events) + count):
                kind = content[offset]
                if kind >= len(KINDS):
                    raise MalformedRecord("a kind of event", offset)
                offset += 1
                if content[offset]:
                    elapsed, offset = _duration(content, offset)
                    time += elapsed
                    now = seconds(time)
                else:
                    offset += 1
                texts = []
                for _ in range(3):
                    code = content[offset]
                    offset += 1
                    if code >= 0x80:
                        code, offset = _varint(content, offset - 1)
                    if code == 0:
                        text, offset = _content(content, offset)
                        names.append(text.decode("utf-8", "replace"))
                        code = len(names)
                    elif code > len(names):
                        raise MalformedRecord("the number of a name", offset)
                    texts.append(names[code - 1])
                payload, offset = _content(content, offset)
                call = units = None
                if kind == _CALL or kind == _COMPLETION:
                    call, offset = _varint(content, offset)
                    if kind == _COMPLETION:
                        units, offset = _varint(content, offset)
                subject, peer, name = texts
                add(Event(number, now, KINDS[kind], subject, peer, name, payload, call, units, reading))
                known(len(names))
                times(time)
        except IndexError:
            raise MalformedRecord("another byte", offset) from None
        if offset != len(content):
            raise MalformedRecord("the end of the events", offset)


def _varint(data: bytes, offset: int) -> tuple[int, int]:
    """Returns the integer at an offset and the offset behind it. Raises ``IndexError`` where the bytes end."""
    value = shift = 0
    while True:
        byte = data[offset]
        offset += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            if value >> 64:
                break
            return value, offset
        shift += 7
        if shift == 70:
            break
    raise MalformedRecord("an integer of 64 bits", offset)


def _content(data: bytes, offset: int) -> tuple[bytes, int]:
    """Returns the content at an offset and the offset behind it."""
    length = data[offset]
    offset += 1
    if length >= 0x80:
        length, offset = _varint(data, offset - 1)
    end = offset + length
    if end > len(data):
        raise MalformedRecord(f"{length} bytes", offset)
    return data[offset:end], end


def _duration(data: bytes, offset: int) -> tuple[int, int]:
    """Returns the duration at an offset, in attoseconds, and the offset behind it."""
    code, offset = _varint(data, offset)
    if code & 1 == 0:
        return (code >> 1) * 10**9, offset
    whole, offset = _varint(data, offset)
    fraction, offset = _varint(data, offset)
    if code != 1 or whole >= 1 << 40 or fraction >= SECOND:
        raise MalformedRecord("a duration", offset)
    return whole * SECOND + fraction, offset
