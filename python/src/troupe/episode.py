"""An episode of a log, with typed fields; its events are decoded when they are first asked for."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from .errors import LogError, MalformedRecord
from .events import Event, Trail
from .faults import FaultPlan, StruckFault
from .records import Choice, EpisodeRecord, Fork
from .said import CallRecord, Generation, Outcome, PlayedAnswer, PolicyCall, Reading, Task, task
from .vocabulary import Vocabulary

_NUMBERED = re.compile(r"(step|task|design|execution)-(\d+)")


@dataclass(frozen=True)
class EpisodeFault:
    """A fault that shows among the events: the event's number, and what happened to whom."""

    event: int
    text: str


@dataclass(frozen=True)
class Turn:
    """A question to the policy and its answer, which is ``None`` if none arrived. ``event`` is that of the question."""

    event: int
    call: PolicyCall
    generation: Generation | None


class Episode:
    """An episode of a log.

    What stands in the record itself (:attr:`id`, :attr:`parent`, :attr:`seed`, :attr:`strategy`, :attr:`task`, ...) costs
    nothing. Everything else decodes the events once, with those that the episode inherited, and then keeps them as long
    as the episode lives. Accessing it raises :class:`troupe.LogError` if the events are not what the format says.
    """

    def __init__(self, record: EpisodeRecord, parent: Episode | None, vocabulary: Vocabulary) -> None:
        self.record = record
        self._parent = parent
        self._vocabulary = vocabulary

    def __repr__(self) -> str:
        return f"<troupe.Episode {self.id}>"

    # What the record says.

    @property
    def id(self) -> str:
        """The name of the episode, such as ``step-12/task-3/design-0/execution-1``."""
        return self.record.id

    @property
    def parent(self) -> Fork | None:
        """Where the episode was forked from; ``None`` if it was not."""
        return self.record.parent

    @property
    def parent_episode(self) -> Episode | None:
        """The episode that this one was forked from."""
        return self._parent

    @property
    def kind(self) -> str:
        """``design`` and ``execution`` in a training run, else ``fork``, or ``episode`` for one that is no fork."""
        name = self.id.rpartition("/")[2]
        for kind in ("design", "execution"):
            if re.fullmatch(rf"{kind}-\d+", name):
                return kind
        return "fork" if self.parent else "episode"

    @property
    def numbers(self) -> dict[str, int]:
        """The numbers in the id of a training run's episode, by ``step``, ``task``, ``design`` and ``execution``."""
        parts = (_NUMBERED.fullmatch(part) for part in self.id.split("/"))
        return {part[1]: int(part[2]) for part in parts if part}

    @property
    def seed(self) -> int:
        """The seed of the episode's own part, 64 bits."""
        return self.record.seed

    @property
    def root(self) -> Episode:
        """The episode from which this one descends, which is not a fork."""
        episode = self
        while episode._parent is not None:
            episode = episode._parent
        return episode

    @property
    def strategy(self) -> str:
        """How the scheduler chose among ready events: ``fifo``, ``random``, ``pct DEPTH STEPS``, ``dfs`` or ``replay``."""
        return self.record.strategy

    @property
    def possible_faults(self) -> FaultPlan:
        """The faults that could happen."""
        return self.root.record.faults

    @property
    def struck_faults(self) -> list[StruckFault]:
        """The faults that struck, by the numbers of their places; see :attr:`faults` for what they did."""
        return self.record.struck

    @property
    def choices(self) -> list[Choice]:
        """Where another event than the oldest ready one went first, those of the parents included."""
        if self._parent is None or self.parent is None:
            return self.record.choices
        shared = [choice for choice in self._parent.choices if choice.event < self.parent.event]
        return shared + self.record.choices

    @cached_property
    def task(self) -> Task | None:
        """The task; ``None`` in an episode of scripted agents or own actors."""
        return task(self.root.record.input) if self._parent is None else self.root.task

    # What the events say.

    @cached_property
    def _trail(self) -> Trail:
        record, parent = self.record, self._parent
        shared = record.parent.event if record.parent else 0
        above = parent._trail if parent else None
        # A fork shares all that its parent inherited, and some of the parent's own events.
        if above is not None and parent is not None and not parent.inherited <= shared <= len(above.events):
            raise LogError(
                "malformed",
                f"episode {self.id} leaves its parent at event {shared}, which has {len(above.events)}",
            )
        try:
            reading = parent._reading if parent else self._reading
            return Trail.decode(record.content, record.event_count, shared, above, reading)
        except MalformedRecord as error:
            raise LogError("malformed", f"episode {self.id}, its events: {error}") from error

    @cached_property
    def _reading(self) -> Reading:
        if self._parent is not None:
            return self._parent._reading
        return Reading(self._vocabulary, has_task=self.task is not None)

    @property
    def events(self) -> list[Event]:
        """All events from the beginning, those that were inherited included."""
        return self._trail.events

    @property
    def inherited(self) -> int:
        """How many events are its parents'."""
        return self.parent.event if self.parent else 0

    @property
    def own_events(self) -> list[Event]:
        """The events since the episode left its parent; all of them if it is not a fork."""
        return self.events[self.inherited :]

    @property
    def event_count(self) -> int:
        """The number of events, those that were inherited included. It costs nothing."""
        return self.inherited + self.record.event_count

    @property
    def time(self) -> float:
        """The virtual time of the last event, in seconds."""
        return self.events[-1].time if self.events else 0.0

    @property
    def status(self) -> str:
        """``finished``, ``failed``, or ``left`` if the episode was left before its end, as a design is."""
        last = self.events[-1].kind if self.events else ""
        return {"finish": "finished", "failure": "failed"}.get(last, "left")

    @property
    def failure(self) -> str | None:
        """Why the episode failed; ``None`` if it did not."""
        return self.events[-1].name if self.status == "failed" else None

    @cached_property
    def result(self) -> Outcome | PlayedAnswer | None:
        """What the episode finished with; ``None`` if it did not finish, or with bytes of another kind."""
        said = self.events[-1].said if self.status == "finished" else None
        return said if isinstance(said, (Outcome, PlayedAnswer)) else None

    @property
    def _outcome(self) -> Outcome | None:
        return self.result if isinstance(self.result, Outcome) else None

    @property
    def answer(self) -> str | None:
        """The answer of the executors, or of the actor that finished the episode."""
        return self.result.answer if self.result else None

    @property
    def solved(self) -> bool | None:
        """Whether the verifier accepted the answer; ``None`` in an episode without a task or an end."""
        return self._outcome.solved if self._outcome else None

    @property
    def reward(self) -> float | None:
        """The reward of the answer: 1 or 0 for a task, and what the actor gave itself otherwise.

        It has no costs and penalties, which depend on the scenario; ``troupe log --json`` prints those.
        """
        if isinstance(self.result, PlayedAnswer):
            return self.result.reward
        return None if self.solved is None else float(self.solved)

    @property
    def script(self) -> str | None:
        """The script that ran, or else the script that was given, or the text that the designer wrote."""
        if self._outcome and self._outcome.script is not None:
            return self._outcome.script
        task = self.task
        if task is None or task.script is not None:
            return task.script if task else None
        for event in self.events:
            if event.kind == "reply" and event.name == "actors.designed" and isinstance(event.message, dict):
                text = event.message.get("text")
                return text if isinstance(text, str) else None
        return None

    @property
    def design_fault(self) -> str | None:
        """Why the designer's text was not a script; ``None`` if it was."""
        return self._outcome.design_fault if self._outcome else None

    @property
    def calls(self) -> list[CallRecord]:
        """The calls of executors, ordered by statement and index."""
        return self._outcome.calls if self._outcome else []

    @property
    def tool_calls(self) -> list[CallRecord]:
        """The calls of tools, ordered by statement and index."""
        return self._outcome.tool_calls if self._outcome else []

    @property
    def tokens(self) -> int:
        """How many tokens the executors generated, with end tokens."""
        return sum(call.tokens for call in self.calls)

    @property
    def design_tokens(self) -> int:
        """How many tokens the design has."""
        return self._outcome.design_tokens if self._outcome else 0

    @property
    def faults(self) -> list[EpisodeFault]:
        """The events at which a fault struck, a message was lost, or an actor crashed."""
        return [EpisodeFault(event.number, describe(event)) for event in self.events if event.kind in _FAULT_TEXTS]

    @property
    def turns(self) -> list[Turn]:
        """The questions to the policy, in order, each with its answer."""
        questions: dict[int, tuple[int, PolicyCall]] = {}
        answers: dict[int, Generation] = {}
        for event in self.events:
            if event.call is None:
                continue
            said = event.said
            if isinstance(said, PolicyCall):
                questions[event.call] = (event.number, said)
            elif isinstance(said, Generation):
                answers[event.call] = said
        return [Turn(event, call, answers.get(number)) for number, (event, call) in questions.items()]


_FAULT_TEXTS: dict[str, Callable[[Event], str]] = {
    "fault": lambda event: f"{event.name}: {_between(event)}",
    "drop": lambda event: f"drop: {_between(event)} ({event.name})",
    "crash": lambda event: f"crash: {event.subject}",
}


def _between(event: Event) -> str:
    return f"{event.peer} -> {event.subject}" if event.peer else event.subject


def describe(event: Event) -> str:
    """What a fault did to whom, in one line; empty for other events."""
    text = _FAULT_TEXTS.get(event.kind)
    return text(event) if text else ""
