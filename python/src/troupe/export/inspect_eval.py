"""Writes a log as an ``.eval`` file of inspect_ai, one sample an episode.

An ``.eval`` file is a ZIP archive (``inspect_ai/log/_recorders/eval.py``) of JSON members; the models are in
``inspect_ai/log/_log.py``, ``inspect_ai/event`` and ``inspect_ai/model``. Members, in the order in which they are
written::

  _journal/start.json          {"version": 2, "eval": EvalSpec, "plan": EvalPlan}
  samples/ID_epoch_1.json      EvalSample, one an episode; an id may contain "/"
  _journal/summaries/1.json    the summaries of the samples before it
  summaries.json               [EvalSampleSummary...]: what lists of samples show
  header.json                  EvalLog without samples: version, status, eval, plan, results, stats

inspect_ai compresses with zstd; it reads DEFLATE as well, which every ZIP library has. ``null`` fields may be left out.
Required are, of EvalSpec: created, task, dataset, model, config; of a sample: id, epoch, input, target; of an event: event,
timestamp, and what its kind requires. Times are ISO 8601 with a zone. ``working_start`` is in seconds.

A question to the policy is a ``model`` event, a tool's work a ``tool`` event, the work of an actor a pair of ``span_begin``
and ``span_end``, and notes, faults and other messages are ``info`` events. The score ``verifier`` is "C" or "I", as inspect's
own scorers say correct and incorrect; an episode without a task has a numeric score ``reward``, if it has one.
"""

from __future__ import annotations

import datetime
import json
import math
import os
import zipfile
from typing import Iterable

from .. import cbor
from ..episode import Episode, describe
from ..events import Event
from ..frames import line
from ..log import Log
from ..said import Generation, Note, PolicyCall
from .work import Work, work

Json = dict[str, object]
_STOPS = {"end": "stop", "length": "max_tokens", "constraint": "stop", "cancelled": "unknown"}
# The date of all members, the earliest that ZIP knows, so that equal logs give equal bytes.
_DATE = (1980, 1, 1, 0, 0, 0)


def write(
    log: Log, path: str | os.PathLike[str], episodes: Iterable[Episode] | None = None, start: float = 0.0
) -> int:
    """Writes the chosen episodes (all but designs, unless given) and returns how many there are.

    ``start`` is the time at which virtual time begins, in seconds since 1970. Memory grows with the summaries: about 1 KB
    an episode.
    """
    chosen = episodes if episodes is not None else (episode for episode in log if episode.kind != "design")
    summaries: list[Json] = []
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        _add(archive, "_journal/start.json", {"version": 2, "eval": _spec(log, start, 0), "plan": _PLAN})
        for episode in chosen:
            sample = _Sample(episode, start).json()
            _add(archive, f"samples/{episode.id}_epoch_1.json", sample)
            kept = ("id", "epoch", "input", "target", "metadata", "scores", "model_usage", "total_time", "uuid", "error")
            summary = {key: sample[key] for key in kept if key in sample}
            if isinstance(summary.get("error"), dict):
                summary["error"] = episode.failure
            summaries.append(summary | {"completed": True, "message_count": len(sample["messages"])})  # type: ignore[arg-type]
        _add(archive, "_journal/summaries/1.json", summaries)
        _add(archive, "summaries.json", summaries)
        count = len(summaries)
        header: Json = {"version": 2, "status": "success", "eval": _spec(log, start, count), "plan": _PLAN}
        header["results"] = _results(summaries)
        header["stats"] = {"started_at": _iso(start), "completed_at": _iso(start), "model_usage": _total(summaries)}
        _add(archive, "header.json", header)
    return count


_PLAN: Json = {"name": "troupe", "steps": [{"solver": "troupe", "params": {}}], "config": {}}


def _add(archive: zipfile.ZipFile, name: str, content: object) -> None:
    member = zipfile.ZipInfo(name, _DATE)
    member.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(member, json.dumps(content, ensure_ascii=False, allow_nan=False))


def _iso(seconds: float) -> str:
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).isoformat()


def _spec(log: Log, start: float, count: int) -> Json:
    header = log.header
    conditions = {condition.name: condition.value for condition in header.conditions}
    return {
        "eval_id": "troupe",
        "run_id": "troupe",
        "task_id": "troupe",
        "created": _iso(start),
        "task": "troupe",
        "dataset": {"name": log.path.name, "samples": count, "shuffled": False},
        "model": "troupe/policy",
        "config": {"epochs": 1},
        "packages": {"troupe": header.program.rpartition(" ")[2]},
        "metadata": {
            "program": header.program,
            "seed": str(header.seed),
            "weights": header.weights,
            "conditions": conditions,
            "scenario": header.scenario,
        },
    }


