"""Writes episodes as Chrome trace JSON, which Perfetto opens (ui.perfetto.dev, or ``trace_processor``).

The layout, from "Trace Event Format" (the Chromium project's document) and from what Perfetto's importer does
(``src/trace_processor/importers/json`` in its sources)::

  {"displayTimeUnit": "ns", "otherData": {...}, "traceEvents": [
    {"ph": "M", "name": "process_name", "pid": 1, "tid": 0, "args": {"name": EPISODE}},
    {"ph": "M", "name": "thread_name", "pid": 1, "tid": 7, "args": {"name": ACTOR}},
    {"ph": "X", "name": ..., "cat": ..., "pid": 1, "tid": 7, "ts": US, "dur": US, "args": {...}},   a slice
    {"ph": "s", "name": N, "cat": "message", "id": I, "pid": 1, "tid": 7, "ts": US},                 an arrow starts
    {"ph": "f", "bp": "e", "name": N, "cat": "message", "id": I, "pid": 1, "tid": 8, "ts": US}, ...]}   and ends

- Times are microseconds and may have fractions; Perfetto keeps nanoseconds. Slices of one thread must be nested or apart.
- An arrow starts and ends in the slice that is open on its thread at its time. Its ends have the same name, cat and id.
- Perfetto finds the thread of a name by ``tid`` alone, so a ``tid`` must not occur in two processes.

An episode is a process and an actor a thread. Time is virtual. Many events happen at the same virtual time, so each event
is drawn one nanosecond after the one before it, if it is not later anyway; ``args.time`` has the exact time in seconds.
Work that would partly overlap other work of its actor has a thread of its own. The log does not hold when a message was
sent: an arrow starts at the last event of the sender before the message arrived.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator

from ..episode import Episode, describe
from ..events import MESSAGES, Event
from ..frames import line
from .work import Work, text, work

Entry = dict[str, object]


def write(episodes: Iterable[Episode], path: str | os.PathLike[str]) -> None:
    """Writes a trace of some episodes. Perfetto stays comfortable up to some hundred thousand events."""
    with open(path, "w", encoding="utf-8") as file:
        file.write('{"displayTimeUnit":"ns","otherData":{"program":"troupe","clock":"virtual"},"traceEvents":[')
        separator = "\n"
        threads = 0
        for process, episode in enumerate(episodes, 1):
            trace = _Trace(episode, process, threads)
            for entry in trace.entries():
                file.write(separator + json.dumps(entry, ensure_ascii=False, allow_nan=False))
                separator = ",\n"
            threads = trace.threads
        file.write("\n]}\n")


class _Trace:
    def __init__(self, episode: Episode, process: int, threads: int) -> None:
        self.episode = episode
        self.process = process
        # The number of the last thread, over all processes.
        self.threads = threads
        self.moments = _moments(episode.events)
        # The threads of an actor, and on each the ends of the slices that are open.
        self.lanes: dict[str, list[tuple[int, list[int]]]] = {}
        self.names: list[Entry] = []

    def entries(self) -> Iterator[Entry]:
        """The entries of the episode: names first, then in the order of time."""
        slices: list[tuple[int, int, Entry]] = []
        for piece in work(self.episode):
            start, end = self.moments[piece.first.number], self.moments[piece.last.number]
            # One nanosecond more, so that the moments of the first and the last event lie inside.
            slices.append((start, end + 1 - start, self._piece(piece)))
        for event in self.episode.events:
            slices.append((self.moments[event.number], 1, self._moment(event)))
        # Longer slices first, so that what lies inside them comes later.
        slices.sort(key=lambda slice: (slice[0], -slice[1]))
        timed: list[tuple[int, Entry]] = []
        threads: dict[int, object] = {}
        for start, duration, entry in slices:
            actor = str(entry.pop("actor"))
            number = entry.pop("number", None)
            entry |= {"pid": self.process, "tid": self._thread(actor, start, start + duration)}
            entry |= {"ts": start / 1000, "dur": duration / 1000}
            timed.append((start, entry))
            if isinstance(number, int):
                threads[number] = entry["tid"]
        timed += self._arrows(threads)
        timed.sort(key=lambda pair: pair[0])
        name = {"ph": "M", "name": "process_name", "pid": self.process, "tid": 0}
        yield {**name, "args": {"name": self.episode.id}}
        yield from self.names
        for _, entry in timed:
            yield entry

    def _piece(self, piece: Work) -> Entry:
        arguments: Entry = {"time": piece.first.time, "seconds": piece.last.time - piece.first.time}
        if piece.kind == "chat":
            asked, said = piece.question, piece.generation
            arguments |= {"prompt": asked.prompt if asked else None, "text": said.text if said else None}
        if not piece.is_answered:
            arguments["answered"] = False
        name = f"{piece.kind} {piece.name}"
        return {"ph": "X", "name": name, "cat": piece.kind, "actor": piece.actor, "args": arguments}

    def _moment(self, event: Event) -> Entry:
        arguments: Entry = {"event": event.number, "time": event.time}
        said = describe(event) or line(event.said)
        if event.kind in MESSAGES and event.payload:
            arguments |= {"from": event.peer, "message": text(event.message)}
        elif said is not None:
            arguments["said"] = said
        name = f"{event.kind} {event.name}".strip()
        base: Entry = {"ph": "X", "name": name, "cat": "event", "actor": event.subject, "number": event.number}
        return base | {"args": arguments}

    def _arrows(self, threads: dict[int, object]) -> Iterator[tuple[int, Entry]]:
        latest: dict[str, int] = {}
        for event in self.episode.events:
            sender = latest.get(event.peer) if event.kind in MESSAGES else None
            if sender is not None:
                arrow = {
                    "name": event.name,
                    "cat": "message",
                    "id": self.process << 32 | event.number,
                    "pid": self.process,
                }
                start, end = self.moments[sender], self.moments[event.number]
                yield start, {"ph": "s", **arrow, "tid": threads[sender], "ts": start / 1000}
                yield end, {"ph": "f", "bp": "e", **arrow, "tid": threads[event.number], "ts": end / 1000}
            latest[event.subject] = event.number

    def _thread(self, actor: str, start: int, end: int) -> int:
        """Returns the first thread of an actor on which a slice is nested in, or apart from, those that are open."""
        lanes = self.lanes.setdefault(actor, [])
        for thread, ends in lanes:
            while ends and ends[-1] <= start:
                ends.pop()
            if not ends or end <= ends[-1]:
                ends.append(end)
                return thread
        self.threads += 1
        name = actor if not lanes else f"{actor} ({len(lanes) + 1})"
        lanes.append((self.threads, [end]))
        base: Entry = {"ph": "M", "name": "thread_name", "pid": self.process, "tid": self.threads}
        self.names.append(base | {"args": {"name": name}})
        return self.threads


def _moments(events: list[Event]) -> list[int]:
    """The times at which events are drawn, in nanoseconds, each later than the one before."""
    moments: list[int] = []
    for event in events:
        moment = round(event.time * 1e9)
        moments.append(max(moment, moments[-1] + 1) if moments else moment)
    return moments
