"""Puts a page together from Sources/CViewer/page, where page.html names the files in order."""

import json
import re
from pathlib import Path

VIEWER = Path(__file__).resolve().parents[2] / "Sources" / "CViewer" / "page"


def code(script: str) -> str:
    """The script without its comments and indentation, which a page need not carry: about a third of it."""
    kept, is_comment = [], False
    for line in map(str.strip, script.split("\n")):
        begins, ends = line.startswith("/*"), line.endswith("*/")
        if not (is_comment or line.startswith("//") or line == "" or (begins and (ends or "*/" not in line))):
            kept.append(line)
        is_comment = (is_comment or (begins and "*/" not in line)) and not ends
    return "\n".join(kept) + "\n"


def page(data: dict) -> str:
    """The one file that holds style, script and data."""
    text = (VIEWER / "page.html").read_text()
    scripts = re.findall(r'<script src="([^"]+)"></script>\n', text)
    style = (VIEWER / "viewer.css").read_text()
    script = "".join(code((VIEWER / name).read_text()) for name in scripts)
    content = json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    text = re.sub(r'<script src="[^"]+"></script>\n', "", text)
    text = text.replace('<link rel="stylesheet" href="viewer.css">', f"<style>\n{style}</style>")
    text = text.replace(
        'id="troupe-data"></script>', f'id="troupe-data">{content}</script>\n<script>\n{script}</script>'
    )
    return text