def _results(summaries: list[Json]) -> Json:
    scores = []
    for name, worth in (("verifier", {"C": 1.0, "I": 0.0}), ("reward", {})):
        values = [
            worth.get(score[name]["value"], score[name]["value"])
            for score in (summary.get("scores") or {} for summary in summaries)
            if isinstance(score, dict) and name in score and score[name]["value"] is not None
        ]
        if values:
            metric = "accuracy" if worth else "mean"
            mean = {"name": metric, "value": sum(values) / len(values), "params": {}}
            scores.append({"name": name, "scorer": name, "scored_samples": len(values), "metrics": {metric: mean}})
    return {"total_samples": len(summaries), "completed_samples": len(summaries), "scores": scores}


def _total(summaries: list[Json]) -> Json:
    total = {"input_tokens": 0, "output_tokens": 0, "total_tokens": 0}
    for summary in summaries:
        usage = summary["model_usage"]
        for kind, tokens in (usage.get("troupe") or {}).items() if isinstance(usage, dict) else ():
            total[kind] += tokens
    return {"troupe": total}


class _Sample:
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
                messages.append({"role": "tool", "function": piece.name, "content": content, "id": f"{piece.last.number}"})
        return messages

    def _usage(self) -> Json:
        turns = [piece for piece in work(self.episode) if piece.kind == "chat"]
        asked = sum(len(piece.question.prompt_tokens) for piece in turns if piece.question)
        said = sum(len(piece.generation.tokens) for piece in turns if piece.generation)
        return {"troupe": {"input_tokens": asked, "output_tokens": said, "total_tokens": asked + said}} if turns else {}

    def _events(self) -> list[Json]:
        episode = self.episode
        begins: dict[int, list[Json]] = {}
        ends: dict[int, list[Json]] = {}
        replaced: set[int] = set()
        for piece in work(episode):
            identity = f"{piece.kind}-{piece.first.number}"
            if piece.kind in ("agent", "tool"):
                parent = f"{piece.parent.kind}-{piece.parent.first.number}" if piece.parent else None
                begin = {"id": identity, "parent_id": parent, "type": piece.kind, "name": f"{piece.actor} ({piece.name})"}
                begins.setdefault(piece.first.number, []).append(self._base("span_begin", piece.first) | begin)
                end = self._base("span_end", piece.last) | {"id": identity}
                # Inner spans end first.
                ends.setdefault(piece.last.number, []).insert(0, end)
            if piece.kind == "chat" and piece.question is not None:
                begins.setdefault(piece.first.number, []).append(self._model(piece, piece.question))
                replaced |= {piece.first.number, piece.last.number} if piece.is_answered else {piece.first.number}
            if piece.kind == "tool" and piece.is_answered:
                ends.setdefault(piece.last.number, []).insert(0, self._tool(piece))
        result: list[Json] = []
        for event in episode.events:
            result += begins.get(event.number, [])
            if event.number not in replaced and event.kind != "spawn":
                result.append(self._info(event))
            result += ends.get(event.number, [])
        return result

    def _base(self, kind: str, event: Event) -> Json:
        base: Json = {"event": kind, "uuid": f"{kind}-{event.number}", "timestamp": _iso(self.start + event.time)}
        return base | {"working_start": event.time, "metadata": {"event": event.number, "actor": event.subject}}

    def _info(self, event: Event) -> Json:
        said = event.said
        note = said.text if isinstance(said, Note) else None
        message = cbor.plain(event.message) if event.message is not None else None
        data: Json = {"kind": event.kind, "name": event.name, "from": event.peer, "to": event.subject}
        data |= {"message": message} if message is not None else {"text": describe(event) or note or line(said) or ""}
        return self._base("info", event) | {"source": "troupe", "data": data}

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
            "completed": _iso(self.start + piece.last.time),
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
            "completed": _iso(self.start + piece.last.time),
            "working_time": piece.last.time - piece.first.time,
        }
        return self._base("tool", piece.first) | tool


def _assistant(said: Generation, number: int) -> Json:
    return {"role": "assistant", "content": said.text, "source": "generate", "model": "troupe/policy", "id": f"{number}"}


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
    return {"model": "troupe/policy", "choices": [choice], "completion": said.text}
