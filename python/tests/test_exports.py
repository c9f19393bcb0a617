"""Every export against a strict check of its format, and against its real reader where that is installed.

Parquet and Arrow are written by the package, the other formats by ``troupe export`` if ``$TROUPE`` names the program.
"""

from __future__ import annotations

import contextlib
import importlib.util
import io
import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from troupe import Episode, Log, MissingPackage, Program, ProgramError, Run, cbor
from troupe.__main__ import main
from troupe.export import parquet
from troupe.export.work import work

from .format_checks import check_chrome_trace, check_eval, check_event_file, check_otlp, strict_json, with_base64_ids
from .made_logs import ALL_LOGS, FIXTURES, SWIFT_FIXTURES, Scratch, episode, event, log_of_records

TINY = FIXTURES / "tiny"


_ASK = cbor.encode({"reply": {"ask": 1}})
#: Two asks of one actor at once, two calls to the outside that overlap, and an ask that nobody answers.
ASKS = b"".join(
    [
        event(0, b"b"),
        event(1, b"b", b"a", b"q", _ASK, time=1000),
        event(1, b"b", b"a", b"q", _ASK, time=1000),
        event(2, b"a", b"b", b"r", cbor.encode({}), time=1000),
        event(2, b"a", b"b", b"r", cbor.encode({}), time=1000),
        event(16, b"b"),
        event(11, b"c", b"", b"web", call=1),
        event(11, b"c", b"", b"web", call=2, time=1000),
        event(4, b"c", b"", b"web", call=1, time=1000),
        event(4, b"c", b"", b"web", call=2, time=1000),
        event(1, b"b", b"a", b"q", _ASK, time=1000),
        event(6, b"c", b"", b"said", b"text"),
    ]
)


