"use strict";
// The player of one episode: the design, the diagram, the list, the chosen event, and the way through them.

/**
 * @typedef {object} Player
 * @property {HTMLElement} element
 * @property {(event: number, isSpoken: boolean) => void} go to the event with this number
 * @property {() => number} first the number of the event that is shown first
 * @property {() => void} stop
 */

/** Which events the reader steps through. */
class EventFilter {
  /** @param {Story} story */
  constructor(story) {
    this.story = story;
    this.text = "";
    this.kind = "";
    this.actor = -1;
    /** @type {number[]} */
    this.shown = story.events.map((_, at) => at);
    /** @type {string[] | null} */
    this.words = null;
  }

  get isOn() {
    return this.text !== "" || this.kind !== "" || this.actor >= 0;
  }

  apply() {
    const { events, subject, peer } = this.story;
    if (this.text && !this.words) {
      this.words = events.map((event) => (
        event.kind + " " + event.subject + " " + event.peer + " " + event.name + " " + eventAction(event)
        + " "
        + (event.payload === undefined ? "" : JSON.stringify(event.payload)).slice(0, 20000)
        + (event.said && event.said.prompt ? " " + event.said.prompt : "")).toLowerCase());
    }
    const wanted = this.text.toLowerCase();
    this.shown = events.map((_, at) => at).filter((at) => this.matchesKind(at)
      && (this.actor < 0 || subject[at] === this.actor || peer[at] === this.actor)
        && (!wanted || (this.words || [])[at].includes(wanted)));
  }

  /** @param {number} at */
  matchesKind(at) {
    if (this.kind === "trouble") return isTroubleAt(this.story, at);
    return this.kind === "" || this.story.events[at].kind === this.kind;
  }

  /** @param {number} at */
  has(at) {
    return this.shown[firstAtLeast(this.shown, at)] === at;
  }
}

/**
 * @param {Sample} sample
 * @param {Sample[]} samples the others of the same run
 * @param {PageData} data
 * @returns {Player}
 */
function episodePlayer(sample, samples, data) {
  const story = storyOf(sample);
  const { events } = story;
  const filter = new EventFilter(story);
  let current = -1;
  let timer = 0;
  let isPending = false;
  let detailTab = "event";
  const run = sample.run === null ? null : data.runs[sample.run];

  const go = (/** @type {number} */ at, /** @type {boolean} */ isSpoken) => {
    if (events.length === 0) return;
    current = Math.max(0, Math.min(events.length - 1, at));
    if (!isPending) requestAnimationFrame(render);
    isPending = true;
    keepAddress(sample, events[current].event);
    if (isSpoken) announce(eventSentence(events[current]));
  };
  // However fast the reader steps, a frame draws once.
  const render = () => {
    isPending = false;
    list.choose(filter.isOn ? filter.shown.indexOf(current) : current);
    diagram.choose(current);
    line.choose(current);
    if (graph && progress) graph.mark(progress.marks(current), progress.latest(current));
    controls.show(current, filter);
    showDetail();
  };
  const step = (/** @type {number} */ by) => {
    const { shown } = filter;
    if (shown.length === 0) return;
    const now = firstAtLeast(shown, current);
    const next = by > 0 ? (shown[now] === current ? now + by : now + by - 1) : now + by;
    go(shown[Math.max(0, Math.min(shown.length - 1, next))], timer === 0);
  };
  const trouble = (/** @type {number} */ by) => {
    const places = story.troubles;
    if (places.length === 0) {
      announce("Nothing went wrong in this episode");
      return;
    }
    const next = by > 0 ? places.find((at) => at > current)
      : places.slice().reverse().find((at) => at < current);
    go(next === undefined ? places[by > 0 ? 0 : places.length - 1] : next, true);
  };
  const stop = () => {
    clearTimeout(timer);
    timer = 0;
    controls.setPlaying(false);
  };
  const tick = () => {
    const last = filter.shown[filter.shown.length - 1];
    if (current >= last || filter.shown.length === 0) {
      stop();
      return;
    }
    const before = events[current].time;
    step(1);
    const speed = controls.speed();
    const wait = speed === "time" ? Math.max(40, Math.min(2500, (events[current].time - before) * 1000))
      : 1000 / Number(speed);
    timer = window.setTimeout(tick, wait);
  };
  const play = () => {
    if (timer !== 0) {
      stop();
      return;
    }
    if (current >= filter.shown[filter.shown.length - 1]) go(filter.shown[0], false);
    controls.setPlaying(true);
    timer = window.setTimeout(tick, 150);
  };
  const refilter = () => {
    filter.apply();
    list.setCount(filter.shown.length);
    diagram.filter(filter.isOn ? (at) => filter.has(at) : null);
    list.choose(filter.shown.indexOf(current));
    controls.show(Math.max(0, current), filter);
  };

  const pick = (/** @type {number} */ at) => {
    if (timer !== 0) stop();
    go(at, true);
  };
  const list = rowList({
    label: "Events", rowHeight: 30, chosen: (row) => pick(filter.shown[row]),
    row: (row) => ({ id: "event-" + filter.shown[row], element: eventRow(story, filter.shown[row]) }),
  });
  const diagram = sequenceDiagram(story, pick);
  const line = timeline(story, pick);
  const graph = sample.episode.script ? scriptGraph(sample.episode.script, libraryOf(run), (name) => {
    const place = main ? main.statements.findIndex((statement) => statement.name === name) : -1;
    const first = story.stretches.find((stretch) => stretch.statement === place);
    if (first) pick(first.from);
  }) : null;
  const main = graph ? graph.bodies[graph.bodies.length - 1] : undefined;
  const progress = graph ? designProgress(story, graph.bodies) : null;
  const detail = html("div", { class: "detail-body", tabindex: 0, role: "region",
    "aria-label": "Chosen event" });
  let isScrolled = false;
  detail.addEventListener("scroll", () => { isScrolled = true; }, { passive: true });
  const showDetail = () => {
    empty(detail);
    // Asked for only where it is needed, because it lays out the whole page.
    if (isScrolled) detail.scrollTop = 0;
    isScrolled = false;
    detail.append(detailTab === "event" ? eventDetail(story, current, (at) => pick(at))
      : episodeDetail(story, run ? run.episodeCommand + sample.episode.id : "", (at) => pick(at)));
  };
  const controls = playerControls(story, filter, { step, go: (at) => pick(at), play, trouble, refilter });
  const panes = [
    { id: "events", title: "Events", element: html(
      "section", { class: "pane pane-events", "aria-label": "Events" }, list.element) },
    { id: "diagram", title: "Diagram", element: html(
      "section", { class: "pane pane-diagram", "aria-label": "Sequence diagram" }, diagram.element) },
    {
      id: "detail", title: "Detail", element: html(
        "section", { class: "pane pane-detail", "aria-label": "Detail" },
        html("div", { class: "pane-tabs" },
          segments("Detail", [{ value: "event", text: "Event" }, { value: "episode", text: "Episode" }],
          detailTab, (value) => {
          detailTab = value;
          showDetail();
        })), detail),
    },
  ];
  const body = html("div", { class: "panes show-diagram" }, ...panes.map((pane) => pane.element));
  const tabs = html("div", { class: "pane-choice" },
    segments("Pane", panes.map((pane) => ({ value: pane.id, text: pane.title })), "diagram", (value) => {
    body.className = "panes show-" + value;
    go(current, false);
  }));
  const element = html("div", { class: "player" }, playerHead(sample, samples, story, (at) => pick(at)),
    graph ? html("div", { class: "design", "aria-label": "Design", role: "region" }, graph.element) : null,
    html("div", { class: "transport" }, line.element, controls.element), tabs, body);
  element.addEventListener("keydown",
    (event) => playerKey(event, { step, go: (at) => pick(at), play, trouble, last: events.length - 1,
    find: controls.find }));
  list.setCount(events.length);
  return {
    element, stop, first: () => (events.length > 0 ? events[0].event : 0),
    go: (number, isSpoken) => {
      const at = firstAtLeast(events.map((event) => event.event), number);
      if (at !== current) go(at, isSpoken);
    },
  };
}

