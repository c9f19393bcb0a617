"""Every export against a strict check of its format, and against its real reader where that is installed."""

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

from troupe import Episode, Log, MissingPackage, Run, cbor
from troupe.__main__ import main
from troupe.export import chrome_trace, inspect_eval, otlp, parquet, tensorboard
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


def all_episodes() -> list[Episode]:
    episodes: list[Episode] = []
    for path in ALL_LOGS:
        with Log(path) as log:
            episodes += log
    return episodes


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

    # Chrome

    def test_work_that_partly_overlaps_other_work_has_a_thread_of_its_own(self) -> None:
        path = self.directory / "trace.json"
        with Scratch(log_of_records([episode("asks", ASKS, 12)])) as log_path, Log(log_path) as log:
            chrome_trace.write(log, path)
        check_chrome_trace(path.read_text("utf-8"))
        entries = strict_json(path.read_text("utf-8"))["traceEvents"]
        names = [entry["args"]["name"] for entry in entries if entry["name"] == "thread_name"]
        self.assertIn("c (2)", names)

    def test_events_are_drawn_in_their_order_none_at_the_time_of_another(self) -> None:
        path = self.directory / "trace.json"
        for found in all_episodes():
            chrome_trace.write([found], path)
            entries = strict_json(path.read_text("utf-8"))["traceEvents"]
            moments = [(entry["ts"], entry["args"]["event"]) for entry in entries if entry.get("cat") == "event"]
            self.assertEqual([number for _, number in moments], list(range(found.event_count)))
            self.assertEqual(len({moment for moment, _ in moments}), found.event_count)

    def test_chrome_traces_keep_the_rules_of_perfetto(self) -> None:
        path = self.directory / "trace.json"
        for episodes in [*([found] for found in all_episodes()), all_episodes()]:
            chrome_trace.write(episodes, path)
            counts = check_chrome_trace(path.read_text("utf-8"))
            self.assertEqual(counts.get("s"), counts.get("f"))
        self.assertGreater(counts["s"], 100)

    def test_a_trace_has_a_track_for_each_actor_and_an_arrow_for_each_message(self) -> None:
        path = self.directory / "trace.json"
        with Log(SWIFT_FIXTURES / "tasks.log") as log:
            chrome_trace.write([log["run/episode-0"]], path)
        entries = strict_json(path.read_text("utf-8"))["traceEvents"]
        names = [entry["args"]["name"] for entry in entries if entry["name"] == "thread_name"]
        actors = ["root", "root/environment", "root/environment/designer", "root/environment/a", "root/environment/b"]
        self.assertEqual(sorted(names), sorted(actors))
        (chat,) = [entry for entry in entries if entry.get("cat") == "chat" and entry["args"]["text"] == "3 * 2"]
        # 0.08 s of virtual time, and the nanoseconds by which simultaneous events are drawn apart.
        self.assertAlmostEqual(chat["dur"], 80_000, delta=0.02)
        # Each message but the first, whose sender had no event before.
        self.assertEqual(sum(entry["ph"] == "s" for entry in entries), 6)

    # OTLP

    def test_spans_keep_the_rules_of_otlp_json_and_the_genai_conventions(self) -> None:
        path = self.directory / "spans.jsonl"
        episodes = all_episodes()
        otlp.write(episodes, path, start=1_700_000_000 * 10**9)
        lines = path.read_text("utf-8").splitlines()
        self.assertEqual(len(lines), len(episodes))
        names = set()
        for line in lines:
            names |= {span["name"].split(" ")[0] for span in check_otlp(line)}
        self.assertEqual(names, {"invoke_workflow", "invoke_agent", "execute_tool", "chat"})

    @unittest.skipUnless(has("opentelemetry.proto") and has("google.protobuf"), "opentelemetry-proto is not installed")
    def test_the_protobuf_parser_reads_the_spans(self) -> None:
        from google.protobuf import json_format
        from opentelemetry.proto.trace.v1.trace_pb2 import TracesData

        for found in all_episodes():
            data = json.loads(json.dumps(otlp.traces_data(found)))
            parsed = json_format.ParseDict(with_base64_ids(data), TracesData())
            spans = parsed.resource_spans[0].scope_spans[0].spans
            self.assertEqual(spans[0].trace_id.hex(), otlp.trace_id(found))
            self.assertEqual(spans[0].end_time_unix_nano, round(found.time * 1e9))

    # TensorBoard

    def test_an_event_file_has_the_metrics_of_every_step(self) -> None:
        path = tensorboard.write(Run(TINY), self.directory)
        events = check_event_file(path.read_bytes())
        self.assertEqual([step for _, step, _ in events], [0, 1, 2])
        metrics = Run(TINY).metrics
        self.assertAlmostEqual(events[1][2]["metrics/executor_reward"], float(str(metrics[1]["executor_reward"])), 6)
        self.assertIn("train/synthesis", events[0][2])
        self.assertNotIn("metrics/credit_error", events[0][2])
        times = [time for time, _, _ in events]
        self.assertEqual(times, sorted(times))

    @unittest.skipUnless(has("tensorboard"), "tensorboard is not installed")
    def test_tensorboard_reads_the_event_file(self) -> None:
        from tensorboard.backend.event_processing.event_file_loader import EventFileLoader

        path = tensorboard.write(Run(TINY), self.directory)
        events = list(EventFileLoader(str(path)).Load())
        self.assertEqual([event.step for event in events], [0, 0, 1, 2])
        tags = {value.tag: value.tensor.float_val[0] for value in events[2].summary.value}
        self.assertAlmostEqual(tags["train/synthesis"], float(str(Run(TINY).metrics[1]["train.synthesis"])), 6)

    # inspect_ai

    def test_an_eval_file_has_a_sample_an_episode(self) -> None:
        for log_path in ALL_LOGS:
            path = self.directory / f"{log_path.stem}.eval"
            with Log(log_path) as log:
                count = inspect_eval.write(log, path)
                samples = check_eval(path)
                self.assertEqual(len(samples), count)
                self.assertEqual([one["id"] for one in samples], [found.id for found in log if found.kind != "design"])

    def test_an_event_after_an_actors_work_is_in_no_span(self) -> None:
        path = self.directory / "asks.eval"
        with Scratch(log_of_records([episode("asks", ASKS, 12)])) as log_path, Log(log_path) as log:
            inspect_eval.write(log, path)
        (sample,) = check_eval(path)
        inside = {one["metadata"]["event"]: one.get("span_id") for one in sample["events"] if one["event"] == "info"}
        self.assertEqual((inside[1], inside[2], inside[5], inside[10]), ("agent-1", "agent-2", None, "agent-10"))

    @unittest.skipUnless(has("inspect_ai"), "inspect_ai is not installed")
    def test_inspect_dumps_the_eval_file(self) -> None:
        path = self.directory / "tiny.eval"
        with Log(TINY / "episodes.log") as log:
            inspect_eval.write(log, path)
            solved = [found.solved for found in log if found.kind == "execution"]
        command = Path(sys.executable).parent / "inspect"
        done = subprocess.run([command, "log", "dump", path], capture_output=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr.decode()[-2000:])
        dumped = json.loads(done.stdout)
        self.assertEqual(dumped["status"], "success")
        values = [sample["scores"]["verifier"]["value"] for sample in dumped["samples"]]
        self.assertEqual(values, ["C" if one else "I" for one in solved])
        kinds = {event["event"] for sample in dumped["samples"] for event in sample["events"]}
        self.assertEqual(kinds, {"span_begin", "span_end", "info", "model", "tool"})

    @unittest.skipUnless(has("inspect_ai"), "inspect_ai is not installed")
    def test_inspect_reads_every_log_sample_by_sample(self) -> None:
        from inspect_ai.log import read_eval_log, read_eval_log_sample_summaries

        for log_path in ALL_LOGS:
            path = self.directory / f"{log_path.stem}.eval"
            with Log(log_path) as log:
                count = inspect_eval.write(log, path)
            read = read_eval_log(str(path))
            self.assertEqual(len(read.samples or []), count)
            self.assertEqual(len(read_eval_log_sample_summaries(str(path))), count)

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

    # All

    def test_equal_logs_give_equal_bytes(self) -> None:
        results = []
        for _ in range(2):
            with Log(TINY / "episodes.log") as log:
                inspect_eval.write(log, self.directory / "a.eval")
                chrome_trace.write(log, self.directory / "a.json")
                otlp.write(log, self.directory / "a.otlp")
            files = sorted(self.directory.glob("a.*"))
            results.append([file.read_bytes() for file in files])
        self.assertEqual(results[0], results[1])


