"""Run directories, which ``troupe train`` writes, and studies, which ``troupe study`` writes."""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Union

from .errors import TroupeError
from .log import Log

if TYPE_CHECKING:
    import pandas

Cell = Union[None, int, float, str]


def _cell(text: str) -> Cell:
    if text == "":
        return None
    for number in (int, float):
        try:
            return number(text)
        except ValueError:
            pass
    return text


class Table(list[dict[str, Cell]]):
    """The lines of a CSV file: a list of dicts, which :meth:`frame` makes a data frame of.

    Numbers are numbers, and an empty cell is ``None``. A last line that is still being written is left out.
    """

    def __init__(self, path: Path) -> None:
        text = path.read_text("utf-8")
        rows = csv.reader(text[: text.rfind("\n") + 1].splitlines())
        self.columns = next(rows, [])
        super().__init__(dict(zip(self.columns, map(_cell, row))) for row in rows if len(row) == len(self.columns))

    def frame(self) -> pandas.DataFrame:
        """Raises :class:`troupe.MissingPackage` if pandas is not installed."""
        from .frames import frame

        return frame(self, self.columns)


class _Directory:
    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        if not self.path.is_dir():
            raise TroupeError(f"{self.path}: no such directory")

    def __repr__(self) -> str:
        return f"<troupe.{type(self).__name__} {self.path}>"

    def _table(self, name: str) -> Table:
        file = self.path / name
        if not file.is_file():
            raise TroupeError(
                f"{file}: there is no such file, so this is no {type(self).__name__.lower()}, or it is not finished"
            )
        return Table(file)


class Run(_Directory):
    """A run directory. Files are read when they are asked for; a missing one is a :class:`troupe.TroupeError`."""

    def log(self, *, verify: bool = True) -> Log:
        """Opens the log of the run's episodes."""
        return Log(self.path / "episodes.log", verify=verify)

    @property
    def scenario(self) -> str:
        """The scenario as it was run, with every setting spelt out: JSON5, which here is JSON."""
        return (self.path / "scenario.json5").read_text("utf-8")

    @property
    def metrics(self) -> Table:
        """``metrics.csv``: a line for each training step."""
        return self._table("metrics.csv")

    @property
    def timings(self) -> Table:
        """``timings.csv``: the wall-clock seconds of each step by its parts. A resumed run may repeat a step."""
        return self._table("timings.csv")

    @property
    def evaluation(self) -> Table:
        """``evaluation.csv``: the successes of every compared policy on held-out tasks."""
        return self._table("evaluation.csv")

    @property
    def designs(self) -> Table:
        """``designs.csv``: which designs the last evaluations saw. Older runs have none."""
        return self._table("designs.csv")

    @property
    def outcomes(self) -> list[dict[str, object]]:
        """``outcomes.json``: which held-out tasks each policy solved, a digit for each. A finished run has it."""
        file = self.path / "outcomes.json"
        try:
            return list(json.loads(file.read_text("utf-8")))
        except OSError as error:
            raise TroupeError(f"{file}: cannot be read, so the run is not finished: {error}") from error

    @property
    def is_finished(self) -> bool:
        """Whether the run came to its end: ``outcomes.json`` is the last file that it writes."""
        return (self.path / "outcomes.json").is_file()


class Study(_Directory):
    """The directory of a study. Every table has a column ``arm`` and one ``seed``."""

    @property
    def results(self) -> Table:
        """``results.csv``: the successes of each arm, seed, policy, family and decoding."""
        return self._table("results.csv")

    @property
    def training(self) -> Table:
        """``training.csv``: what the training of each arm and seed cost."""
        return self._table("training.csv")

    @property
    def curves(self) -> Table:
        """``curves.csv``: the success on held-out tasks during training."""
        return self._table("curves.csv")

    @property
    def runs(self) -> list[Run]:
        """The run directories in the study's directory, by name."""
        return [Run(path.parent) for path in sorted(self.path.glob("*/metrics.csv"))]
