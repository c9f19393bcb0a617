"""The program whose pages are tested: the one that $TROUPE names, or that `make build` has built."""

import json
import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = Path(os.environ.get("TROUPE", ROOT / ".build/release/troupe")).resolve()


def troupe(*arguments, code: int = 0) -> str:
    """Runs the program, which has to end with this exit code, and returns what it prints."""
    done = subprocess.run(
        [PROGRAM, *map(str, arguments)], capture_output=True, text=True, env={**os.environ, "TERM": "dumb"}
    )
    if done.returncode != code:
        raise AssertionError(f"{arguments} ended with {done.returncode}: {done.stderr}")
    return done.stdout


def json_lines(*arguments) -> list[dict]:
    """What the program prints with --json."""
    return [json.loads(line) for line in troupe(*arguments, "--json").splitlines()]


def page_data(page: Path) -> dict:
    """The data in a page that the program wrote."""
    text = page.read_text()
    start = text.index('id="troupe-data">') + len('id="troupe-data">')
    return json.loads(text[start : text.index("</script>", start)])
