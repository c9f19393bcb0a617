#!/usr/bin/env python3
"""Opens pages that the built program wrote: of a training of seconds, and of an episode that fails.

    TROUPE=.build/release/troupe program_test.py [--pictures DIRECTORY] [NAME ...]

viewer_test.py has more about the pages themselves; this test holds the program's data to them.
"""

import argparse
import csv
import json
import sys
import unittest
from pathlib import Path
from urllib.parse import quote

from page_case import PageCase, browser_numbers
from program import json_lines, page_data, troupe

HERE = Path(__file__).parent

# The answer comes after nine seconds. Before it, b tells c twice, which is once too often.
BROKEN = """
{
  agents: [
    { name: "a", lines: [{ say: "why?", to: "b" }, { on: "because", say: "I see", reward: 1 }] },
    { name: "b", lines: [
      { on: "why?", after: 1, say: "wait", to: "c" }, { on: "why?", after: 1, say: "wait", to: "c" },
      { on: "why?", after: 9, say: "because", to: "a" } ] },
    { name: "c", lines: [{ on: "nothing", say: "nothing" }] },
  ],
  expect: [
    { kind: "maximumMessages", agent: "b", count: 1 },
    { kind: "answerWithin", seconds: 5 },
    { kind: "rewardAtLeast", value: 1 },
  ],
}
"""


