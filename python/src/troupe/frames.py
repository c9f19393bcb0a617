"""Rows and data frames of a log. Rows are plain dicts, made one by one; frames need pandas."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import TYPE_CHECKING

from . import cbor
from .episode import Episode
from .errors import missing
from .said import Generation, Outcome, PlayedAnswer, PolicyCall

if TYPE_CHECKING:
    import pandas

Row = dict[str, object]


def frame(rows: Iterable[Mapping[str, object]], columns: list[str] | None = None) -> pandas.DataFrame:
    """Makes a data frame of rows. Raises :class:`troupe.MissingPackage` if pandas is not installed."""
    try:
        import pandas
    except ImportError:
        raise missing("pandas", "frames", "a data frame") from None
    return pandas.DataFrame(list(rows), columns=columns)


def episode_row(episode: Episode) -> Row:
    """The fields of an episode that are single values."""
    numbers, task, parent = episode.numbers, episode.task, episode.parent
    return {
        "id": episode.id,
        "kind": episode.kind,
        "parent": parent.episode if parent else None,
        "fork_event": parent.event if parent else None,
        "step": numbers.get("step"),
        "task": numbers.get("task"),
        "design": numbers.get("design"),
        "execution": numbers.get("execution"),
        "seed": episode.seed,
        "strategy": episode.strategy,
        "events": episode.event_count,
        "time": episode.time,
        "status": episode.status,
        "failure": episode.failure,
        "family": task.family if task else None,
        "level": task.level if task else None,
        "statement": task.statement if task else None,
        "solution": task.solution if task else None,
        "script": episode.script,
        "design_fault": episode.design_fault,
        "answer": episode.answer,
        "solved": episode.solved,
        "reward": episode.reward,
        "calls": len(episode.calls),
        "tool_calls": len(episode.tool_calls),
        "format_errors": sum((call.fault or "").startswith(("malformed", "cut off")) for call in episode.calls),
        "tokens": episode.tokens,
        "design_tokens": episode.design_tokens,
        "faults": len(episode.faults),
    }


def episode_rows(log: Iterable[Episode], limit: int | None = None) -> Iterator[Row]:
    """A row for each episode."""
    return (episode_row(episode) for episode in islice(log, limit))


def call_rows(log: Iterable[Episode], limit: int | None = None) -> Iterator[Row]:
    """A row for each call of a finished episode, executors' first, with what the policy was asked and said."""
    for episode in islice(log, limit):
        if not isinstance(episode.result, Outcome):
            continue
        turns = {(turn.call.statement, turn.call.index): turn for turn in episode.turns}
        for tool, calls in ((False, episode.calls), (True, episode.tool_calls)):
            for call in calls:
                turn = turns.get((call.statement, call.index))
                generation = turn.generation if turn else None
                yield {
                    "episode": episode.id,
                    "tool": tool,
                    "statement": call.statement,
                    "index": call.index,
                    "role": call.role,
                    "on_path": call.on_path,
                    "fault": call.fault,
                    "tokens": call.tokens,
                    "prompt": turn.call.prompt if turn else None,
                    "text": generation.text if generation else None,
                    "stop": generation.stop if generation else None,
                    "log_probability": generation.log_probability if generation else None,
                    "solved": episode.solved,
                }


def event_rows(episode: Episode) -> Iterator[Row]:
    """A row for each event; ``message`` is the decoded message, and ``said`` one line of what other bytes mean."""
    for event in episode.events:
        yield {
            "event": event.number,
            "time": event.time,
            "kind": event.kind,
            "subject": event.subject,
            "peer": event.peer,
            "name": event.name,
            "inherited": event.number < episode.inherited,
            "call": event.call,
            "units": event.units,
            "message": cbor.plain(event.message),
            "said": line(event.said),
        }


def line(said: object) -> str | None:
    """One line of what an event's bytes mean."""
    match said:
        case PolicyCall():
            return f"{said.role}: {said.prompt}"
        case Generation():
            return said.text
        case Outcome():
            return f"{'solved' if said.solved else 'not solved'}: {said.answer or said.design_fault or ''}"
        case PlayedAnswer():
            return said.answer
        case None:
            return None
        case _:
            text, reward = getattr(said, "text", None), getattr(said, "reward", None)
            return text if text is not None else f"reward {reward}"
