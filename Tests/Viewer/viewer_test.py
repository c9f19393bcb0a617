#!/usr/bin/env python3
"""Opens the viewer's pages in headless chromium and checks what a reader would see. Writes screenshots.

    viewer_test.py [--pictures DIRECTORY] [NAME ...]

Needs chromium, and axe-core-python from PyPI for the accessibility check, which is skipped without it.
"""

import argparse
import copy
import json
import re
import sys
import time
import unittest
from pathlib import Path

import fixtures
from page import page
from page_case import PageCase, browser_numbers


class ViewerTest(PageCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.data, cls.files = {}, {}
        for name, make in fixtures.PAGES.items():
            cls.data[name] = make()
            cls.files[name] = Path(cls.directory.name) / f"{name}.html"
            cls.files[name].write_text(page(cls.data[name]))

    def player_place(self, name):
        own = self.data[name]["episodes"][0]
        return (
            ("#run=0&" if own["run"] is not None else "#")
            + "episode="
            + self.value(f"encodeURIComponent({json.dumps(own['episode']['id'])})")
        )

    def place_of(self, name):
        self.open(name)
        return self.player_place(name)

    # The report

    def test_every_chart_of_a_report_has_data(self):
        self.open("run")
        titles = self.charts()
        self.assertGreater(len(titles), 18)
        for title in (
            "Held-out success",
            "Reward of both roles",
            "Crossings: repair",
            "By family",
            "By level",
            "Share of each script",
            "Credit of the executor",
            "Entropy",
            "Virtual time an execution",
            "Time of a step",
        ):
            self.assertIn(title, titles)

    def test_every_chart_has_its_numbers_as_a_table(self):
        self.open("run")
        self.value(
            "document.querySelectorAll('.figure .tools button[aria-expanded]')"
            ".forEach(button => button.click())"
        )
        rows = self.value(
            "[...document.querySelectorAll('.figure .behind')]"
            ".map(one => one.querySelectorAll('tbody tr').length)"
        )
        self.assertTrue(all(count > 0 for count in rows), rows)
        cells = self.value(
            "[...document.querySelectorAll('.figure')]"
            ".find(one => one.textContent.includes('Reward of both'))"
            ".querySelectorAll('tbody td')[1].textContent"
        )
        self.assertAlmostEqual(
            float(cells.replace("\u2212", "-")),
            self.data["run"]["runs"][0]["metrics"]["executor_reward"][0],
            3,
        )

    def test_the_cold_start_is_step_0_of_the_held_out_curves(self):
        self.open("run")
        head = self.value(
            """(() => { const figure = document.querySelector('.figure');
          figure.querySelector('.tools button[aria-expanded]').click();
          return [...figure.querySelectorAll('tbody tr:first-child td')].map(cell => cell.textContent) })()"""
        )
        evaluation = self.data["run"]["runs"][0]["evaluation"]
        self.assertEqual(head[0], "0")
        self.assertAlmostEqual(float(head[1]), evaluation["rate"][0], 3)

    def test_charts_are_read_and_zoomed_by_pointer_and_by_keys(self):
        self.open("run")
        box = self.value(
            "(box => [box.x, box.y, box.width, box.height])"
            "(document.querySelector('.plot').getBoundingClientRect())"
        )
        x, y = box[0] + 46, box[1] + box[3] / 2
        self.browser.mouse("mouseMoved", x + box[2] * 0.5, y)
        self.assertIn("step 30", self.text(".tooltip"))
        self.browser.drag(x + (box[2] - 58) * 0.25, y, x + (box[2] - 58) * 0.5)
        self.browser.settle()
        ticks = self.value(
            "[...document.querySelectorAll('.figure:nth-of-type(2) .tick')].map(tick => tick.textContent)"
        )
        self.assertIn("20", ticks)
        self.assertNotIn("60", ticks)
        self.assertFalse(self.value("document.querySelector('.reset').hidden"))
        self.value(
            "document.querySelector('.plot').dispatchEvent(new MouseEvent('dblclick', { bubbles: true }))"
        )
        self.assertTrue(self.value("document.querySelector('.reset').hidden"))
        self.focus(".plot")
        self.browser.key("ArrowRight")
        self.assertIn("step 0", self.text("#announcer"))
        self.browser.key("+")
        self.assertFalse(self.value("document.querySelector('.reset').hidden"))
        self.browser.key("0")
        self.assertTrue(self.value("document.querySelector('.reset').hidden"))

    def test_a_bucket_leads_to_its_episodes(self):
        self.open("run")
        self.value("document.querySelectorAll('.plot')[1].focus()")
        self.browser.key("ArrowRight")
        self.browser.key("Enter")
        self.assertIn("step", self.text(".kept"))
        self.click(".kept a")
        self.browser.settle()
        self.assertTrue(self.value("document.querySelector('.player') !== null"))

    def test_a_chosen_script_is_drawn(self):
        self.open("run")
        self.value("document.querySelectorAll('.script-list button')[1].click()")
        self.assertGreater(self.count(".chosen-script .node"), 2)

    def test_a_run_that_is_not_finished_says_so(self):
        self.open("running")
        self.assertIn("step 41 of 60", self.text(".badge"))
        self.assertIn("still being written", self.text(".run-head"))
        self.open("beginning")
        self.assertIn("step 0 of 60", self.text(".badge"))
        self.assertNotRegex(self.text("main"), "undefined|NaN|Infinity")
        self.open("incomplete")
        self.assertIn("incomplete", self.text(".badge"))
        self.assertIn("metrics.csv:1", self.text(".run-head"))

    def test_another_version_and_damaged_data_are_refused_in_words(self):
        for change, word in (
            (lambda text: text.replace('"version":1', '"version":2', 1), "version 2"),
            (lambda text: text.replace('"schema":"troupe.page"', '"schema":"x"', 1), "schema"),
            (
                lambda text: re.sub(r'(id="troupe-data">.{300})[^\n]*', r"\1</script>", text, count=1),
                "damaged",
            ),
        ):
            path = Path(self.directory.name) / "other.html"
            path.write_text(change(page(self.data["faults"])))
            self.browser.open(path)
            self.assertIn(word, self.value("document.body.innerText"))

    def test_runs_are_compared(self):
        self.open("comparison")
        self.assertIn("learningRate", self.text("#settings"))
        self.assertNotIn("clipHigh", self.text("#settings"))
        self.assertGreater(self.count("#differences .whisker"), 2)
        self.assertEqual(
            self.value("document.querySelector('#curves .figure').querySelectorAll('.plot .curve').length"), 3
        )

    # The player

    def test_stepping_shows_the_events_of_the_data(self):
        for name in ("run", "faults"):
            self.open(name, self.place_of(name))
            events = self.data[name]["episodes"][0]["events"]
            self.focus(".player .list")
            self.browser.key("Home")
            for place, expected in enumerate(events):
                if len(json.dumps(expected, indent=2)) < 1900:
                    self.assertEqual(self.shown_event(), browser_numbers(expected))
                self.assertIn(
                    f"Event {expected['event']}:",
                    self.text(".event-detail h3"),
                )
                self.assertEqual(
                    self.value(
                        "document.querySelector('[aria-selected=true]').getAttribute('aria-posinset')"
                    ),
                    str(place + 1),
                )
                self.browser.key("ArrowRight")
            self.browser.key("ArrowLeft")
            self.assertIn(
                f"Event {events[-2]['event']}:",
                self.text(".event-detail h3"),
            )

    def test_the_address_keeps_the_place(self):
        place = self.place_of("run") + "&event=7"
        self.open("run", place)
        self.assertIn("Event 7:", self.text(".event-detail h3"))
        self.focus(".player .list")
        self.browser.key("ArrowRight")
        time.sleep(0.5)
        self.assertIn("event=8", self.value("location.hash"))

    def test_jumping_filtering_and_searching(self):
        self.open("faults", self.place_of("faults"))
        self.focus(".player .list")
        self.browser.key("n")
        self.assertIn("Event 10:", self.text(".event-detail h3"))
        self.browser.key("n")
        self.assertIn("Event 13:", self.text(".event-detail h3"))
        self.assertIn("lost", self.text("#announcer"))
        self.enter(".finders input", "still")
        self.assertEqual(self.count(".list .event-row"), 1)
        self.enter(".finders input", "")
        self.enter(".finders select", "trouble")
        self.assertEqual(self.count(".list .event-row"), 6)
        self.focus(".player .list")
        self.browser.key("?")
        self.assertIn("next event", self.text("dialog"))

    def test_an_expectation_leads_to_the_event_that_decided_it(self):
        self.open("faults", self.place_of("faults") + "&event=2")
        self.assertEqual(self.count(".event-detail .notice"), 0)
        self.click(".player-head .to-event", 0)
        self.browser.settle()
        self.assertIn("Event 14:", self.text(".event-detail h3"))
        self.assertIn("answerWithin", self.text(".event-detail .notice"))
        self.click(".player-head .to-event", 1)
        self.browser.settle()
        self.assertIn("Event 23:", self.text(".event-detail h3"))
        # A page of before does not say which event decided.
        older = copy.deepcopy(self.data["faults"])
        del older["episodes"][0]["episode"]["violation_events"]
        path = Path(self.directory.name) / "older.html"
        path.write_text(page(older))
        self.browser.open(path, "#episode=episode-0&event=14")
        self.assertIn("answerWithin", self.text(".player-head .notice"))
        self.assertEqual(self.count(".to-event"), 0)

    def test_playing_goes_on_and_stops(self):
        self.open("faults", self.place_of("faults"))
        self.value("{ const speed = document.querySelector('.controls > select'); speed.value = '100' }")
        self.click("[aria-label=Play]")
        time.sleep(1.5)
        self.assertIn("Event 23:", self.text(".event-detail h3"))
        self.assertTrue(self.value("document.querySelector('[aria-label=Play]') !== null"))

    def test_tokens_say_their_probability_and_what_the_mask_allowed(self):
        events = self.data["run"]["episodes"][0]["events"]
        place = next(event["event"] for event in events if event["kind"] == "completion")
        self.open("run", self.place_of("run") + f"&event={place}")
        self.focus(".tokens")
        self.browser.key("ArrowRight")
        self.assertRegex(self.text(".token-reading"), r"probability .*mask let")

    def test_the_running_statement_is_marked(self):
        events = self.data["run"]["episodes"][0]["events"]
        place = next(event["event"] for event in events if event["name"] == "actors.work")
        self.open("run", self.place_of("run") + f"&event={place}")
        self.assertEqual(self.count(".node.running"), 1)

    def test_the_statements_of_a_part_are_marked_too(self):
        for number, own, inner in (
            (2, "running", "a"),
            (4, "running", ""),
            (5, "running", "b"),
            (6, "done", ""),
        ):
            self.open("parts", f"#run=0&episode=parts&event={number}")
            self.assertEqual(self.count(f".graph:first-child .node.{own}"), 1)
            running = self.value(
                "[...document.querySelectorAll('.graph:nth-child(2) .node.running .node-title')]"
                ".map(title => title.textContent[0]).join()"
            )
            self.assertEqual(running, inner)

    def test_two_episodes_side_by_side(self):
        self.open("faults", "#episode=episode-0&other=" + "episode-0%2Ffork-1")
        text = self.text(".player-head")
        self.assertIn("First difference: event 13", text)
        self.assertEqual(self.count(".beside-details .event-detail"), 2)
        self.assertIn("Event 13: lost", self.text(".beside-details"))

    def test_ten_thousand_events_stay_smooth(self):
        self.open("many")
        self.assertLess(self.count("*"), 2500)
        cost = self.value("""(async () => {
          const list = document.querySelector('.player .list'), costs = [];
          const frame = window.requestAnimationFrame;
          let inside = 0;
          window.requestAnimationFrame = draw => frame(time => {
            const start = performance.now();
            draw(time);
            inside += performance.now() - start;
          });
          for (let step = 0; step < 150; step += 1) {
            inside = 0;
            const start = performance.now(), key = step % 10 === 9 ? 'PageDown' : 'ArrowRight';
            list.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));
            const own = performance.now() - start;
            await new Promise(done => frame(() => frame(() => setTimeout(done, 0))));
            costs.push(own + inside);
          }
          return costs.sort((a, b) => a - b) })()""")
        print(
            f"a step of 10,000 events: {cost[75]:.1f} ms (median), {cost[142]:.1f} ms (95 %)", file=sys.stderr
        )
        self.assertLess(cost[75], 8)

    def test_a_script_of_64_statements(self):
        self.open("long_script", "#episode=wide&event=120")
        self.assertEqual(self.count(".design .graph:first-child .node"), 66)
        self.assertEqual(self.width(), 1440)
        self.browser.picture(self.pictures / "long-script.png")

    # Hostile text, sizes, themes, accessibility

    def test_hostile_text_never_runs_and_never_breaks_the_layout(self):
        self.open("hostile")
        episode = self.player_place("hostile")
        for place in ("", "#run=0&episodes", episode):
            for width in (360, 1440):
                self.open("hostile", place, width)
                self.assertEqual(self.width(), width, place)
                self.assertEqual(self.value("window.hacked"), None)
                self.assertEqual(
                    self.value(
                        "document.querySelectorAll('img, iframe, object, link').length"
                        " + document.scripts.length"
                    ),
                    3,
                )
        self.focus(".player .list")
        for number in range(len(self.data["hostile"]["episodes"][0]["events"])):
            self.browser.key("ArrowRight")
            self.assertEqual(self.width(), 1440)
            self.assertNotRegex(self.text(".player"), "[\u0000-\u0008\u202e\u2066]")
        self.assertEqual(self.value("window.hacked"), None)
        self.browser.picture(self.pictures / "hostile.png")

    def test_a_megabyte_is_cut_and_shown_on_demand(self):
        place = self.place_of("hostile")
        self.open("hostile", place + f"&event={len(fixtures.HOSTILE)}")
        self.assertLess(self.value("document.querySelector('.player').textContent.length"), 40_000)
        self.value(
            "[...document.querySelectorAll('.fact-list button')]"
            ".find(button => button.textContent.includes('Show all')).click()"
        )
        self.assertGreater(self.value("document.querySelector('.player').textContent.length"), 990_000)

    def test_no_page_scrolls_sideways_at_any_width(self):
        for width in (360, 600, 900, 1440, 2560):
            for name, place in (
                ("run", ""),
                ("run", "#run=0&episodes"),
                ("comparison", ""),
                ("faults", "#episode=episode-0"),
                ("faults", "#episode=episode-0&other=episode-0%2Ffork-1"),
            ):
                self.open(name, place, width)
                self.assertEqual(self.width(), width, f"{name} {place}")

    def test_pictures_in_both_themes(self):
        player = self.place_of("run") + "&event=16"
        for theme in ("light", "dark"):
            for width, height in ((360, 740), (1440, 900)):
                for name, place, title in (
                    ("run", "", "report"),
                    ("run", player, "player"),
                    ("run", "#run=0&episodes", "episodes"),
                    ("comparison", "", "comparison"),
                    ("faults", "#episode=episode-0&event=14", "faults"),
                    ("faults", "#episode=episode-0&other=episode-0%2Ffork-1", "beside"),
                ):
                    self.open(name, place, width, height, theme)
                    self.check_ground(theme)
                    self.browser.picture(
                        self.pictures / f"{title}-{theme}-{width}.png",
                        whole=title in ("report", "comparison") or width == 360,
                    )

    def test_the_theme_can_be_chosen(self):
        self.open("run")
        self.click(".theme")
        self.click(".theme")
        self.assertLess(
            sum(
                map(
                    int, re.findall(r"\d+", self.value("getComputedStyle(document.body).backgroundColor"))[:3]
                )
            ),
            200,
        )
        self.click(".theme")

    def test_axe_finds_nothing_serious(self):
        player, found = self.place_of("run") + "&event=16", []
        event = next(
            event["event"]
            for event in self.data["run"]["episodes"][0]["events"]
            if event["kind"] == "completion"
        )
        for theme in ("light", "dark"):
            for width in (1440, 360):
                for name, place in (
                    ("run", ""),
                    ("run", player),
                    ("run", self.player_place("run") + f"&event={event}"),
                    ("run", "#run=0&episodes"),
                    ("comparison", ""),
                    ("faults", "#episode=episode-0&event=14"),
                    ("faults", "#episode=episode-0&other=episode-0%2Ffork-1"),
                    ("running", ""),
                    ("incomplete", ""),
                ):
                    if width == 360 and name in ("running", "incomplete", "comparison"):
                        continue
                    self.open(name, place, width, 900, theme)
                    found += [(theme, width, name, place[:20], *one) for one in self.serious_findings()]
        self.assertEqual(found, [], json.dumps(found, indent=1)[:6000])


if __name__ == "__main__":
    options = argparse.ArgumentParser()
    options.add_argument("--pictures", type=Path, default=PageCase.pictures)
    known, rest = options.parse_known_args()
    PageCase.pictures = known.pictures
    unittest.main(argv=[sys.argv[0], *rest])
