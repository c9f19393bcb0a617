"""The work of an episode: who did what from when until when. Pictures of an episode are made of it.

A log holds moments, not spans. A *piece of work* begins when a message that asks for a reply is delivered, and ends with
the reply. An actor that is never asked (the environment, scripted agents, most own actors) has one piece of work, from its
first event to its last. A *call* goes from the question to the outside to its answer.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from .. import cbor
from ..episode import Episode
from ..events import Event
from ..said import Generation, PolicyCall


@dataclass
class Work:
    """A piece of work of an actor, or a call to the outside.

    ``kind`` is ``agent``, ``tool``, ``chat`` (a question to the policy) or ``call`` (any other one). ``name`` is the role
    of an executor, the name of a tool or of a call, or else the last part of the actor's path. ``last`` is the event of
    the end: the last event of the episode if none ended the work, and then ``is_answered`` is false.
    """

    kind: Literal["agent", "tool", "chat", "call"]
    actor: str
    name: str
    first: Event
    last: Event
    is_answered: bool = False
    #: The work during which this one began; ``None`` for the outermost.
    parent: Work | None = field(default=None, repr=False)

    @property
    def question(self) -> PolicyCall | None:
        """What the policy was asked."""
        said = self.first.said if self.kind == "chat" else None
        return said if isinstance(said, PolicyCall) else None

    @property
    def generation(self) -> Generation | None:
        """What the policy answered."""
        said = self.last.said if self.kind == "chat" and self.is_answered else None
        return said if isinstance(said, Generation) else None


def work(episode: Episode) -> list[Work]:
    """Returns all work of an episode, in the order in which it began. The cost is O(events)."""
    events = episode.events
    tools = {call.role for call in episode.tool_calls}
    found: list[Work] = []
    # Work that has not ended: by the two actors of an ask, and by the number of a call.
    asked: dict[tuple[str, str], list[Work]] = {}
    calls: dict[int, Work] = {}
    whole: dict[str, Work] = {}
    for event in events:
        subject = event.subject
        if event.kind == "delivery" and _asks(event):
            piece = Work(*_kind_and_name(event, tools), event, events[-1])
            piece.parent = _current(event.peer, asked, whole)
            asked.setdefault((subject, event.peer), []).append(piece)
            found.append(piece)
        elif event.kind == "call" and event.call is not None:
            kind: Literal["chat", "call"] = "chat" if isinstance(event.said, PolicyCall) else "call"
            piece = Work(kind, subject, event.name, event, events[-1])
            piece.parent = _current(subject, asked, whole)
            if piece.parent is None:
                piece.parent = whole[subject] = Work("agent", subject, _last_part(subject), event, event, True)
                found.append(piece.parent)
            calls[event.call] = piece
            found.append(piece)
        elif event.kind == "completion" and event.call in calls:
            piece = calls.pop(event.call)
            piece.last, piece.is_answered = event, True
        elif event.kind == "reply" and asked.get((event.peer, subject)):
            piece = asked[event.peer, subject].pop(0)
            piece.last, piece.is_answered = event, True
        elif event.kind in ("delivery", "timer", "note", "finish") and _current(subject, asked, whole) is None:
            whole[subject] = Work("agent", subject, _last_part(subject), event, event, True)
            found.append(whole[subject])
        if subject in whole:
            whole[subject].last = event
    return found


def _asks(event: Event) -> bool:
    message = event.message
    return isinstance(message, dict) and isinstance(message.get("reply"), dict)


def _kind_and_name(event: Event, tools: set[str]) -> tuple[Literal["agent", "tool"], str, str]:
    message = event.message
    role = message.get("role") if isinstance(message, dict) else None
    name = role if isinstance(role, str) else _last_part(event.subject)
    return "tool" if name in tools else "agent", event.subject, name


def _current(actor: str, asked: dict[tuple[str, str], list[Work]], whole: dict[str, Work]) -> Work | None:
    for (subject, _), pieces in asked.items():
        if subject == actor and pieces:
            return pieces[0]
    return whole.get(actor)


def _last_part(path: str) -> str:
    return path.rpartition("/")[2]


def text(message: cbor.Item) -> str:
    """A message as one line of JSON."""
    import json

    return json.dumps(cbor.plain(message), ensure_ascii=False, sort_keys=True)
