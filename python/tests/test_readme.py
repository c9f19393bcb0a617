"""The code in README.md runs as it stands."""

from __future__ import annotations

import contextlib
import io
import os
import re
import unittest

import troupe

from .made_logs import PYTHON


class ReadmeTests(unittest.TestCase):
    def test_the_ten_lines_run(self) -> None:
        (code,) = re.findall(r"```python\n(.*?)```", (PYTHON / "README.md").read_text("utf-8"), re.DOTALL)
        self.assertLessEqual(code.count("\n"), 12)
        before = os.getcwd()
        os.chdir(PYTHON)
        try:
            with contextlib.redirect_stdout(io.StringIO()) as printed:
                exec(code, {})
        finally:
            os.chdir(before)
        self.assertIn("step-2/task-0/design-1/execution-1", printed.getvalue())
        self.assertIn("was asked", printed.getvalue())

    def test_all_that_the_package_names_is_there(self) -> None:
        for name in troupe.__all__:
            self.assertTrue(getattr(troupe, name).__doc__, name)


if __name__ == "__main__":
    unittest.main()
