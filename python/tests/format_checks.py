"""Strict checks of the formats that ``troupe export`` writes, each made from the format's own description.

They do not look at what Troupe means by its content. Each raises ``AssertionError`` with what is wrong.
"""

from __future__ import annotations

import base64
import json
import math
import re
import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from troupe.checksum import crc32c


def strict_json(text: str) -> Any:
    """Reads JSON, and refuses NaN and infinities, which Python would read, and keys that occur twice."""

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is no JSON")

    def pairs(found: list[tuple[str, Any]]) -> dict[str, Any]:
        assert len({key for key, _ in found}) == len(found), "a key twice"
        return dict(found)

    return json.loads(text, parse_constant=refuse, object_pairs_hook=pairs)


def check_chrome_trace(text: str) -> dict[str, int]:
    """Checks a Chrome trace as Perfetto's importer reads it. Returns how many entries of each phase there are."""
    trace = strict_json(text)
    entries = trace["traceEvents"]
    counts: dict[str, int] = {}
    names: dict[int, tuple[int, str]] = {}
    # For each thread the slices that are open, as (start, end) in nanoseconds.
    open_slices: dict[int, list[tuple[int, int]]] = {}
    flows: dict[tuple[str, str, int], int] = {}
    last = -1
    for entry in entries:
        phase = entry["ph"]
        counts[phase] = counts.get(phase, 0) + 1
        assert isinstance(entry["pid"], int) and isinstance(entry["tid"], int) and isinstance(entry["name"], str)
        if phase == "M":
            assert entry["name"] in ("process_name", "thread_name") and isinstance(entry["args"]["name"], str)
            if entry["name"] == "thread_name":
                assert entry["tid"] not in names, "a thread has two names, or is in two processes"
                names[entry["tid"]] = (entry["pid"], entry["args"]["name"])
            continue
        assert names[entry["tid"]][0] == entry["pid"], "a thread without a name, or of another process"
        now = round(entry["ts"] * 1000)
        assert math.isclose(now, entry["ts"] * 1000, rel_tol=1e-9, abs_tol=1e-3), "not a whole number of nanoseconds"
        stack = open_slices.setdefault(entry["tid"], [])
        if phase == "X":
            # Entries of different processes may overlap in time.
            end = now + round(entry["dur"] * 1000)
            assert entry["dur"] > 0
            while stack and stack[-1][1] <= now:
                stack.pop()
            assert not stack or (stack[-1][0] <= now and end <= stack[-1][1]), f"slices overlap: {entry}"
            stack.append((now, end))
        elif phase in ("s", "f"):
            assert any(start <= now < end for start, end in stack), f"an arrow without a slice: {entry}"
            flow = (entry["cat"], entry["name"], entry["id"])
            if phase == "s":
                assert flow not in flows, "an arrow begins twice"
                flows[flow] = now
            else:
                assert entry["bp"] == "e" and flows.pop(flow) <= now, "an arrow ends before it begins"
        else:
            raise AssertionError(f"phase {phase}")
        last = max(last, now)
    assert not flows, "arrows without an end"
    return counts


_INTEGER = re.compile(r"-?\d+")


def check_otlp(line: str) -> list[dict[str, Any]]:
    """Checks one line of OTLP/JSON, and returns its spans."""
    data = strict_json(line)
    assert list(data) == ["resourceSpans"]
    spans = [span for resource in data["resourceSpans"] for scope in resource["scopeSpans"] for span in scope["spans"]]
    ids = [span["spanId"] for span in spans]
    assert len(set(ids)) == len(ids), "a span id twice"
    for span in spans:
        assert re.fullmatch("[0-9a-f]{32}", span["traceId"]) and span["traceId"].strip("0")
        assert re.fullmatch("[0-9a-f]{16}", span["spanId"]) and span["spanId"].strip("0")
        assert span.get("parentSpanId", ids[0]) in ids, "a parent that is not in the trace"
        assert isinstance(span["kind"], int) and 0 <= span["kind"] <= 5 and span["name"]
        start, end = span["startTimeUnixNano"], span["endTimeUnixNano"]
        assert isinstance(start, str) and isinstance(end, str) and int(start) <= int(end)
        _check_attributes(span["attributes"])
        for event in span.get("events", []):
            assert isinstance(event["timeUnixNano"], str) and event["name"]
            _check_attributes(event["attributes"])
        attributes = {attribute["key"] for attribute in span["attributes"]}
        operation = span["name"].split(" ")[0]
        required = {
            "invoke_workflow": {"gen_ai.operation.name"},
            "invoke_agent": {"gen_ai.operation.name", "gen_ai.provider.name", "gen_ai.agent.name"},
            "execute_tool": {"gen_ai.operation.name", "gen_ai.tool.name"},
            "chat": {"gen_ai.operation.name", "gen_ai.provider.name", "gen_ai.request.model"},
        }
        assert required[operation] <= attributes, f"{operation} lacks {required[operation] - attributes}"
        assert ("error.type" in attributes) == (span.get("status", {}).get("code") == 2)
    return spans


def _check_attributes(attributes: list[dict[str, Any]]) -> None:
    keys = [attribute["key"] for attribute in attributes]
    assert len(set(keys)) == len(keys), "an attribute twice"
    for attribute in attributes:
        _check_value(attribute["value"])


