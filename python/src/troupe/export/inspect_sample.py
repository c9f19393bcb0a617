"""The sample of an ``.eval`` file: one episode with its messages, scores, metadata and events.

The models are in ``inspect_ai/log/_log.py`` (``EvalSample``), ``inspect_ai/event`` and ``inspect_ai/model``.

- An event has ``event`` (its kind), ``timestamp`` (ISO 8601), ``working_start`` (seconds), ``uuid``, and ``span_id``: the span
  that it lies in. ``span_begin`` has ``id``, ``parent_id``, ``type`` and ``name``; ``span_end`` has ``id``.
- A question to the policy is a ``model`` event: ``model``, ``input`` (chat messages), ``tools``, ``tool_choice``, ``config``, and
  ``output`` = {model, choices: [{message, stop_reason, logprobs}], completion, usage}.
- The work of a tool is a ``tool`` event: ``id``, ``function``, ``arguments`` (an object), ``result``.
- Notes, faults and messages are ``info`` events with ``data``. The work of an actor is a span of type ``agent``.
- The score ``verifier`` is "C" or "I", as inspect's own scorers say correct and incorrect. An episode without a task has a
  numeric score ``reward``, if it has one.
"""

from __future__ import annotations

import datetime
import json
import math

from .. import cbor
from ..episode import Episode, describe
from ..events import Event
from ..frames import line
from ..said import Generation, Note, PolicyCall
from .work import Work, work

Json = dict[str, object]
_STOPS = {"end": "stop", "length": "max_tokens", "constraint": "stop", "cancelled": "unknown"}


def iso(seconds: float) -> str:
    """A time in seconds since 1970, as ISO 8601."""
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).isoformat()


