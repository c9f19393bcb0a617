"""The two kinds of records of a log: the header, which comes first, and episodes."""

from __future__ import annotations

from dataclasses import dataclass

from .faults import FaultPlan, StruckFault, read_fault_plan, read_struck
from .wire import WireReader


@dataclass(frozen=True)
class Condition:
    """One more thing that the recorded bits depend on, such as the library that multiplied matrices."""

    name: str
    value: str


@dataclass(frozen=True)
class LogHeader:
    """Everything that a log's episodes depend on: program, scenario (its whole text), seed, weights and conditions."""

    version: int
    program: str
    scenario: str
    seed: int
    weights: str
    conditions: list[Condition]

    @classmethod
    def decode(cls, data: bytes, version: int) -> LogHeader:
        """Reads the header of a log of this version, or raises :class:`troupe.MalformedRecord`."""
        reader = WireReader(data)
        program, scenario, seed, weights = reader.text(), reader.text(), reader.integer(), reader.text()
        if version == 2:
            kernel, heights = reader.text(), reader.list(reader.count)
            conditions = [Condition("BLAS kernel", kernel)] if kernel else []
            if heights:
                conditions.append(Condition("block heights", ", ".join(map(str, heights))))
        else:
            conditions = reader.list(lambda: Condition(reader.text(), reader.text()))
        reader.finish()
        return cls(version, program, scenario, seed, weights, conditions)


@dataclass(frozen=True)
class Fork:
    """Where a fork left its parent: it shares the events before number ``event``.

    ``replacement`` is the JSON that took the place of that event's message; ``None`` if none was replaced.
    """

    episode: str
    event: int
    replacement: str | None


@dataclass(frozen=True)
class Choice:
    """A choice among ready events: before event ``event``, the one of age rank ``index`` went first (0 is the oldest)."""

    event: int
    index: int


@dataclass(frozen=True)
class JobChoice:
    """A choice among ready jobs: after ``event`` events and ``job`` jobs, the one of age rank ``index`` went first."""

    event: int
    job: int
    index: int


@dataclass(frozen=True)
class EpisodeRecord:
    """The log's record of an episode, or of the part of a fork after it left its parent."""

    id: str
    parent: Fork | None
    input: bytes
    seed: int
    strategy: str
    rules: int
    maximum_events: int
    maximum_mailbox: int
    faults: FaultPlan
    choices: list[Choice]
    struck: list[StruckFault]
    jobs: list[JobChoice]
    event_count: int
    content: bytes

    @classmethod
    def decode(cls, data: bytes, version: int) -> EpisodeRecord:
        """Reads a record of a log of this version, but not its events. Raises :class:`troupe.MalformedRecord`."""
        reader = WireReader(data)
        text, count = reader.text, reader.count
        identity = text()
        parent = reader.optional(lambda: Fork(text(), count(), reader.optional(text)))
        episode_input, seed, strategy = reader.content(), reader.integer(), text()
        rules = 1 if version < 4 else count()
        if rules not in (1, 2, 3, 4):
            raise reader.malformed("rules of an episode that are known")
        # Arguments are evaluated from left to right, which is the order of the bytes.
        record = cls(
            identity,
            parent,
            episode_input,
            seed,
            strategy,
            rules,
            count(),
            count(),
            read_fault_plan(reader),
            reader.list(lambda: Choice(count(), count())),
            read_struck(reader),
            # Choices of jobs, which are kept only by rules that have any.
            reader.list(lambda: JobChoice(count(), count(), count())) if rules > 2 else [],
            count(),
            reader.content(),
        )
        reader.finish()
        return record