def _check_value(value: dict[str, Any]) -> None:
    ((kind, content),) = value.items()
    if kind == "intValue":
        assert isinstance(content, str) and _INTEGER.fullmatch(content) and -(1 << 63) <= int(content) < 1 << 63
    elif kind == "arrayValue":
        for element in content["values"]:
            _check_value(element)
    else:
        types: dict[str, tuple[type, ...]] = {
            "stringValue": (str,),
            "boolValue": (bool,),
            "doubleValue": (int, float, str),
        }
        assert isinstance(content, types[kind])


def with_base64_ids(value: Any) -> Any:
    """OTLP/JSON as the JSON of protobuf, which has ids in base64."""
    if isinstance(value, dict):
        ids = ("traceId", "spanId", "parentSpanId")
        return {
            key: base64.b64encode(bytes.fromhex(content)).decode() if key in ids else with_base64_ids(content)
            for key, content in value.items()
        }
    return [with_base64_ids(element) for element in value] if isinstance(value, list) else value


def check_event_file(data: bytes) -> list[tuple[float, int, dict[str, float]]]:
    """Checks an event file of TensorBoard, and returns time, step and scalars of each event after the first.

    The value of a histogram is the number of what it counts.
    """
    events: list[tuple[float, int, dict[str, float]]] = []
    for number, content in enumerate(_records(data)):
        time, step, values = 0.0, 0, {}
        for field, value in _fields(content):
            if field == 1:
                (time,) = struct.unpack("<d", value)
            elif field == 2:
                step = int.from_bytes(value, "little")
            elif field == 3:
                assert number == 0 and value == b"brain.Event:2"
            elif field == 5:
                for _, scalar in _fields(value):
                    parts = dict(_fields(scalar))
                    assert len(parts) == 2, "a tag and one value"
                    tag = parts[1].decode()
                    assert tag not in values, "a tag twice"
                    values[tag] = _count(parts[5]) if 5 in parts else struct.unpack("<f", parts[2])[0]
            else:
                raise AssertionError(f"field {field}")
        if number:
            events.append((time, step, values))
        else:
            assert content[9:11] == b"\x1a\x0d", "the first event names the version"
    return events


def _count(histogram: bytes) -> float:
    """Checks a ``HistogramProto``, and returns how many numbers it counts."""
    fields = dict(_fields(histogram))
    assert fields.keys() == set(range(1, 8))
    least, greatest, count, total, squares = (struct.unpack("<d", fields[field])[0] for field in range(1, 6))
    limits, counts = ([number for (number,) in struct.iter_unpack("<d", fields[field])] for field in (6, 7))
    assert len(limits) == len(counts) and limits == sorted(set(limits)) and sum(counts) == count > 0
    assert counts[0] > 0 and counts[-1] > 0, "no empty bins at the ends"
    assert least <= greatest and least * count <= total + 1e-9 and total <= greatest * count + 1e-9 and squares >= 0
    return float(count)


def _records(data: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(data):
        (length,) = struct.unpack_from("<Q", data, at)
        assert _masked(data[at : at + 8]) == data[at + 8 : at + 12], "checksum of a length"
        content = data[at + 12 : at + 12 + length]
        assert _masked(content) == data[at + 12 + length : at + 16 + length], "checksum of a record"
        yield content
        at += 16 + length


def _masked(content: bytes) -> bytes:
    checksum = crc32c(content)
    return struct.pack("<I", ((checksum >> 15 | checksum << 17) + 0xA282EAD8) & 0xFFFFFFFF)


def _fields(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The fields of a protobuf message; a varint as 8 bytes."""
    at = 0

    def varint() -> int:
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7

    while at < len(data):
        key = varint()
        kind = key & 7
        if kind == 0:
            yield key >> 3, varint().to_bytes(8, "little")
            continue
        length = {1: 8, 5: 4}.get(kind) or varint()
        assert kind in (1, 2, 5) and at + length <= len(data)
        yield key >> 3, data[at : at + length]
        at += length


def check_eval(path: Path) -> list[dict[str, Any]]:
    """Checks the members of an ``.eval`` file, and returns its samples."""
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        assert len(set(names)) == len(names) and names[-1] == "header.json"
        members = {name: strict_json(archive.read(name).decode("utf-8")) for name in names}
    header, summaries = members["header.json"], members["summaries.json"]
    assert header["version"] == 2 and header["status"] in ("started", "success", "cancelled", "error")
    for field in ("created", "task", "dataset", "model", "config"):
        assert field in header["eval"]
    samples = [content for name, content in members.items() if name.startswith("samples/")]
    assert [(summary["id"], summary["epoch"]) for summary in summaries] == [
        (one["id"], one["epoch"]) for one in samples
    ]
    assert header["results"]["total_samples"] == len(samples)
    for sample in samples:
        assert f"samples/{sample['id']}_epoch_{sample['epoch']}.json" in names
        spans: list[str] = []
        for event in sample["events"]:
            assert {"event", "timestamp", "working_start"} <= event.keys()
            if event["event"] == "span_begin":
                spans.append(event["id"])
            elif event["event"] == "span_end":
                spans.remove(event["id"])
            else:
                assert event.get("span_id") is None or event["span_id"] in spans, "an event in a span that is not open"
        assert not spans, f"spans without an end: {spans}"
    return samples