def has(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False


def told(path: Path) -> list[Episode]:
    """The episodes that an export of all has: a design is a part of each of its executions."""
    with Log(path) as log:
        return [found for found in log if found.kind != "design"]


class ExportTests(unittest.TestCase):
    def setUp(self) -> None:
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = Path(directory.name)

    # Work

    def test_work_begins_with_a_question_and_ends_with_its_answer(self) -> None:
        with Log(SWIFT_FIXTURES / "tasks.log") as log:
            found = work(log["run/episode-0"])
        self.assertEqual(
            [(piece.kind, piece.name, piece.first.number, piece.last.number) for piece in found],
            [
                ("agent", "environment", 1, 19),
                ("agent", "designer", 3, 6),
                ("chat", "generate", 4, 5),
                ("agent", "step", 9, 12),
                ("chat", "generate", 10, 11),
                ("agent", "solve", 14, 17),
                ("chat", "generate", 15, 16),
            ],
        )
        self.assertEqual(
            [piece.parent.name if piece.parent else None for piece in found],
            [None, "environment", "designer", "environment", "step", "environment", "solve"],
        )

    def test_tools_are_known_by_the_calls_of_the_outcome(self) -> None:
        with Log(TINY / "episodes.log") as log:
            for found in log:
                tools = [piece.name for piece in work(found) if piece.kind == "tool"]
                self.assertEqual(tools, [call.role for call in found.tool_calls])

    def test_an_actor_that_is_asked_twice_does_two_pieces_of_work(self) -> None:
        with Scratch(log_of_records([episode("asks", ASKS, 12)])) as path, Log(path) as log:
            found = work(log["asks"])
        self.assertEqual(
            [(piece.kind, piece.actor, piece.first.number, piece.last.number, piece.is_answered) for piece in found],
            [
                ("agent", "b", 1, 3, True),
                ("agent", "b", 2, 4, True),
                ("agent", "c", 6, 11, True),
                ("call", "c", 6, 8, True),
                ("call", "c", 7, 9, True),
                ("agent", "b", 10, 11, False),
            ],
        )

    # Parquet and Arrow

    @unittest.skipUnless(has("pyarrow"), "pyarrow is not installed")
    def test_parquet_and_arrow_hold_the_rows(self) -> None:
        import pyarrow
        import pyarrow.parquet

        with Log(TINY / "episodes.log") as log, mock.patch.object(parquet, "_BATCH", 7):
            paths = parquet.write(log, self.directory, events=True)
            self.assertEqual([path.name for path in paths], ["episodes.parquet", "calls.parquet", "events.parquet"])
            episodes, calls, events = (pyarrow.parquet.read_table(path) for path in paths)
            self.assertEqual(episodes.column("id").to_pylist(), log.ids)
            self.assertEqual(calls.num_rows, sum(len(found.calls) + len(found.tool_calls) for found in log))
            self.assertEqual(events.num_rows, sum(len(found.own_events) for found in log))
            self.assertEqual(episodes.column("seed").to_pylist(), [found.seed for found in log])
            arrow, _ = parquet.write(log, self.directory, arrow=True)
            with pyarrow.memory_map(str(arrow)) as source:
                self.assertEqual(pyarrow.ipc.open_file(source).read_all().to_pylist(), episodes.to_pylist())

    def test_without_pyarrow_the_error_says_what_to_install(self) -> None:
        with mock.patch.dict(sys.modules, {"pyarrow": None}), Log(TINY / "episodes.log") as log:
            with self.assertRaisesRegex(MissingPackage, r"pip install 'troupe\[arrow\]'"):
                parquet.write(log, self.directory)


@unittest.skipUnless(os.environ.get("TROUPE"), "$TROUPE names no program")
class ProgramExportTests(unittest.TestCase):
    """``troupe export``."""

    def setUp(self) -> None:
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = Path(directory.name)

    def export(self, source: Path, format: str, *options: str) -> Path:
        """Exports to a new file, whose path it returns."""
        file = self.directory / f"{len(list(self.directory.iterdir()))}.{format}"
        (line,) = Program().lines("export", source, "--to", format, "--out", file, *options)
        self.assertEqual((line["type"], line["format"]), ("export", format))
        if format == "tensorboard":
            return Path(str(line["file"]))
        self.assertEqual(line["file"], os.fspath(file))
        return file

    # Chrome

    def test_chrome_traces_keep_the_rules_of_perfetto(self) -> None:
        arrows = 0
        for path in ALL_LOGS:
            counts = check_chrome_trace(self.export(path, "chrome-trace").read_text("utf-8"))
            self.assertEqual(counts.get("s"), counts.get("f"))
            arrows += counts.get("s", 0)
        self.assertGreater(arrows, 100)

    def test_events_are_drawn_in_their_order_none_at_the_time_of_another(self) -> None:
        for path in ALL_LOGS:
            entries = strict_json(self.export(path, "chrome-trace").read_text("utf-8"))["traceEvents"]
            for number, found in enumerate(told(path), 1):
                drawn = [entry for entry in entries if entry.get("cat") == "event" and entry["pid"] == number]
                self.assertEqual([entry["args"]["event"] for entry in drawn], list(range(found.event_count)))
                self.assertEqual(len({entry["ts"] for entry in drawn}), found.event_count)

    def test_a_trace_has_a_track_for_each_actor_and_an_arrow_for_each_message(self) -> None:
        path = self.export(SWIFT_FIXTURES / "tasks.log", "chrome-trace", "--episode", "run/episode-0")
        entries = strict_json(path.read_text("utf-8"))["traceEvents"]
        names = [entry["args"]["name"] for entry in entries if entry["name"] == "thread_name"]
        actors = ["root", "root/environment", "root/environment/designer", "root/environment/a", "root/environment/b"]
        self.assertEqual(sorted(names), sorted([*actors, "episode"]))
        (chat,) = [entry for entry in entries if entry.get("cat") == "chat" and entry["args"]["text"] == "3 * 2"]
        # 0.08 s of virtual time, and the nanoseconds by which simultaneous events are drawn apart.
        self.assertAlmostEqual(chat["dur"], 80_000, delta=0.02)
        # Each message but the first, whose sender had no event before.
        self.assertEqual(sum(entry["ph"] == "s" for entry in entries), 6)
        (whole,) = [entry for entry in entries if entry.get("cat") == "episode"]
        self.assertEqual(whole["args"]["reward"]["executors"], 1)

    # OTLP

    def test_spans_keep_the_rules_of_otlp_json_and_the_genai_conventions(self) -> None:
        names, ids, count = set(), set(), 0
        for path in ALL_LOGS:
            lines = self.export(path, "otlp").read_text("utf-8").splitlines()
            self.assertEqual(len(lines), len(told(path)))
            for line in lines:
                spans = check_otlp(line)
                names |= {span["name"].split(" ")[0] for span in spans}
                ids |= {span["spanId"] for span in spans}
                count += len(spans)
        self.assertEqual(names, {"invoke_workflow", "invoke_agent", "execute_tool", "chat"})
        self.assertEqual(len(ids), count)

    @unittest.skipUnless(has("opentelemetry.proto") and has("google.protobuf"), "opentelemetry-proto is not installed")
    def test_the_protobuf_parser_reads_the_spans(self) -> None:
        from google.protobuf import json_format
        from opentelemetry.proto.trace.v1.trace_pb2 import TracesData

        for path in ALL_LOGS:
            lines = self.export(path, "otlp").read_text("utf-8").splitlines()
            for line, found in zip(lines, told(path)):
                parsed = json_format.ParseDict(with_base64_ids(json.loads(line)), TracesData())
                spans = parsed.resource_spans[0].scope_spans[0].spans
                # Virtual time begins at 2000-01-01T00:00:00Z.
                self.assertEqual(spans[0].start_time_unix_nano, 946_684_800 * 10**9)
                length = spans[0].end_time_unix_nano - spans[0].start_time_unix_nano
                self.assertEqual(length, round(found.time * 1e9))

    # TensorBoard

    def test_an_event_file_has_the_metrics_of_every_step(self) -> None:
        events = check_event_file(self.export(TINY, "tensorboard").read_bytes())
        self.assertEqual([step for _, step, _ in events], [0, 1, 2])
        metrics = Run(TINY).metrics
        self.assertAlmostEqual(events[1][2]["metrics/executor_reward"], float(str(metrics[1]["executor_reward"])), 6)
        self.assertIn("train/synthesis", events[0][2])
        self.assertNotIn("metrics/credit_error", events[0][2])
        # Two designs of one task, and two executions of each.
        self.assertEqual((events[0][2]["reward/designer"], events[0][2]["advantage/executor"]), (2, 4))
        times = [time for time, _, _ in events]
        self.assertEqual(times, sorted(times))

    @unittest.skipUnless(has("tensorboard"), "tensorboard is not installed")
    def test_tensorboard_reads_the_event_file(self) -> None:
        from tensorboard.backend.event_processing.event_file_loader import EventFileLoader

        events = list(EventFileLoader(str(self.export(TINY, "tensorboard"))).Load())
        self.assertEqual([event.step for event in events], [0, 0, 1, 2])
        kinds = {value.tag: value.metadata.plugin_data.plugin_name for value in events[2].summary.value}
        self.assertEqual((kinds["train/synthesis"], kinds["reward/executor"]), ("scalars", "histograms"))
        tags = {value.tag: value.tensor for value in events[2].summary.value}
        expected = float(str(Run(TINY).metrics[1]["train.synthesis"]))
        self.assertAlmostEqual(tags["train/synthesis"].float_val[0], expected, 6)

    # inspect_ai

    def test_an_eval_file_has_a_sample_an_episode(self) -> None:
        for path in ALL_LOGS:
            samples = check_eval(self.export(path, "eval"))
            self.assertEqual([one["id"] for one in samples], [found.id for found in told(path)])

    @unittest.skipUnless(has("inspect_ai"), "inspect_ai is not installed")
    def test_inspect_dumps_the_eval_file(self) -> None:
        path = self.export(TINY / "episodes.log", "eval")
        command = Path(sys.executable).parent / "inspect"
        done = subprocess.run([command, "log", "dump", path], capture_output=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr.decode()[-2000:])
        dumped = json.loads(done.stdout)
        self.assertEqual(dumped["status"], "success")
        values = [sample["scores"]["verifier"]["value"] for sample in dumped["samples"]]
        self.assertEqual(values, ["C" if found.solved else "I" for found in told(TINY / "episodes.log")])
        kinds = {event["event"] for sample in dumped["samples"] for event in sample["events"]}
        self.assertEqual(kinds, {"span_begin", "span_end", "info", "model", "tool"})

    @unittest.skipUnless(has("inspect_ai"), "inspect_ai is not installed")
    def test_inspect_reads_every_log_sample_by_sample(self) -> None:
        from inspect_ai.log import read_eval_log, read_eval_log_sample_summaries

        for log in ALL_LOGS:
            path, count = self.export(log, "eval"), len(told(log))
            read = read_eval_log(str(path))
            self.assertEqual(len(read.samples or []), count)
            self.assertEqual(len(read_eval_log_sample_summaries(str(path))), count)

    # All

    def test_equal_logs_give_equal_bytes(self) -> None:
        for format in ("eval", "chrome-trace", "otlp", "tensorboard"):
            first, second = (self.export(TINY, format).read_bytes() for _ in range(2))
            self.assertEqual(first, second, format)

    def test_a_filter_chooses_and_errors_leave_no_file(self) -> None:
        tools = self.export(TINY, "otlp", "--design", "tool run").read_text("utf-8").splitlines()
        self.assertTrue(0 < len(tools) < len(told(TINY / "episodes.log")))
        before = sorted(self.directory.iterdir())
        for options, reason in [
            (("--to", "evel"), "did you mean 'eval'"),
            (("--to", "eval", "--family", "none"), "no episode is as asked for"),
            (("--to", "eval", "--episode", "none"), "no episode none"),
            (("--to", "tensorboard", "--failed"), "--failed"),
            ((), "--to FORMAT is missing"),
        ]:
            with self.assertRaisesRegex(ProgramError, reason) as caught:
                Program().run("export", TINY, "--out", self.directory / "new", *options)
            self.assertEqual(caught.exception.code, 2)
        with self.assertRaisesRegex(ProgramError, "exists"):
            Program().run("export", TINY, "--to", "otlp", "--out", before[0])
        self.assertEqual(sorted(self.directory.iterdir()), before)


class CommandTests(unittest.TestCase):
    def run_main(self, *arguments: object) -> tuple[int, str]:
        source = os.fspath(Path(__file__).resolve().parents[1] / "src")
        command = [sys.executable, "-m", "troupe", *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, env={**os.environ, "PYTHONPATH": source}, check=False)
        return done.returncode, (done.stdout + done.stderr).decode()

    @unittest.skipUnless(has("pyarrow"), "pyarrow is not installed")
    def test_every_export_can_be_asked_for(self) -> None:
        with tempfile.TemporaryDirectory() as name, contextlib.redirect_stdout(io.StringIO()):
            for verb in ("to-parquet", "to-arrow"):
                self.assertEqual(main([verb, str(TINY / "episodes.log"), name, "--limit", "2"]), 0)
            self.assertEqual(len(list(Path(name).iterdir())), 4)

    def test_a_log_is_checked_and_printed_and_errors_end_with_2(self) -> None:
        self.assertEqual(
            self.run_main("check", TINY / "episodes.log"), (0, "18 episodes; version 4; written by troupe 0.1.0\n")
        )
        code, lines = self.run_main("json", "--events", FIXTURES / "forks.log")
        self.assertEqual((code, strict_json(lines.splitlines()[0])["schema"]), (0, "troupe.log"))
        for arguments in (
            ("check", TINY / "none.log"),
            ("check", TINY / "metrics.csv"),
        ):
            code, text = self.run_main(*arguments)
            self.assertEqual(code, 2)
            self.assertTrue(text.startswith("troupe: "), text)
            self.assertEqual(text.count("\n"), 1)


if __name__ == "__main__":
    unittest.main()
