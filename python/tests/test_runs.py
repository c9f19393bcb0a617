"""Run directories, studies and data frames."""

from __future__ import annotations

import importlib.util
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from troupe import Log, MissingPackage, Run, Study, TroupeError
from troupe.frames import call_rows, episode_rows, event_rows

from .made_logs import FIXTURES, SWIFT_FIXTURES

TINY = FIXTURES / "tiny"
HAS_PANDAS = importlib.util.find_spec("pandas") is not None


class RunTests(unittest.TestCase):
    def test_metrics_are_numbers_and_empty_cells_are_none(self) -> None:
        metrics = Run(TINY).metrics
        self.assertEqual([row["step"] for row in metrics], [0, 1, 2])
        self.assertEqual([row["role"] for row in metrics], ["designer", "executor", "executor"])
        self.assertIsInstance(metrics[0]["executor_reward"], float)
        self.assertIsNone(metrics[0]["credit_error"])
        self.assertEqual(metrics.columns[:3], ["step", "stage", "role"])

    def test_a_run_has_its_other_tables_log_and_scenario(self) -> None:
        run = Run(TINY)
        self.assertTrue(run.is_finished)
        self.assertEqual({row["phase"] for row in run.timings}, {"cold", "train"})
        self.assertEqual(run.evaluation[0]["policy"], "cold start")
        self.assertIn("script", run.designs.columns)
        self.assertEqual(run.outcomes[0]["family"], "synthesis")
        self.assertIn('"name": "tiny"', run.scenario)
        with run.log() as log:
            self.assertEqual(len(log.ids), 18)

    def test_what_is_missing_is_an_error_that_names_the_file(self) -> None:
        with tempfile.TemporaryDirectory() as name:
            for ask in (lambda: Run(name).metrics, lambda: Run(name).outcomes, lambda: Study(name).results):
                with self.assertRaisesRegex(TroupeError, name):
                    ask()
            self.assertFalse(Run(name).is_finished)
            with self.assertRaises(TroupeError):
                Run(Path(name) / "none")

    def test_a_line_that_is_still_being_written_is_left_out(self) -> None:
        with tempfile.TemporaryDirectory() as name:
            (Path(name) / "metrics.csv").write_text('step,role\n0,"a, b"\n1,desig')
            self.assertEqual(list(Run(name).metrics), [{"step": 0, "role": "a, b"}])
            (Path(name) / "metrics.csv").write_text("")
            self.assertEqual(list(Run(name).metrics), [])

    def test_a_study_has_results_training_and_curves(self) -> None:
        with tempfile.TemporaryDirectory() as name:
            directory = Path(name)
            (directory / "results.csv").write_text(
                "study,arm,seed,policy,family,decoding,successes\ns,in turn,1,trained,sums,T = 1,7\n"
            )
            (directory / "training.csv").write_text("study,arm,seed,steps\ns,in turn,1,60\n")
            (directory / "curves.csv").write_text("study,arm,seed,steps,held_out\ns,in turn,1,10,0.25\n")
            (directory / "in-turn-seed-1").mkdir()
            (directory / "in-turn-seed-1/metrics.csv").write_text("step\n0\n")
            study = Study(directory)
            self.assertEqual(study.results[0]["successes"], 7)
            self.assertEqual(study.training[0]["arm"], "in turn")
            self.assertEqual(study.curves[0]["held_out"], 0.25)
            self.assertEqual([run.path.name for run in study.runs], ["in-turn-seed-1"])


class RowTests(unittest.TestCase):
    def test_there_is_a_row_for_each_episode_call_and_event(self) -> None:
        with Log(TINY / "episodes.log") as log:
            episodes = list(episode_rows(log))
            self.assertEqual([row["id"] for row in episodes], log.ids)
            executions = [row for row in episodes if row["kind"] == "execution"]
            self.assertEqual(len(executions), 12)
            self.assertEqual({row["status"] for row in executions}, {"finished"})
            calls = list(call_rows(log))
            counts = [int(str(row["calls"])) + int(str(row["tool_calls"])) for row in executions]
            self.assertEqual(len(calls), sum(counts))
            for row in calls:
                self.assertEqual(row["tool"], row["prompt"] is None)
                self.assertEqual(row["tool"], row["text"] is None)
            found = log[str(executions[0]["id"])]
            rows = list(event_rows(found))
            self.assertEqual([row["event"] for row in rows], list(range(found.event_count)))
            self.assertEqual(sum(bool(row["inherited"]) for row in rows), found.inherited)
            self.assertEqual(len(list(episode_rows(log, limit=3))), 3)

    def test_without_pandas_the_error_says_what_to_install(self) -> None:
        with mock.patch.dict(sys.modules, {"pandas": None}), Log(SWIFT_FIXTURES / "tasks.log") as log:
            with self.assertRaisesRegex(MissingPackage, r"pip install 'troupe\[frames\]'"):
                log.episodes_frame()
            with self.assertRaises(MissingPackage):
                Run(TINY).metrics.frame()

    @unittest.skipUnless(HAS_PANDAS, "pandas is not installed")
    def test_frames_have_the_rows(self) -> None:
        with Log(TINY / "episodes.log") as log:
            frame = log.episodes_frame()
            self.assertEqual(list(frame["id"]), log.ids)
            self.assertEqual(frame["seed"].dtype, "uint64")
            self.assertEqual(len(log.calls_frame()), len(list(call_rows(log))))
            self.assertEqual(len(log.events_frame(log.ids[1])), log[log.ids[1]].event_count)
        self.assertEqual(list(Run(TINY).metrics.frame()["step"]), [0, 1, 2])


if __name__ == "__main__":
    unittest.main()
