"""The notebook is executed as a reader would execute it. It is kept without outputs."""

from __future__ import annotations

import importlib.util
import json
import os
import unittest
from unittest import mock

from .made_logs import PYTHON

NOTEBOOK = PYTHON / "notebooks/first-look.ipynb"
NEEDS = ("nbclient", "nbformat", "ipykernel", "pandas", "matplotlib")


class NotebookTests(unittest.TestCase):
    def test_it_is_kept_without_outputs(self) -> None:
        for cell in json.loads(NOTEBOOK.read_text("utf-8"))["cells"]:
            self.assertFalse(cell.get("outputs"))
            self.assertIsNone(cell.get("execution_count"))

    @unittest.skipUnless(all(map(importlib.util.find_spec, NEEDS)), f"needs {', '.join(NEEDS)}")
    def test_every_cell_runs_and_two_of_them_draw(self) -> None:
        import nbformat
        from nbclient import NotebookClient

        notebook = nbformat.read(NOTEBOOK, as_version=4)
        paths = os.pathsep.join([str(PYTHON / "src"), os.environ.get("PYTHONPATH", "")])
        with mock.patch.dict(
            os.environ, {"PYTHONPATH": paths, "MPLBACKEND": "module://matplotlib_inline.backend_inline"}
        ):
            os.environ.pop("TROUPE_RUN", None)
            client = NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(NOTEBOOK.parent)}})
            client.execute()
        outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
        self.assertEqual([output for output in outputs if output.output_type == "error"], [])
        pictures = [output for output in outputs if "image/png" in output.get("data", {})]
        self.assertEqual(len(pictures), 2)


if __name__ == "__main__":
    unittest.main()