let addressTimer = 0;

/**
 * Keeps the place in the address, at most four times a second.
 * @param {Sample} sample
 * @param {number} event
 */
function keepAddress(sample, event) {
  clearTimeout(addressTimer);
  addressTimer = window.setTimeout(() => {
    const values = new URLSearchParams(location.hash.slice(1));
    if (values.get("episode") !== sample.episode.id && values.has("episode")) return;
    const other = values.get("other");
    history.replaceState(null, "", episodeHash(sample) + "&event=" + event
      + (other ? "&other=" + encodeURIComponent(other) : ""));
  }, 250);
}

/**
 * @param {Sample} sample
 * @param {Sample[]} samples
 * @param {Story} story
 * @param {(at: number) => void} go
 */
function playerHead(sample, samples, story, go) {
  const { episode } = sample;
  const related = samples.filter((other) => other !== sample && isRelated(other.episode, episode));
  const wrong = story.violations.slice(0, 3).concat(
    episode.failure ? [{ text: episode.failure, at: -1 }] : []);
  const facts = [counted(episode.events, "event"), seconds(episode.time),
    episode.reward ? "reward " + numeral(episode.reward.executors) : "",
    episode.calls.length > 0 ? counted(episode.calls.length, "call") : "",
      story.troubles.length > 0 ? counted(story.troubles.length, "problem") : ""].filter((text) => text);
  return html("header", { class: "player-head" },
    html("div", { class: "player-title" },
      html("h1", null, datum(episode.task ? episode.task.family + " " + episode.task.level
      : oneLine(episode.id, 80))), outcomeBadge(episode),
      html("span", { class: "player-facts" }, facts.join(" \u00b7 ")), html("span", { class: "spacer" }),
      related.length > 0 ? choice("Beside",
        [{ value: "", text: "no other episode" }].concat(
        related.slice(0, 200).map((other) =>
        ({ value: other.episode.id, text: other.episode.id + ", " + outcomeWord(other.episode) }))),
        "", (value) => { if (value) location.hash = episodeHash(sample) + "&other="
          + encodeURIComponent(value); }) : null),
    html("p", { class: "player-task" },
      episode.task ? datum(oneLine(episode.task.statement, 300), "code") : null,
      episode.answer !== null ? html("span", null, " answer ", datum(oneLine(episode.answer, 200), "code"))
        : null,
      episode.task && episode.solved === false
        ? html("span", { class: "soft" }, " expected ", datum(oneLine(episode.task.solution, 200), "code"))
        : null,
      episode.task ? html("span", { class: "soft episode-id" }, datumLine(episode.id)) : null),
    wrong.length > 0 ? html("p", { class: "notice" },
      ...wrong.map(({ text, at }) => html("span", null, "\u2715 ", datum(oneLine(text, 240)),
        at < 0 ? null : eventButton(story, at, go)))) : null);
}

/**
 * Whether two episodes come from the same task, so that it makes sense to see them side by side.
 * @param {Episode} one
 * @param {Episode} other
 */
function isRelated(one, other) {
  const root = (/** @type {Episode} */ episode) =>
    (episode.parent ? episode.parent.episode : episode.id).split("/").slice(0, 2).join("/");
  return root(one) === root(other);
}
