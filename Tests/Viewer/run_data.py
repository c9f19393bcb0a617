#!/usr/bin/env python3
"""Makes a page, or its data, from a run directory. A tool for developing the viewer; `troupe report` is the real
thing.

    run_data.py DIRECTORY EVENTS.jsonl OUT.html|OUT.json [--samples N] [--buckets N]

EVENTS.jsonl is what `troupe log DIRECTORY/episodes.log --json` printed before schema 1 of "troupe.log" existed;
what that schema adds (`said`, the lines of episodes) is decoded here from docs/log-format.md.
"""

import argparse
import csv
import json
import math
import struct
import sys
from collections import defaultdict
from pathlib import Path

from page import page


class Reader:
    """Reads the encodings of Sources/Actors/Execution."""

    def __init__(self, data: bytes):
        self.data, self.place = data, 0

    def byte(self):
        self.place += 1
        return self.data[self.place - 1]

    def integer(self):
        value = shift = 0
        while True:
            byte = self.byte()
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    def text(self):
        size = self.integer()
        self.place += size
        return self.data[self.place - size : self.place].decode("utf-8", "replace")

    def float(self):
        self.place += 4
        return struct.unpack("<f", self.data[self.place - 4 : self.place])[0]

    def list(self, element):
        return [element() for _ in range(self.integer())]

    def optional(self, element):
        return element() if self.byte() else None

    def fault(self):
        kind = self.byte()
        if kind in (0, 3):
            return ("malformed: " if kind == 0 else "tool failed: ") + self.text()
        return "truncated" if kind == 1 else "timed out"

    def call_record(self):
        record = {
            "statement": self.integer(),
            "index": self.integer(),
            "role": self.text(),
            "on_path": self.byte() == 1,
            "tokens": self.integer(),
        }
        record["fault"] = self.optional(self.fault)
        return record

    def outcome(self):
        return {
            "solved": self.byte() == 1,
            "script": self.optional(self.text),
            "design_fault": self.optional(self.text),
            "answer": self.optional(self.text),
            "calls": self.list(self.call_record),
            "tool_calls": self.list(self.call_record),
            "design_tokens": self.integer(),
        }


def said(event, words):
    """What the bytes of an event mean."""
    payload = event.get("payload")
    if not isinstance(payload, str):
        return None
    reader = Reader(bytes.fromhex(payload))
    if event["name"] == "generate" and event["kind"] == "call":
        is_executor = reader.byte() == 1
        place = (reader.integer(), reader.integer()) if is_executor else (None, None)
        role, prompt = reader.text(), reader.list(reader.integer)
        most, temperature, seed = reader.integer(), reader.float(), reader.integer()
        return {
            "role": role,
            "caller": "executor" if is_executor else "designer",
            "statement": place[0],
            "index": place[1],
            "prompt": " ".join(words[i] for i in prompt),
            "prompt_tokens": len(prompt),
            "maximum_tokens": most,
            "temperature": temperature,
            "seed": str(seed),
        }
    if event["name"] == "generate" and event["kind"] == "completion":
        stop = ["end", "length", "constraint", "cancelled"][reader.byte()]
        tokens = reader.list(reader.integer)
        logs = [round(value, 4) for value in reader.list(reader.float)]
        shown = []
        for place, (token, log) in enumerate(zip(tokens, logs)):
            entry = {"id": token, "text": words[token], "log_probability": log}
            # The masks are not in the log, so this is made up: a token of probability 1 was the only one allowed.
            allowed = 1 if log == 0 else 2 + (token * 7 + place) % 11
            entry["allowed"] = allowed
            entry["alternatives"] = ([words[token]] + words[3:])[:allowed]
            shown.append(entry)
        return {
            "text": " ".join(words[i] for i in tokens if i > 2),
            "stop": stop,
            "log_probability": round(sum(logs), 4),
            "tokens": shown,
        }
    if event["kind"] == "note":
        return (
            {"reward": reader.byte()}
            if event["name"] == "reward"
            else {"text": bytes.fromhex(payload).decode()}
        )
    if event["kind"] == "finish":
        outcome = reader.outcome()
        return {key: outcome[key] for key in ("answer", "solved", "script")}
    return None