class ProgramTest(PageCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        root = Path(cls.directory.name)
        cls.run_directory, other = root / "run", root / "other"
        troupe("train", HERE / "small.json5", "--out", cls.run_directory, "--quiet")
        troupe("train", HERE / "small.json5", "--seed", "2", "--out", other, "--quiet")
        cls.log = cls.run_directory / "episodes.log"
        episodes = [line for line in json_lines("log", cls.log) if line["type"] == "episode"]
        cls.identity = next(one["id"] for one in episodes if one["kind"] == "execution" and one["calls"])
        (root / "broken.json5").write_text(BROKEN)
        cls.broken_log = root / "broken.log"
        troupe("run", root / "broken.json5", "--log", cls.broken_log, "--quiet", code=1)
        cls.files = {"report": cls.run_directory / "report.html"}
        for name, arguments in (
            ("comparison", [cls.run_directory, other]),
            ("episode", [cls.log, "--episode", cls.identity]),
            ("broken", [cls.broken_log, "--episode", "run/episode-0"]),
        ):
            cls.files[name] = root / f"{name}.html"
            troupe("report", *arguments, "--out", cls.files[name])

    def table(self, name):
        with open(self.run_directory / name, newline="") as file:
            return list(csv.DictReader(file))

    def behind(self, title):
        """The rows of the table behind a chart."""
        return self.value(f"""(() => {{
          const figure = [...document.querySelectorAll('.figure')]
            .find(one => one.querySelector('h3, h4').textContent === {json.dumps(title)});
          const button = figure.querySelector('.tools button[aria-expanded]');
          if (button.getAttribute('aria-expanded') === 'false') button.click();
          return [...figure.querySelectorAll('.behind tr')]
            .map(row => [...row.querySelectorAll('th, td')].map(cell => cell.textContent)) }})()""")

    def test_every_chart_of_a_report_has_the_data_that_the_run_has(self):
        self.open("report")
        titles = self.charts()
        wanted = {
            "Held-out success", "Reward of both roles", "Crossings: ordering", "Crossings: synthesis",
            "Success in training", "By family", "By level", "Share of each script", "Time of a step",
            "Tokens a second", "Sequences in a batch", "Entropy", "Gradient norm",
            "Virtual time an execution", "Calls an execution", "Tokens generated", "Sequences that teach",
        }  # fmt: skip
        self.assertEqual(wanted - set(titles), set())
        # So few designs seldom write the same script, and the page says so in the place of an empty chart.
        self.assertNotIn("What each script earns", titles)
        self.assertIn("there is no mean of what it earns", self.text("#designs"))
        # A column that never changes has no chart, and is said in words.
        self.assertIn("throughout", self.text(".constants"))
        self.assertIn("finished", self.text(".badge"))

    def test_crossings_and_virtual_time_are_those_of_the_file(self):
        self.open("report")
        metrics = self.table("metrics.csv")
        evaluated = [row for row in metrics if row["held_out.ordering"]]
        self.assertEqual([int(row["step"]) for row in evaluated], [1, 3, 5, 7])
        head, *rows = self.behind("Crossings: ordering")
        # The first row is the cold start, before the first step.
        self.assertEqual([row[0] for row in rows], ["0", "2", "4", "6", "8"])
        for name, column in (
            ("both trained", "held_out"),
            ("trained designer, cold executor", "trained_designer"),
            ("cold designer, trained executor", "trained_executor"),
        ):
            place = next(index for index, text in enumerate(head) if text.startswith(name))
            for row, known in zip(rows[1:], evaluated):
                self.assertAlmostEqual(float(row[place]), float(known[column + ".ordering"]), 3)
        times = [row[1] for row in self.behind("Virtual time an execution")[1:]]
        self.assertEqual(len(times), len(metrics))
        for shown, row in zip(times, metrics):
            self.assertAlmostEqual(float(shown), float(row["virtual_time"]), 2)

    def test_runs_are_compared(self):
        self.open("comparison")
        titles = self.charts()
        self.assertIn("Held-out success", " ".join(titles))
        names = [run["name"] for run in page_data(self.files["comparison"])["runs"]]
        self.assertEqual(len(set(names)), 2)
        text = self.text("main")
        for name in names:
            self.assertIn(name, text)
        self.assertGreater(self.count("#differences .whisker"), 0)

    def step_through(self, name, log, identity):
        """Goes through the player by key, and holds each event to what `troupe log --json` prints."""
        self.open(name)
        known = [line for line in json_lines("log", log, "--episode", identity) if line["type"] == "event"]
        self.assertGreater(len(known), 5)
        self.focus(".player .list")
        self.browser.key("Home")
        for place, expected in enumerate(known):
            self.value(
                "[...document.querySelectorAll('details.json button')]"
                ".filter(button => button.textContent.startsWith('Show all')).forEach(one => one.click())"
            )
            shown = self.shown_event()
            self.assertIsNotNone(shown, f"event {place} is cut")
            rounded = browser_numbers(expected)
            self.assertEqual("which a browser rounds" in self.text("details.json summary"), rounded != expected)
            expected = rounded
            for member in ("ready", "chosen"):
                shown.pop(member, None)
            self.assertEqual(shown, expected)
            self.assertEqual(
                self.value("document.querySelector('[aria-selected=true]').getAttribute('aria-posinset')"),
                str(place + 1),
            )
            self.browser.key("ArrowRight")
        self.assertEqual(self.shown_event()["event"], known[-1]["event"])

    def test_stepping_shows_the_events_of_the_log(self):
        self.step_through("episode", self.log, self.identity)
        self.step_through("broken", self.broken_log, "run/episode-0")

    def test_the_player_jumps_to_the_first_expectation_that_failed(self):
        episode = next(line for line in json_lines("log", self.broken_log) if line["type"] == "episode")
        decided = [place["event"] for place in episode["violation_events"]]
        self.assertEqual(len(decided), 2)
        self.assertLess(decided[0], decided[1])
        self.open("broken")
        self.assertIn(f"(event {decided[0]}, at ", self.text(".player-head .notice"))
        self.focus(".player .list")
        self.browser.key("Home")
        for event in decided:
            self.browser.key("n")
            self.assertIn(f"Event {event}:", self.text(".event-detail h3"))
            self.assertIn("an expectation failed", self.text(".event-detail .notice"))
        self.browser.key("Home")
        self.click(".player-head .to-event")
        self.browser.settle()
        self.assertIn(f"Event {decided[0]}:", self.text(".event-detail h3"))
        self.enter(".finders select", "trouble")
        self.assertEqual(self.count(".list .event-row"), 2)

    def test_pages_in_both_themes_and_two_widths(self):
        kept = page_data(self.files["report"])["episodes"]
        self.assertGreater(len(kept), 1)
        player = "#run=0&episode=" + quote(kept[0]["episode"]["id"], safe="")
        for theme in ("light", "dark"):
            for width in (360, 1440):
                for name, place in (
                    ("report", ""), ("report", player), ("report", "#run=0&episodes"), ("comparison", ""),
                    ("episode", ""), ("broken", ""),
                ):  # fmt: skip
                    self.open(name, place, width, 900, theme)
                    self.assertEqual(self.width(), width, f"{name} {place}")
                    self.assertNotRegex(self.text("main"), "undefined|NaN|Infinity")
                    self.check_ground(theme)
                    title = {player: "player", "#run=0&episodes": "episodes"}.get(place, name)
                    self.browser.picture(self.pictures / f"program-{title}-{theme}-{width}.png")

    def test_axe_finds_nothing_serious(self):
        found = []
        for theme in ("light", "dark"):
            for name in ("report", "broken", "comparison"):
                self.open(name, theme=theme)
                found += [(name, theme, *one) for one in self.serious_findings()]
        self.assertEqual(found, [], json.dumps(found, indent=1)[:6000])


if __name__ == "__main__":
    options = argparse.ArgumentParser()
    options.add_argument("--pictures", type=Path, default=PageCase.pictures)
    known, rest = options.parse_known_args()
    PageCase.pictures = known.pictures
    unittest.main(argv=[sys.argv[0], *rest])
