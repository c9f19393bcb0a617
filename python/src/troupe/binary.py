"""Runs the ``troupe`` program and reads its JSON."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator

from .errors import TroupeError


class ProgramError(TroupeError):
    """The program could not be run, or ended with an exit code that says so: 2 for bad input, 3 for an internal fault."""

    def __init__(self, text: str, code: int | None = None) -> None:
        super().__init__(text)
        self.code = code


class Program:
    """The ``troupe`` program: the one given, else the one that ``$TROUPE`` names, else the first on ``$PATH``."""

    def __init__(self, path: str | os.PathLike[str] | None = None) -> None:
        found = os.fspath(path) if path is not None else os.environ.get("TROUPE") or shutil.which("troupe")
        if not found or not shutil.which(found):
            where = found or "neither an argument, nor $TROUPE, nor $PATH names it"
            raise ProgramError(f"the troupe program was not found: {where}")
        self.path = found

    def run(self, *arguments: str | os.PathLike[str], accept: tuple[int, ...] = (0,)) -> str:
        """Returns what the program printed. Raises :class:`ProgramError` for an exit code that is not in ``accept``.

        1 means that what was checked does not hold, as after ``run`` of a scenario that fails.
        """
        command = [self.path, *(os.fspath(argument) for argument in arguments)]
        done = subprocess.run(command, capture_output=True, check=False)
        if done.returncode not in accept:
            reason = done.stderr.decode("utf-8", "replace").strip()
            raise ProgramError(f"{' '.join(command)} ended with {done.returncode}: {reason}", done.returncode)
        return done.stdout.decode("utf-8")

    def lines(self, *arguments: str | os.PathLike[str]) -> Iterator[dict[str, object]]:
        """Runs a verb with ``--json`` and yields the objects that it prints, one a line, as they come."""
        command = [self.path, *(os.fspath(argument) for argument in arguments), "--json"]
        with tempfile.TemporaryFile() as complaints:
            process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=complaints)
            assert process.stdout is not None
            try:
                for line in process.stdout:
                    yield json.loads(line)
            except GeneratorExit:
                # The caller wants no further lines.
                process.terminate()
                raise
            finally:
                process.stdout.close()
                process.wait()
            complaints.seek(0)
            reason = complaints.read().decode("utf-8", "replace").strip()
        if process.returncode not in (0, 1):
            raise ProgramError(f"{' '.join(command)} ended with {process.returncode}: {reason}", process.returncode)

    def log(
        self, log: str | os.PathLike[str], episode: str | None = None, *, events: bool = False
    ) -> Iterator[dict[str, object]]:
        """The lines of ``troupe log LOG --json``: of all episodes, or of one with its events.

        ``events`` asks for the events of all episodes. Programs of version 0.1.0 print these in any case, and nothing else.
        """
        chosen = [] if episode is None else ["--episode", episode]
        if events and "--events" in self.run("log", "--help"):
            chosen.append("--events")
        return self.lines("log", log, *chosen)