def columns(path: Path):
    if not path.exists():
        return None
    with path.open() as file:
        rows = list(csv.reader(file))

    def value(text):
        if text == "":
            return None
        try:
            number = float(text)
            return int(number) if number.is_integer() and "." not in text else float(f"{number:.6g}")
        except ValueError:
            return text

    return {name: [value(row[i]) for row in rows[1:]] for i, name in enumerate(rows[0])}


def wilson(successes, count):
    z = 1.959963984540054
    rate = successes / count
    centre = (rate + z * z / (2 * count)) / (1 + z * z / count)
    reach = z / (1 + z * z / count) * math.sqrt(rate * (1 - rate) / count + z * z / (4 * count * count))
    return centre - reach, centre + reach


def episodes(path, words):
    """Every whole episode of the log: its id, its own events and its parent's id."""
    own, order = defaultdict(list), []
    for line in path.open():
        event = json.loads(line)
        if event["episode"] not in own:
            order.append(event["episode"])
        own[event["episode"]].append(event)
    return own, order


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("directory", type=Path)
    arguments.add_argument("events", type=Path)
    arguments.add_argument("out", type=Path)
    arguments.add_argument("--samples", type=int, default=48)
    arguments.add_argument("--buckets", type=int, default=20)
    options = arguments.parse_args()
    data = run_page(options.directory, options.events, options.samples, options.buckets)
    text = page(data) if options.out.suffix == ".html" else json.dumps(data, separators=(",", ":"))
    options.out.write_text(text)
    print(f"{options.out}: {len(text) / 1e6:.2f} MB, {len(data['episodes'])} episodes", file=sys.stderr)


