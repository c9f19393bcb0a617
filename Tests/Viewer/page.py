"""Puts a page together from Sources/Sim/Report/Viewer, where page.html names the files in order."""

import json
import re
from pathlib import Path

VIEWER = Path(__file__).resolve().parents[2] / "Sources" / "Sim" / "Report" / "Viewer"


def page(data: dict) -> str:
    """The one file that holds style, script and data."""
    text = (VIEWER / "page.html").read_text()
    scripts = re.findall(r'<script src="([^"]+)"></script>\n', text)
    style = (VIEWER / "viewer.css").read_text()
    script = "\n".join((VIEWER / name).read_text() for name in scripts)
    content = json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    text = re.sub(r'<script src="[^"]+"></script>\n', "", text)
    text = text.replace('<link rel="stylesheet" href="viewer.css">', f"<style>\n{style}</style>")
    text = text.replace(
        'id="troupe-data"></script>', f'id="troupe-data">{content}</script>\n<script>\n{script}</script>'
    )
    return text
