"""The lines of ``troupe log --json``, schema ``troupe.log`` version 1, as far as a log alone says what stands in them.

What needs the scenario's settings is left out: ``reward`` with its parts, ``credit``, ``violations``, the advantage of
calls, which tokens a grammar allowed, and what was ready when an event was chosen. Ask the program for those
(:class:`troupe.Program`).
"""

from __future__ import annotations

from collections.abc import Iterator

from . import cbor
from .episode import Episode
from .errors import MalformedRecord
from .events import MESSAGES, Event
from .log import Log
from .said import CallRecord, Generation, Note, Outcome, PlayedAnswer, PolicyCall, Said

Json = dict[str, object]


def lines(log: Log, *, events: bool = False) -> Iterator[Json]:
    """The lines of a whole log: one for the log, one for each episode, and on demand those of the episodes' own events."""
    yield log_line(log)
    for episode in log:
        yield episode_line(episode)
        if events:
            yield from (event_line(episode, event) for event in episode.own_events)


def log_line(log: Log) -> Json:
    """The first line, about the log."""
    header = log.header
    return {
        "type": "log",
        "schema": "troupe.log",
        "version": 1,
        "program": header.program,
        "seed": str(header.seed),
        "weights": header.weights,
        "conditions": [{"name": condition.name, "value": condition.value} for condition in header.conditions],
    }


def episode_line(episode: Episode) -> Json:
    """The line of an episode."""
    parent, task = episode.parent, episode.task
    fork = parent and {"episode": parent.episode, "event": parent.event, "replacement": parent.replacement}
    about = task and {
        "family": task.family,
        "level": task.level,
        "statement": task.statement,
        "solution": task.solution,
    }
    return {
        "type": "episode",
        "id": episode.id,
        "parent": fork,
        "kind": episode.kind,
        "seed": str(episode.seed),
        "strategy": episode.strategy,
        "events": episode.event_count,
        "time": episode.time,
        "status": episode.status,
        "failure": episode.failure,
        "task": about,
        "script": episode.script,
        "design_fault": episode.design_fault,
        "answer": episode.answer,
        "solved": episode.solved,
        "calls": [_call(call) for call in episode.calls],
        "tool_calls": [_call(call) for call in episode.tool_calls],
        "tokens": episode.tokens,
        "design_tokens": episode.design_tokens,
        "faults": [{"event": fault.event, "text": fault.text} for fault in episode.faults],
    }


def event_line(episode: Episode, event: Event) -> Json:
    """The line of an event."""
    fields: Json = {
        "type": "event",
        "episode": episode.id,
        "event": event.number,
        "time": event.time,
        "kind": event.kind,
        "subject": event.subject,
        "peer": event.peer,
        "name": event.name,
        "inherited": event.number < episode.inherited,
    }
    if event.call is not None:
        fields["call"] = event.call
    if event.units is not None:
        fields["units"] = event.units
    if event.payload:
        fields["payload"] = _payload(event)
    said = event.said
    if said is not None:
        fields["said"] = _said(said)
    return fields


def _payload(event: Event) -> object:
    """A message as JSON, other bytes in hexadecimal."""
    if event.kind in MESSAGES:
        try:
            return cbor.plain(cbor.decode(event.payload))
        except MalformedRecord:
            pass
    return event.payload.hex()


def _call(call: CallRecord) -> Json:
    return {
        "statement": call.statement,
        "index": call.index,
        "role": call.role,
        "on_path": call.on_path,
        "fault": call.fault,
        "tokens": call.tokens,
    }


def _said(said: Said) -> Json:
    match said:
        case PolicyCall():
            return {
                "role": said.role,
                "caller": said.caller,
                **({} if said.statement is None else {"statement": said.statement, "index": said.index}),
                "prompt": said.prompt,
                **(
                    {"messages": [{"role": turn.role, "content": turn.content} for turn in said.messages]}
                    if said.messages
                    else {"prompt_tokens": len(said.prompt_tokens)}
                ),
                "maximum_tokens": said.maximum_tokens,
                "temperature": cbor.plain(said.temperature),
                "seed": str(said.seed),
            }
        case Generation():
            tokens = zip(said.tokens, said.token_texts, said.log_probabilities)
            return {
                "text": said.text,
                "stop": said.stop,
                "log_probability": cbor.plain(said.log_probability),
                "tokens": [
                    {"id": token, "text": text, "log_probability": cbor.plain(worth)} for token, text, worth in tokens
                ],
            }
        case Note():
            return {"text": said.text} if said.reward is None else {"reward": said.reward}
        case Outcome():
            return {"answer": said.answer, "solved": said.solved, "script": said.script}
        case PlayedAnswer():
            return {"answer": said.answer, "reward": cbor.plain(said.reward)}
