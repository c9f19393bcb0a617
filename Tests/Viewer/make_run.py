#!/usr/bin/env python3
"""Makes run.json anew: the data of the report of the run that run.json5 describes, cut down.

    TROUPE=.build/release/troupe Tests/Viewer/make_run.py

It takes about a minute. The tests look at a run of sixty steps, two families and both stages; they hold for
whatever it has learned. All numbers are the program's, in at most six digits. Of the episodes that the report keeps
whole, six are left. The facts about the machine are replaced, because the next machine is another one.
"""

import json
import sys
import tempfile
from pathlib import Path

from program import page_data, troupe

HERE = Path(__file__).parent
MOST_SCRIPTS = 40
MOST_EPISODES = 6


def short(value):
    """The same data with numbers of at most six digits."""
    if isinstance(value, float):
        return float(f"{value:.6g}")
    if isinstance(value, list):
        return [short(one) for one in value]
    if isinstance(value, dict):
        return {name: short(one) for name, one in value.items()}
    return value


def with_few_scripts(designs: dict) -> dict:
    """The most frequent scripts; all others of a bucket, family and level share a row, whose script is -1."""
    counts = designs["counts"]
    rows = [dict(zip(counts, row)) for row in zip(*counts.values())]
    total: dict[int, int] = {}
    for row in rows:
        if row["script"] is not None:
            total[row["script"]] = total.get(row["script"], 0) + row["count"]
    kept = sorted(total, key=lambda script: -total[script])[:MOST_SCRIPTS]
    places = {script: place for place, script in enumerate(kept)} | {None: None}
    merged: dict[tuple, dict] = {}
    for row in rows:
        script = places.get(row["script"], -1)
        key = (row["bucket"], row["family"], row["level"], script)
        if key not in merged:
            merged[key] = {**row, "script": script}
            continue
        one = merged[key]
        count = one["count"] + row["count"]
        for name in ("solved", "reward"):
            one[name] = (one[name] * one["count"] + row[name] * row["count"]) / count
        one["count"] = count
    return {
        "buckets": designs["buckets"],
        "scripts": [designs["scripts"][script] for script in kept],
        "counts": {name: [row[name] for row in merged.values()] for name in counts},
    }


def main() -> int:
    with tempfile.TemporaryDirectory() as name:
        run = Path(name) / "run"
        troupe("train", HERE / "run.json5", "--out", run, "--threads", "2", "--quiet")
        text = json.dumps(page_data(run / "report.html"))
    data = json.loads(text.replace(str(run), "runs/two-families"))
    own = data["runs"][0]
    machine = {"processor": "AMD EPYC, 2 of them, AVX2", "threads": "2"}
    for fact in own["facts"]:
        fact["value"] = machine.get(fact["name"], fact["value"])
    own["designs"] = with_few_scripts(own["designs"])
    every = max(1, len(data["episodes"]) // MOST_EPISODES)
    data["episodes"] = data["episodes"][::every][:MOST_EPISODES]
    content = json.dumps(short(data), ensure_ascii=False, separators=(",", ":"))
    (HERE / "run.json").write_text(content + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