class CommandTests(unittest.TestCase):
    def run_main(self, *arguments: object) -> tuple[int, str]:
        source = os.fspath(Path(__file__).resolve().parents[1] / "src")
        command = [sys.executable, "-m", "troupe", *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, env={**os.environ, "PYTHONPATH": source}, check=False)
        return done.returncode, (done.stdout + done.stderr).decode()

    def test_every_export_can_be_asked_for(self) -> None:
        with tempfile.TemporaryDirectory() as name, contextlib.redirect_stdout(io.StringIO()):
            log = TINY / "episodes.log"
            for verb in ("to-eval", "to-chrome-trace", "to-otlp"):
                target = Path(name) / verb
                self.assertEqual(main([verb, str(log), str(target), "--limit", "2"]), 0)
                self.assertTrue(target.stat().st_size)
                self.assertEqual(main([verb, str(log), str(target), "--episode", "step-0/task-0/design-0"]), 0)
            self.assertEqual(main(["to-tensorboard", str(TINY), name]), 0)

    def test_a_log_is_checked_and_printed_and_errors_end_with_2(self) -> None:
        self.assertEqual(
            self.run_main("check", TINY / "episodes.log"), (0, "18 episodes; version 4; written by troupe 0.1.0\n")
        )
        code, lines = self.run_main("json", "--events", FIXTURES / "forks.log")
        self.assertEqual((code, strict_json(lines.splitlines()[0])["schema"]), (0, "troupe.log"))
        for arguments in (
            ("check", TINY / "none.log"),
            ("check", TINY / "metrics.csv"),
            ("to-otlp", TINY / "episodes.log", "/dev/null", "--episode", "none"),
        ):
            code, text = self.run_main(*arguments)
            self.assertEqual(code, 2)
            self.assertTrue(text.startswith("troupe: "), text)
            self.assertEqual(text.count("\n"), 1)


if __name__ == "__main__":
    unittest.main()