def run_page(directory, events_path, samples, bucket_count):
    scenario = json.loads((directory / "scenario.json5").read_text())
    vocabulary = json.loads((directory / "policy/designer/tokenizer.json").read_text())["model"]["vocab"]
    words = [word for word, _ in sorted(vocabulary.items(), key=lambda item: item[1])]
    metrics = columns(directory / "metrics.csv")
    evaluated = scenario["evaluation"]["tasks"]
    for name in [name for name in metrics if name.startswith("held_out.")]:
        bounds = [
            wilson(rate * evaluated, evaluated) if rate is not None else (None, None)
            for rate in metrics[name]
        ]
        metrics[name + ".low"] = [low if low is None else round(low, 4) for low, _ in bounds]
        metrics[name + ".high"] = [high if high is None else round(high, 4) for _, high in bounds]
    steps = len(metrics["step"])
    own, order = episodes(events_path, words)
    seen = 1 + max(int(name.split("/")[0][5:]) for name in order)
    width = math.ceil(steps / bucket_count)
    buckets = [{"from": start, "to": min(steps, start + width) - 1} for start in range(0, steps, width)]

    families = {}
    for name in order:
        if "/execution-" not in name:
            start = own[name][1]["payload"]
            families[name] = start["task"]
    penalty, cost = scenario["credit"]["formatPenalty"], scenario["credit"]["costPerCall"]
    tables, groups = [], defaultdict(list)
    for name in order:
        if "/execution-" not in name:
            continue
        design = name.rsplit("/", 1)[0]
        last = own[name][-1]
        if last["kind"] != "finish":
            continue
        outcome = Reader(bytes.fromhex(last["payload"])).outcome()
        errors = sum(
            (call["fault"] or "").startswith(("malformed", "truncated")) for call in outcome["calls"]
        )
        value = 1.0 if outcome["solved"] else 0.0
        parts = [
            {"name": "answer", "executors": value, "designer": value},
            {"name": "format errors", "executors": round(-penalty * errors, 4), "designer": 0},
            {"name": "calls", "executors": 0, "designer": round(-cost * len(outcome["calls"]), 4)},
        ]
        reward = {role: round(sum(part[role] for part in parts), 4) for role in ("executors", "designer")}
        entry = {
            "name": name,
            "design": design,
            "outcome": outcome,
            "reward": dict(reward, parts=parts),
            "step": int(name.split("/")[0][5:]),
        }
        tables.append(entry)
        groups[design].append(entry)
    tasks = defaultdict(list)
    for design, entries in groups.items():
        mean = sum(entry["reward"]["designer"] for entry in entries) / len(entries)
        tasks[design.rsplit("/", 1)[0]].append((design, mean))
    design_credit = {}
    for _, entries in tasks.items():
        mean = sum(value for _, value in entries) / len(entries)
        design_credit.update({design: round(value - mean, 4) for design, value in entries})
    for design, entries in groups.items():
        mean = sum(entry["reward"]["executors"] for entry in entries) / len(entries)
        for entry in entries:
            entry["credit"] = round(entry["reward"]["executors"] - mean, 4)

    scripts, counts = {}, defaultdict(lambda: [0, 0.0, 0.0])
    histograms = {
        (kind, role): [[0] * 24 for _ in buckets]
        for kind in ("reward", "credit")
        for role in ("designer", "executor")
    }

    def place(value):
        return max(0, min(23, int((value + 1.2) / 2.4 * 24)))

    for design, entries in groups.items():
        task, bucket = families[design], entries[0]["step"] // width
        script = entries[0]["outcome"]["script"]
        index = None if script is None else scripts.setdefault(script, len(scripts))
        count = counts[bucket, task["family"], task["level"], index]
        count[0] += 1
        count[1] += sum(entry["outcome"]["solved"] for entry in entries) / len(entries)
        count[2] += sum(entry["reward"]["designer"] for entry in entries) / len(entries)
        histograms["reward", "designer"][bucket][
            place(sum(e["reward"]["designer"] for e in entries) / len(entries))
        ] += 1
        histograms["credit", "designer"][bucket][place(design_credit[design])] += 1
        for entry in entries:
            histograms["reward", "executor"][bucket][place(entry["reward"]["executors"])] += 1
            histograms["credit", "executor"][bucket][place(entry["credit"])] += 1
    keys = sorted(counts, key=lambda key: (key[0], key[1], key[2], -1 if key[3] is None else key[3]))
    rows = {
        "bucket": [key[0] for key in keys],
        "family": [key[1] for key in keys],
        "level": [key[2] for key in keys],
        "script": [key[3] for key in keys],
        "count": [counts[key][0] for key in keys],
        "solved": [round(counts[key][1] / counts[key][0], 4) for key in keys],
        "reward": [round(counts[key][2] / counts[key][0], 4) for key in keys],
    }
    edges = [round(-1.2 + 0.1 * i, 2) for i in range(25)]

    picked, taken = [], set()
    for want in range(samples):
        step = round(want * (seen - 1) / max(1, samples - 1))
        candidates = [entry for entry in tables if entry["step"] == step and entry["name"] not in taken]
        candidates.sort(
            key=lambda entry: (entry["outcome"]["solved"] != (want % 3 != 0), -len(own[entry["name"]]))
        )
        for entry in candidates[want % 2 : want % 2 + 2 if want % 8 == 0 else want % 2 + 1]:
            picked.append(entry)
            taken.add(entry["name"])
            if want % 8 == 0:
                sibling = next(e for e in groups[entry["design"]] if e is not entry)
                if sibling["name"] not in taken:
                    picked.append(sibling)
                    taken.add(sibling["name"])
    pages = [whole(entry, own, families, design_credit, words) for entry in picked]

    first = {}
    evaluation = columns(directory / "evaluation.csv")
    outcomes = json.loads((directory / "outcomes.json").read_text())
    run = {
        "name": f"{scenario['name']}, seed {scenario['seed']}",
        "directory": str(directory),
        "state": {"kind": "finished", "step": steps, "steps": steps, "note": None},
        "facts": [
            {"name": "seed", "value": str(scenario["seed"])},
            {"name": "program", "value": "troupe 0.1.0"},
            {"name": "processor", "value": "AMD EPYC, 2 cores, AVX2"},
            {"name": "tasks a step", "value": str(scenario["rollout"]["tasks"])},
            {"name": "episodes", "value": f"{len(order):,}"},
            {
                "name": "weights",
                "value": "sha256 3f786850e387550fdab836ed7e6dc881de23001b9e1c5c2d3f786850e387550f",
            },
            {
                "name": "log",
                "value": "sha256 89e6c98d92887913cadf06b2adb97f26cde4849b0b0e7a1c7c1fd4a0e6a8c9f1",
            },
        ],
        "commands": [
            {
                "does": "Repeat this run",
                "text": f"troupe train scenario.json5 --seed {scenario['seed']} --out {directory}",
            },
            {"does": "Make this page again", "text": f"troupe report {directory}"},
            {"does": "Check the log by replaying it", "text": f"troupe replay {directory}/episodes.log"},
        ],
        "episodeCommand": f"troupe report {directory}/episodes.log --episode ",
        "scenario": scenario,
        "metrics": metrics,
        "timings": columns(directory / "timings.csv"),
        "evaluation": evaluation,
        "evaluatedDesigns": columns(directory / "designs.csv"),
        "crossings": None,
        "outcomes": [
            {key: entry[key] for key in ("policy", "family", "decoding", "solved")} for entry in outcomes
        ],
        "designs": {"buckets": buckets, "scripts": list(scripts), "counts": rows},
        "distributions": [
            {"name": kind, "role": role, "buckets": buckets, "edges": edges, "counts": histograms[kind, role]}
            for kind, role in histograms
        ],
    }
    return {
        "schema": "troupe.page",
        "version": 1,
        "program": "troupe 0.1.0",
        "title": run["name"],
        "runs": [run],
        "episodes": pages,
    }


