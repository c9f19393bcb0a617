"""What the tests of pages share: a browser, the look at a page, and the checks that hold of every page."""

import json
import re
import tempfile
import unittest
from pathlib import Path

from browser import Browser


def browser_numbers(value):
    """The same data with whole numbers as JavaScript has them, which rounds those beyond 2^53."""
    if isinstance(value, list):
        return [browser_numbers(one) for one in value]
    if isinstance(value, dict):
        return {name: browser_numbers(one) for name, one in value.items()}
    return int(float(value)) if isinstance(value, int) and not isinstance(value, bool) else value


class PageCase(unittest.TestCase):
    """Opens the pages that `files` names. No page may load anything, or have errors in its console."""

    files: dict[str, Path] = {}
    pictures = Path(tempfile.gettempdir()) / "viewer-pictures"

    @classmethod
    def setUpClass(cls):
        cls.pictures.mkdir(parents=True, exist_ok=True)
        cls.directory = tempfile.TemporaryDirectory()
        cls.browser = Browser()

    @classmethod
    def tearDownClass(cls):
        cls.browser.close()
        cls.directory.cleanup()

    def setUp(self):
        self.browser.problems.clear()
        self.browser.requests.clear()
        self.browser.size(1440, 900)
        self.browser.theme("light")

    def tearDown(self):
        self.assertEqual(self.browser.problems, [], "the console has errors")
        elsewhere = [url for url in self.browser.requests if not url.startswith(("file:", "data:", "about:"))]
        self.assertEqual(elsewhere, [], "the page loads something")

    def open(self, name, place="", width=1440, height=900, theme="light"):
        self.browser.size(width, height)
        self.browser.theme(theme)
        self.browser.open(self.files[name], place)

    def value(self, text):
        return self.browser.run(text)

    def text(self, selector):
        return self.value(f"document.querySelector({json.dumps(selector)}).innerText")

    def count(self, selector):
        return self.value(f"document.querySelectorAll({json.dumps(selector)}).length")

    def click(self, selector, place=0):
        self.value(f"document.querySelectorAll({json.dumps(selector)})[{place}].click()")

    def focus(self, selector, place=0):
        self.value(f"document.querySelectorAll({json.dumps(selector)})[{place}].focus()")

    def enter(self, selector, value):
        """Types into a field, or chooses from a list."""
        self.value(
            f"{{ const field = document.querySelector({json.dumps(selector)});"
            f" field.value = {json.dumps(value)};"
            " field.dispatchEvent(new Event('input')); field.dispatchEvent(new Event('change')) }"
        )

    def width(self):
        return self.value("document.documentElement.scrollWidth")

    def shown_event(self):
        """The event in the player, as the JSON that it shows; `None` where that is cut because it is long."""
        return self.value(
            "(text => { try { return JSON.parse(text) } catch { return null } })"
            "(document.querySelector('details.json pre').textContent)"
        )

    def charts(self):
        """The titles of the charts. Each has something drawn in it, and no coordinate that is no number."""
        found = self.value("""[...document.querySelectorAll('.figure')].map(figure => ({
          title: figure.querySelector('h3, h4').textContent,
          marks: figure.querySelectorAll('.curve[d], .area[d], .heat, .whisker').length,
          odd: [...figure.querySelectorAll('path, rect')]
            .some(mark => /NaN|Infinity/.test(mark.outerHTML)) }))""")
        for chart in found:
            self.assertGreater(chart["marks"], 0, chart["title"])
            self.assertFalse(chart["odd"], chart["title"])
        return [chart["title"] for chart in found]

    def check_ground(self, theme):
        ground = self.value("getComputedStyle(document.body).backgroundColor")
        self.assertEqual(sum(map(int, re.findall(r"\d+", ground)[:3])) > 380, theme == "light", ground)

    def serious_findings(self):
        """What axe calls serious or critical on the page that is open."""
        try:
            import axe_core_python
        except ImportError:
            self.skipTest("axe-core-python is not installed")
        source = next(Path(axe_core_python.__file__).parent.rglob("axe.min.js")).read_text()
        self.value(source + "; 0")
        result = self.value(
            "axe.run(document, { resultTypes: ['violations'] }).then(result =>"
            " result.violations.map(one => [one.id, one.impact, one.nodes.slice(0, 3).map(node =>"
            " node.html.slice(0, 160) + (node.any[0] ? ' ' + node.any[0].message : ''))]))"
        )
        return [one for one in result if one[1] in ("serious", "critical")]
