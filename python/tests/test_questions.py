"""Problems of reasoning-gym as a file of questions."""

import json
import tempfile
import unittest
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path

from troupe import reasoning_gym_questions as made

try:
    import reasoning_gym
except ImportError:
    reasoning_gym = None


@unittest.skipIf(reasoning_gym is None, "needs reasoning-gym")
class QuestionsTests(unittest.TestCase):
    def test_each_line_is_a_question_with_the_answer_that_the_scorer_wants(self) -> None:
        lines = list(made.questions("leg_counting", 40, seed=7, level=3, max_animals=3))
        self.assertEqual(len(lines), 40)
        self.assertEqual(len({line["question"] for line in lines}), 40)
        self.assertTrue(all(line["level"] == 3 and line["verifier"] == "number" for line in lines))
        dataset = reasoning_gym.create_dataset("leg_counting", size=40, seed=7, max_animals=3)
        for line, entry in zip(lines, dataset):
            self.assertEqual(dataset.score_answer(line["answer"], entry), 1.0)

    def test_the_same_seed_draws_the_same(self) -> None:
        one, two, other = (list(made.questions("gcd", 9, seed)) for seed in (1, 1, 2))
        self.assertEqual(one, two)
        self.assertNotEqual(one, other)

    def test_kinds_of_which_several_answers_are_right_are_refused(self) -> None:
        kinds = made.kinds()
        self.assertIn("leg_counting", kinds)
        for kind in ("countdown", "n_queens", "no_such_kind"):
            self.assertNotIn(kind, kinds)
            with self.assertRaises(made.NotOneAnswer):
                list(made.questions(kind, 1, 1))

    def test_the_command(self) -> None:
        with tempfile.TemporaryDirectory() as directory:
            out = Path(directory) / "legs.jsonl"
            said, complaint = StringIO(), StringIO()
            with redirect_stdout(said), redirect_stderr(complaint):
                self.assertEqual(made.main(["leg_counting", "--count", "5", "--out", str(out)]), 0)
                self.assertEqual(made.main(["gcd", "--count", "4", "--level", "2", "--append", "--out", str(out)]), 0)
                self.assertEqual(made.main(["countdown", "--out", str(out)]), 2)
                self.assertEqual(made.main(["gcd", "--set", "no_such_setting=1", "--out", str(out)]), 2)
            lines = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
            self.assertEqual([line["level"] for line in lines], [1] * 5 + [2] * 4)
            self.assertIn("5 problems in", said.getvalue())
            self.assertIn("countdown is no kind", complaint.getvalue())