def whole(entry, own, families, design_credit, words):
    """One execution as the page keeps it, with the events that it inherits."""
    outcome, design, name = entry["outcome"], entry["design"], entry["name"]
    task = families[design]
    inherited = [dict(event, episode=name, inherited=True) for event in own[design]]
    events = inherited + [dict(event, inherited=False) for event in own[name]]
    started, kept = 0, []
    for event in events:
        meaning = said(event, words)
        event = {key: value for key, value in event.items() if value != "" or key in ("peer", "name")}
        if meaning:
            event["said"] = meaning
        if isinstance(event.get("payload"), dict) and "task" in event["payload"]:
            event["payload"] = json.loads(json.dumps(event["payload"]))
            event["payload"]["task"]["hash"] = str(event["payload"]["task"]["hash"])
        kept.append({"type": "event", **event})
    for index, event in enumerate(kept):
        same = [
            other
            for other in kept[index : index + 4]
            if other["time"] == event["time"] and other["kind"] != "spawn"
        ]
        if event["kind"] in ("delivery", "reply", "completion") and same:
            event["ready"] = [
                {key: other[key] for key in ("kind", "subject", "peer", "name", "time")} for other in same
            ]
            event["chosen"] = 0
    for call in outcome["calls"]:
        call["advantage"] = entry["credit"] if call["on_path"] or not outcome["solved"] else None
    episode = {
        "type": "episode",
        "id": name,
        "parent": {"episode": design, "event": len(inherited), "replacement": None},
        "kind": "execution",
        "seed": "1183744",
        "strategy": "fifo",
        "events": len(events),
        "time": events[-1]["time"],
        "status": "finished",
        "failure": None,
        "task": {key: task[key] for key in ("family", "level", "statement", "solution")},
        "script": outcome["script"],
        "design_fault": outcome["design_fault"],
        "answer": outcome["answer"],
        "solved": outcome["solved"],
        "reward": entry["reward"],
        "calls": outcome["calls"],
        "tool_calls": outcome["tool_calls"],
        "tokens": sum(call["tokens"] for call in outcome["calls"]),
        "design_tokens": outcome["design_tokens"],
        "faults": [],
        "violations": [],
        "credit": {"designer": design_credit[design], "executors": entry["credit"], "note": None},
    }
    return {"run": 0, "step": entry["step"], "episode": episode, "events": kept}


if __name__ == "__main__":
    main()
