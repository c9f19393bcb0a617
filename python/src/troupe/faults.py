"""Faults of an episode: those that could happen, by a timeline or by chance, and those that struck."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Union

from .wire import SECOND, WireReader


@dataclass(frozen=True)
class Effect:
    """What a fault does at a place.

    ``kind`` is one of drop, duplicate, delay, reorder, isolate, crash, fail and slow. ``seconds`` is the time of a delay, of
    a reordering, of an isolation, or until the restart after a crash (``None``: never). ``factor`` belongs to slow.
    """

    kind: str
    seconds: float | None = None
    factor: int | None = None

    def __str__(self) -> str:
        parts = [self.kind]
        if self.seconds is not None:
            parts.append(f"{self.seconds:.9f}".rstrip("0").rstrip("."))
        if self.factor is not None:
            parts.append(str(self.factor))
        return " ".join(parts)


@dataclass(frozen=True)
class StruckFault:
    """A fault that struck: the number of its place in the episode, from 0, and its effect."""

    place: int
    effect: Effect


@dataclass(frozen=True)
class MessageFault:
    """The effect strikes the ``nth`` message (from 1) from one actor to another, counted from ``after`` seconds on."""

    effect: Effect
    sender: str
    receiver: str
    nth: int
    after: float


@dataclass(frozen=True)
class CrashFault:
    """An actor loses what it did not persist at a time, and restarts after some seconds, or never."""

    actor: str
    at: float
    restart_after: float | None


@dataclass(frozen=True)
class PartitionFault:
    """Messages between actors of different groups are lost from one time until another, in seconds."""

    groups: list[list[str]]
    start: float
    end: float


@dataclass(frozen=True)
class OperationFault:
    """The ``nth`` operation of a name fails, counted for one actor or, if ``actor`` is ``None``, for all."""

    operation: str
    actor: str | None
    nth: int
    after: float


@dataclass(frozen=True)
class SlownessFault:
    """External calls of one actor, or of all, take ``factor`` times as long if they begin in this interval."""

    actor: str | None
    factor: int
    start: float
    end: float


Fault = Union[MessageFault, CrashFault, PartitionFault, OperationFault, SlownessFault]


@dataclass(frozen=True)
class FaultRates:
    """The probabilities with which faults strike at each place, and how long they last, in seconds (least, most)."""

    drop: float
    duplicate: float
    delay: float
    reorder: float
    isolate: float
    crash: float
    fail: float
    slow: float
    delays: tuple[float, float]
    restarts: tuple[float, float] | None
    slowness: int
    most: int


@dataclass(frozen=True)
class FaultPlan:
    """The faults that could happen in an episode."""

    timeline: list[Fault] = field(default_factory=list)
    rates: FaultRates | None = None


_EFFECTS = ("drop", "duplicate", "delay", "reorder", "isolate", "crash", "fail", "slow")


def _time(reader: WireReader) -> float:
    return reader.duration() / SECOND


def _optional_time(reader: WireReader) -> float | None:
    return reader.optional(lambda: _time(reader))


def _effect(reader: WireReader) -> Effect:
    code = reader.byte()
    if code >= len(_EFFECTS):
        raise reader.malformed("an effect of a fault")
    kind = _EFFECTS[code]
    if kind in ("delay", "reorder", "isolate"):
        return Effect(kind, _time(reader))
    if kind == "crash":
        return Effect(kind, _optional_time(reader))
    return Effect(kind, factor=reader.count() if kind == "slow" else None)


def _fault(reader: WireReader) -> Fault:
    # Arguments are evaluated from left to right, which is the order of the bytes.
    text, count = reader.text, reader.count
    match reader.byte():
        case 0:
            return MessageFault(_effect(reader), text(), text(), count(), _time(reader))
        case 1:
            return CrashFault(text(), _time(reader), _optional_time(reader))
        case 2:
            return PartitionFault(reader.list(lambda: reader.list(text)), _time(reader), _time(reader))
        case 3:
            return OperationFault(text(), reader.optional(text), count(), _time(reader))
        case 4:
            return SlownessFault(reader.optional(text), count(), _time(reader), _time(reader))
        case _:
            raise reader.malformed("a fault")


def _rate(reader: WireReader) -> float:
    value = reader.float64()
    if not 0 <= value <= 1:
        raise reader.malformed("a rate within 0...1")
    return value


def _distribution(reader: WireReader) -> tuple[float, float]:
    code = reader.byte()
    if code > 1:
        raise reader.malformed("a distribution")
    least = _time(reader)
    return (least, _time(reader)) if code else (least, least)


def _rates(reader: WireReader) -> FaultRates:
    drop, duplicate, delay, reorder, isolate, crash, fail, slow = (_rate(reader) for _ in range(8))
    delays = _distribution(reader)
    restarts = reader.optional(lambda: _distribution(reader))
    slowness, most = reader.count(), reader.count()
    result = FaultRates(drop, duplicate, delay, reorder, isolate, crash, fail, slow, delays, restarts, slowness, most)
    if not any((drop, duplicate, delay, reorder, isolate, crash, fail, slow)):
        raise reader.malformed("a rate above 0, or none at all")
    return result


def read_fault_plan(reader: WireReader) -> FaultPlan:
    """Reads the faults that could happen."""
    return FaultPlan(reader.list(lambda: _fault(reader)), reader.optional(lambda: _rates(reader)))


def read_struck(reader: WireReader) -> list[StruckFault]:
    """Reads the faults that struck."""
    return reader.list(lambda: StruckFault(reader.count(), _effect(reader)))
