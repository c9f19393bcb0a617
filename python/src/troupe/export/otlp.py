"""Writes episodes as spans in OTLP/JSON, with the GenAI conventions of OpenTelemetry.

The layout is the protobuf message ``opentelemetry.proto.trace.v1.TracesData`` as JSON (opentelemetry-proto,
``docs/specification.md``, "JSON Protobuf Encoding")::

  {"resourceSpans": [{"resource": {"attributes": [ATTRIBUTE...]},
    "scopeSpans": [{"scope": {"name": "troupe", "version": "0.1.0"}, "spans": [
      {"traceId": 32 hex digits, "spanId": 16 hex digits, "parentSpanId": ..., "name": ..., "kind": 1,
       "startTimeUnixNano": "decimal", "endTimeUnixNano": "decimal", "attributes": [ATTRIBUTE...],
       "events": [{"timeUnixNano": "decimal", "name": ..., "attributes": [...]}],
       "links": [{"traceId": ..., "spanId": ...}], "status": {"code": 2, "message": ...}}...]}]}]}
  ATTRIBUTE = {"key": K, "value": {"stringValue": S} or {"intValue": "decimal"} or {"doubleValue": D} or
               {"boolValue": B} or {"arrayValue": {"values": [VALUE...]}}}

It differs from the usual JSON of protobuf in three ways: ids are hexadecimal and not base64, enumerations are numbers,
and keys are in lowerCamelCase only. Integers of 64 bits are decimal texts in both.

Names and attributes are those of the GenAI conventions (open-telemetry/semantic-conventions-genai, ``docs/gen-ai``):
an episode is ``invoke_workflow``, a piece of an actor's work is ``invoke_agent NAME``, of a tool ``execute_tool NAME``, and
a question to the policy ``chat MODEL``. The conventions have the status "Development", so they may still change. Other
attributes begin with ``troupe.``. A fork links to its parent's trace. A backend may refuse times that lie far back:
``start`` says when virtual time begins.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections.abc import Iterable
from typing import Union

from ..episode import Episode, describe
from ..events import Event
from ..said import Note, Outcome
from .work import Work, text, work

Scalar = Union[str, int, float, bool, list[str]]
Json = dict[str, object]
_INTERNAL, _ERROR = 1, 2
_UNBOUNDED = {"inf": "Infinity", "-inf": "-Infinity", "nan": "NaN"}
_FINISH_REASONS = {"end": "stop", "length": "length", "constraint": "stop", "cancelled": "cancelled"}


def write(episodes: Iterable[Episode], path: str | os.PathLike[str], start: int = 0, model: str = "troupe") -> None:
    """Writes one line of OTLP/JSON for each episode, as the file exporter of the collector does.

    ``start`` is the beginning of virtual time in nanoseconds since 1970, and ``model`` the name of the policy.
    """
    with open(path, "w", encoding="utf-8") as file:
        for episode in episodes:
            file.write(json.dumps(traces_data(episode, start, model), ensure_ascii=False, allow_nan=False) + "\n")


def traces_data(episode: Episode, start: int = 0, model: str = "troupe") -> Json:
    """Returns the spans of an episode as the JSON of one ``TracesData``."""
    spans = [_episode_span(episode, start), *(_work_span(episode, piece, start, model) for piece in work(episode))]
    resource = {"attributes": _attributes({"service.name": "troupe", "troupe.clock": "virtual"})}
    scope = {"name": "troupe", "version": "0.1.0"}
    return {"resourceSpans": [{"resource": resource, "scopeSpans": [{"scope": scope, "spans": spans}]}]}


def trace_id(episode: Episode) -> str:
    """The id of an episode's trace, which depends on the episode's id and seed only."""
    return hashlib.sha256(f"{episode.id}\n{episode.seed}".encode()).hexdigest()[:32]


def _span_id(episode: Episode, what: str) -> str:
    return hashlib.sha256(f"{trace_id(episode)}\n{what}".encode()).hexdigest()[:16]


def _identity(piece: Work) -> str:
    return f"{piece.kind} {piece.actor} {piece.first.number}"


def _nanoseconds(time: float, start: int) -> str:
    return str(start + round(time * 1e9))


def _value(value: Scalar) -> Json:
    # A bool is an int in Python, so it comes first.
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        # Attributes are signed; a seed beyond that is its two's complement.
        return {"intValue": str(value if value < 1 << 63 else value - (1 << 64))}
    if isinstance(value, float):
        # JSON has no infinities and no NaN; the JSON of protobuf names them.
        return {"doubleValue": value if math.isfinite(value) else _UNBOUNDED[str(value)]}
    if isinstance(value, list):
        return {"arrayValue": {"values": [_value(element) for element in value]}}
    return {"stringValue": value}


def _attributes(values: dict[str, Scalar | None]) -> list[Json]:
    return [{"key": key, "value": _value(value)} for key, value in values.items() if value is not None]


def _span(episode: Episode, identity: str, name: str, first: float, last: float, start: int) -> Json:
    return {
        "traceId": trace_id(episode),
        "spanId": _span_id(episode, identity),
        "name": name,
        "kind": _INTERNAL,
        "startTimeUnixNano": _nanoseconds(first, start),
        "endTimeUnixNano": _nanoseconds(last, start),
    }


def _episode_span(episode: Episode, start: int) -> Json:
    task, result = episode.task, episode.result
    span = _span(episode, "episode", "invoke_workflow troupe", 0.0, episode.time, start)
    span["attributes"] = _attributes(
        {
            "gen_ai.operation.name": "invoke_workflow",
            "gen_ai.workflow.name": "troupe",
            "gen_ai.conversation.id": episode.id,
            "troupe.episode.kind": episode.kind,
            "troupe.episode.status": episode.status,
            "troupe.seed": str(episode.seed),
            "troupe.strategy": episode.strategy,
            "troupe.task.family": task.family if task else None,
            "troupe.task.level": task.level if task else None,
            "troupe.task.statement": task.statement if task else None,
            "troupe.script": episode.script,
            "troupe.answer": episode.answer,
            "troupe.solved": episode.solved,
            "error.type": "_OTHER" if episode.failure else None,
        }
    )
    span["events"] = [_span_event(event, start) for event in episode.events if _is_told(event)]
    if isinstance(result, Outcome):
        label = "pass" if result.solved else "fail"
        values: dict[str, Scalar | None] = {
            "gen_ai.evaluation.name": "verifier",
            "gen_ai.evaluation.score.value": float(result.solved),
            "gen_ai.evaluation.score.label": label,
        }
        moment = _nanoseconds(episode.time, start)
        evaluation: Json = {"timeUnixNano": moment, "name": "gen_ai.evaluation.result"}
        span["events"] = [*span["events"], evaluation | {"attributes": _attributes(values)}]  # type: ignore[misc]
    if episode.parent_episode is not None:
        parent = episode.parent_episode
        span["links"] = [{"traceId": trace_id(parent), "spanId": _span_id(parent, "episode")}]
    if episode.failure is not None:
        span["status"] = {"code": _ERROR, "message": episode.failure}
    return span


def _is_told(event: Event) -> bool:
    return bool(describe(event)) or event.kind in ("note", "mark", "deadLetter", "deadline", "restart", "failure")


def _span_event(event: Event, start: int) -> Json:
    said = event.said
    note = said.text if isinstance(said, Note) else None
    values: dict[str, Scalar | None] = {
        "troupe.event": event.number,
        "troupe.actor": event.subject,
        "troupe.text": describe(event) or note or event.name or None,
    }
    return {"timeUnixNano": _nanoseconds(event.time, start), "name": event.kind, "attributes": _attributes(values)}


def _work_span(episode: Episode, piece: Work, start: int, model: str) -> Json:
    operation = {"agent": "invoke_agent", "tool": "execute_tool", "chat": "chat", "call": "execute_tool"}[piece.kind]
    target = model if piece.kind == "chat" else piece.name
    span = _span(episode, _identity(piece), f"{operation} {target}", piece.first.time, piece.last.time, start)
    parent = _identity(piece.parent) if piece.parent else "episode"
    span["parentSpanId"] = _span_id(episode, parent)
    values: dict[str, Scalar | None] = {
        "gen_ai.operation.name": operation,
        "gen_ai.conversation.id": episode.id,
        "troupe.actor": piece.actor,
        "troupe.event.first": piece.first.number,
        "troupe.event.last": piece.last.number,
    }
    if piece.kind == "chat":
        values |= _chat(piece, model)
    elif piece.kind == "agent":
        values |= {"gen_ai.provider.name": "troupe", "gen_ai.agent.name": piece.name, "gen_ai.agent.id": piece.actor}
    else:
        values |= {"gen_ai.tool.name": piece.name, "gen_ai.tool.type": "function"}
        values |= {"gen_ai.tool.call.id": f"{episode.id}/{piece.first.number}"}
        if piece.kind == "tool":
            values["gen_ai.tool.call.arguments"] = text(piece.first.message)
            values["gen_ai.tool.call.result"] = text(piece.last.message) if piece.is_answered else None
    if not piece.is_answered:
        values["error.type"] = "unanswered"
        span["status"] = {"code": _ERROR, "message": "no answer came"}
    span["attributes"] = _attributes(values)
    return span


def _chat(piece: Work, model: str) -> dict[str, Scalar | None]:
    asked, said = piece.question, piece.generation
    values: dict[str, Scalar | None] = {"gen_ai.provider.name": "troupe", "gen_ai.request.model": model}
    if asked:
        values |= {
            "gen_ai.request.max_tokens": asked.maximum_tokens,
            "gen_ai.request.temperature": asked.temperature,
            "gen_ai.request.seed": asked.seed,
            "gen_ai.usage.input_tokens": len(asked.prompt_tokens),
            "gen_ai.input.messages": _messages("user", asked.prompt, None),
            "troupe.role": asked.role,
        }
    if said:
        reason = _FINISH_REASONS[said.stop]
        values |= {
            "gen_ai.response.model": model,
            "gen_ai.response.finish_reasons": [reason],
            "gen_ai.usage.output_tokens": len(said.tokens),
            "gen_ai.output.messages": _messages("assistant", said.text, reason),
            "troupe.log_probability": said.log_probability,
        }
    return values


def _messages(role: str, content: str, reason: str | None) -> str:
    """One message in the form of the conventions' JSON schemas, as a text because attributes of spans are flat."""
    message: Json = {"role": role, "parts": [{"type": "text", "content": content}]}
    if reason is not None:
        message["finish_reason"] = reason
    return json.dumps([message], ensure_ascii=False)