class Sample:
    """The sample of one episode."""

    def __init__(self, episode: Episode, start: float) -> None:
        self.episode = episode
        self.start = start

    def json(self) -> Json:
        episode, task = self.episode, self.episode.task
        sample: Json = {
            "id": episode.id,
            "epoch": 1,
            "input": task.statement if task else episode.id,
            "target": task.solution if task else "",
            "messages": self._messages(),
            "output": _output(None, episode.answer),
            "metadata": self._metadata(),
            "events": self._events(),
            "model_usage": self._usage(),
            "total_time": episode.time,
            "uuid": episode.id,
        }
        scores = self._scores()
        if scores:
            sample["scores"] = scores
        if episode.failure is not None:
            sample["error"] = {"message": episode.failure, "traceback": "", "traceback_ansi": ""}
        return sample

    def _metadata(self) -> Json:
        episode, task = self.episode, self.episode.task
        return {
            "kind": episode.kind,
            "parent": episode.parent.episode if episode.parent else None,
            "seed": str(episode.seed),
            "strategy": episode.strategy,
            "status": episode.status,
            "family": task.family if task else None,
            "level": task.level if task else None,
            "script": episode.script,
            "design_fault": episode.design_fault,
            "calls": len(episode.calls),
            "faults": [fault.text for fault in episode.faults],
        }

    def _scores(self) -> Json:
        episode = self.episode
        if episode.solved is not None:
            score = {"value": "C" if episode.solved else "I", "answer": episode.answer or ""}
            return {"verifier": score | {"explanation": episode.script or episode.design_fault or ""}}
        if episode.reward is not None:
            # inspect_ai reads null as "not a number"; JSON has neither that nor infinities.
            value = episode.reward if math.isfinite(episode.reward) else None
            return {"reward": {"value": value, "answer": episode.answer or ""}}
        return {}

    def _messages(self) -> list[Json]:
        """What the policy was asked and said, and what tools gave back, as a conversation."""
        messages: list[Json] = []
        for piece in work(self.episode):
            if piece.kind == "chat" and piece.question is not None:
                said = piece.generation
                messages.append({"role": "user", "content": piece.question.prompt, "id": f"{piece.first.number}"})
                if said:
                    messages.append(_assistant(said, piece.last.number))
            elif piece.kind == "tool" and piece.is_answered:
                content = json.dumps(cbor.plain(piece.last.message), ensure_ascii=False)
                messages.append(
                    {"role": "tool", "function": piece.name, "content": content, "id": f"{piece.last.number}"}
                )
        return messages

    def _usage(self) -> Json:
        turns = [piece for piece in work(self.episode) if piece.kind == "chat"]
        asked = sum(len(piece.question.prompt_tokens) for piece in turns if piece.question)
        said = sum(len(piece.generation.tokens) for piece in turns if piece.generation)
        return {"troupe": {"input_tokens": asked, "output_tokens": said, "total_tokens": asked + said}} if turns else {}

    def _events(self) -> list[Json]:
        """The events, each in the span of its actor's work.

        The work around all other work (the environment's) is no span, so that its events are on the sample's first level.
        """
        pieces = work(self.episode)
        outermost = [piece for piece in pieces if piece.parent is None]
        hidden = outermost[0] if len(outermost) == 1 else None
        begins: dict[int, list[Work]] = {}
        ends: dict[int, list[Work]] = {}
        for piece in pieces:
            if piece is not hidden:
                begins.setdefault(piece.first.number, []).append(piece)
                # Inner work ends first.
                ends.setdefault(piece.last.number, []).insert(0, piece)
        # The names of the spans that are open, by actor.
        spans: dict[str, list[str]] = {}
        told: set[int] = set()
        result: list[Json] = []
        for event in self.episode.events:
            for piece in begins.get(event.number, []):
                if piece.kind in ("agent", "tool"):
                    spans.setdefault(piece.actor, []).append(_name(piece))
                    result.append(self._begin(piece, hidden))
                elif piece.question is not None:
                    told |= {event.number, piece.last.number} if piece.is_answered else {event.number}
                    result.append(self._in_span(self._model(piece, piece.question), event, spans))
            if event.number not in told and event.kind != "spawn":
                result.append(self._in_span(self._info(event), event, spans))
            for piece in ends.get(event.number, []):
                if piece.kind == "tool" and piece.is_answered:
                    result.append(self._tool(piece) | {"span_id": _name(piece)})
                if piece.kind in ("agent", "tool"):
                    spans[piece.actor].remove(_name(piece))
                    result.append(self._base("span_end", piece.last) | {"id": _name(piece), "span_id": _name(piece)})
        return result

    def _in_span(self, entry: Json, event: Event, spans: dict[str, list[str]]) -> Json:
        names = spans.get(event.subject)
        return entry | {"span_id": names[-1]} if names else entry

    def _begin(self, piece: Work, hidden: Work | None) -> Json:
        parent = _name(piece.parent) if piece.parent and piece.parent is not hidden else None
        name = f"{piece.name} ({piece.actor})"
        begin: Json = {
            "id": _name(piece),
            "span_id": _name(piece),
            "parent_id": parent,
            "type": piece.kind,
            "name": name,
        }
        return self._base("span_begin", piece.first) | begin

    def _base(self, kind: str, event: Event) -> Json:
        base: Json = {"event": kind, "uuid": f"{kind}-{event.number}", "timestamp": iso(self.start + event.time)}
        return base | {"working_start": event.time, "metadata": {"event": event.number, "actor": event.subject}}

    def _info(self, event: Event) -> Json:
        said = event.said
        note = said.text if isinstance(said, Note) else None
        message = cbor.plain(event.message) if event.message is not None else None
        data: Json = {"kind": event.kind, "name": event.name, "from": event.peer, "to": event.subject}
        data |= {"message": message} if message is not None else {"text": describe(event) or note or line(said) or ""}
        return self._base("info", event) | {"source": f"{event.kind} {event.name}".strip(), "data": data}

    def _model(self, piece: Work, question: PolicyCall) -> Json:
        config = {"max_tokens": question.maximum_tokens, "temperature": question.temperature, "logprobs": True}
        model: Json = {
            "model": "troupe/policy",
            "role": question.role,
            "input": [{"role": "user", "content": question.prompt, "id": f"{piece.first.number}"}],
            "tools": [],
            "tool_choice": "none",
            "config": config,
            "output": _output(piece, None),
            "completed": iso(self.start + piece.last.time),
            "working_time": piece.last.time - piece.first.time,
        }
        return self._base("model", piece.first) | model

    def _tool(self, piece: Work) -> Json:
        tool: Json = {
            "type": "function",
            "id": f"{piece.first.number}",
            "function": piece.name,
            "arguments": cbor.plain(piece.first.message),
            "result": json.dumps(cbor.plain(piece.last.message), ensure_ascii=False),
            "completed": iso(self.start + piece.last.time),
            "working_time": piece.last.time - piece.first.time,
        }
        return self._base("tool", piece.first) | tool


def _name(piece: Work) -> str:
    return f"{piece.kind}-{piece.first.number}"


def _assistant(said: Generation, number: int) -> Json:
    return {
        "role": "assistant",
        "content": said.text,
        "source": "generate",
        "model": "troupe/policy",
        "id": f"{number}",
    }


def _output(piece: Work | None, answer: str | None) -> Json:
    """What the policy answered, or the answer of the whole episode."""
    said = piece.generation if piece else None
    if piece is None or said is None:
        message: Json = {"role": "assistant", "content": answer or "", "source": "generate"}
        choices = [{"message": message, "stop_reason": "stop"}] if answer is not None else []
        return {"model": "troupe/policy", "choices": choices, "completion": answer or ""}
    content = [
        {"token": token, "logprob": max(log_probability, -1e300)}
        for token, log_probability in zip(said.token_texts, said.log_probabilities)
    ]
    choice = {
        "message": _assistant(said, piece.last.number),
        "stop_reason": _STOPS[said.stop],
        "logprobs": {"content": content},
    }
    asked = len(piece.question.prompt_tokens) if piece.question else 0
    usage = {"input_tokens": asked, "output_tokens": len(said.tokens), "total_tokens": asked + len(said.tokens)}
    return {"model": "troupe/policy", "choices": [choice], "completion": said.text, "usage": usage}
