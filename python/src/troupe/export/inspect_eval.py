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

Samples are in :mod:`troupe.export.inspect_sample`.
"""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Iterable

from ..episode import Episode
from ..log import Log
from .inspect_sample import Json, Sample, iso

# The date of all members, the earliest that ZIP knows, so that equal logs give equal bytes.
_DATE = (1980, 1, 1, 0, 0, 0)


def write(log: Log, path: str | os.PathLike[str], episodes: Iterable[Episode] | None = None, start: float = 0.0) -> int:
    """Writes the chosen episodes (all but designs, unless given) and returns how many there are.

    ``start`` is the time at which virtual time begins, in seconds since 1970. Memory grows with the summaries: about 1 KB
    an episode.
    """
    chosen = episodes if episodes is not None else (episode for episode in log if episode.kind != "design")
    summaries: list[Json] = []
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        _add(archive, "_journal/start.json", {"version": 2, "eval": _spec(log, start, 0), "plan": _PLAN})
        for episode in chosen:
            sample = Sample(episode, start).json()
            _add(archive, f"samples/{episode.id}_epoch_1.json", sample)
            kept = (
                "id",
                "epoch",
                "input",
                "target",
                "metadata",
                "scores",
                "model_usage",
                "total_time",
                "uuid",
                "error",
            )
            summary = {key: sample[key] for key in kept if key in sample}
            if isinstance(summary.get("error"), dict):
                summary["error"] = episode.failure
            summaries.append(summary | {"completed": True, "message_count": len(sample["messages"])})  # type: ignore[arg-type]
        _add(archive, "_journal/summaries/1.json", summaries)
        _add(archive, "summaries.json", summaries)
        count = len(summaries)
        header: Json = {"version": 2, "status": "success", "eval": _spec(log, start, count), "plan": _PLAN}
        header["results"] = _results(summaries)
        header["stats"] = {"started_at": iso(start), "completed_at": iso(start), "model_usage": _total(summaries)}
        _add(archive, "header.json", header)
    return count


_PLAN: Json = {"name": "troupe", "steps": [{"solver": "troupe", "params": {}}], "config": {}}


def _add(archive: zipfile.ZipFile, name: str, content: object) -> None:
    member = zipfile.ZipInfo(name, _DATE)
    member.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(member, json.dumps(content, ensure_ascii=False, allow_nan=False))


def _spec(log: Log, start: float, count: int) -> Json:
    header = log.header
    conditions = {condition.name: condition.value for condition in header.conditions}
    return {
        "eval_id": "troupe",
        "run_id": "troupe",
        "task_id": "troupe",
        "created": iso(start),
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
