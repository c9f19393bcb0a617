"use strict";
// The player of one episode: the design, the diagram, the list, the chosen event, and the way through them.

/**
 * @typedef {object} Player
 * @property {HTMLElement} element
 * @property {(event: number, isSpoken: boolean) => void} go to the event with this number
 * @property {() => number} first the number of the event that is shown first
 * @property {() => void} stop
 */

const speeds = [{ value: "1", text: "1 a second" }, { value: "4", text: "4 a second" }, { value: "20", text: "20 a second" },
  { value: "100", text: "100 a second" }, { value: "time", text: "virtual time" }];

/** @type {Record<string, string>} */
const icons = {
  first: "M3 3V13M8.5 4L4.5 8L8.5 12M13 4L9 8L13 12", back: "M10 4L6 8L10 12", play: "M5 3L12 8L5 13Z", pause: "M5.5 3V13M10.5 3V13",
  forward: "M6 4L10 8L6 12", last: "M13 3V13M7.5 4L11.5 8L7.5 12M3 4L7 8L3 12",
};

/**
 * The sign on a button.
 * @param {string} name
 */
function icon(name) {
  const style = name === "play" ? "icon filled" : "icon";
  return svg("svg", { class: style, width: 16, height: 16, "aria-hidden": "true" }, svg("path", { d: icons[name] }));
}

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
      this.words = events.map((event) => (event.kind + " " + event.subject + " " + event.peer + " " + event.name + " " + eventAction(event) + " "
        + (event.payload === undefined ? "" : JSON.stringify(event.payload)).slice(0, 20000)
        + (event.said && event.said.prompt ? " " + event.said.prompt : "")).toLowerCase());
    }
    const wanted = this.text.toLowerCase();
    this.shown = events.map((_, at) => at).filter((at) => this.matchesKind(at)
      && (this.actor < 0 || subject[at] === this.actor || peer[at] === this.actor) && (!wanted || (this.words || [])[at].includes(wanted)));
  }

  /** @param {number} at */
  matchesKind(at) {
    const event = this.story.events[at];
    return this.kind === "" || (this.kind === "trouble" ? isTrouble(event) : event.kind === this.kind);
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
  const statements = sample.episode.script ? readScript(sample.episode.script) : [];
  const names = statements.length > 0 ? statements[statements.length - 1].statements.map((statement) => statement.name) : [];
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
    if (graph) graph.mark(statementMarks(story, names, current));
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
    const next = by > 0 ? places.find((at) => at > current) : places.slice().reverse().find((at) => at < current);
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
    const wait = speed === "time" ? Math.max(40, Math.min(2500, (events[current].time - before) * 1000)) : 1000 / Number(speed);
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
  const graph = sample.episode.script ? scriptGraph(sample.episode.script, (name) => {
    const place = names.indexOf(name);
    const first = story.stretches.find((stretch) => stretch.statement === place);
    if (first) pick(first.from);
  }) : null;
  const detail = html("div", { class: "detail-body", tabindex: 0, role: "region", "aria-label": "Chosen event" });
  const showDetail = () => {
    empty(detail);
    detail.append(detailTab === "event" ? eventDetail(story, current, (at) => pick(at))
      : episodeDetail(story, run ? run.episodeCommand + sample.episode.id : "", (at) => pick(at)));
  };
  const controls = playerControls(story, filter, { step, go: (at) => pick(at), play, trouble, refilter });
  const panes = [
    { id: "events", title: "Events", element: html("section", { class: "pane pane-events", "aria-label": "Events" }, list.element) },
    { id: "diagram", title: "Diagram", element: html("section", { class: "pane pane-diagram", "aria-label": "Sequence diagram" }, diagram.element) },
    {
      id: "detail", title: "Detail", element: html("section", { class: "pane pane-detail", "aria-label": "Detail" },
        html("div", { class: "pane-tabs" }, segments("Detail", [{ value: "event", text: "Event" }, { value: "episode", text: "Episode" }], detailTab, (value) => {
          detailTab = value;
          showDetail();
        })), detail),
    },
  ];
  const body = html("div", { class: "panes show-diagram" }, ...panes.map((pane) => pane.element));
  const tabs = html("div", { class: "pane-choice" }, segments("Pane", panes.map((pane) => ({ value: pane.id, text: pane.title })), "diagram", (value) => {
    body.className = "panes show-" + value;
    go(current, false);
  }));
  const element = html("div", { class: "player" }, playerHead(sample, samples, story),
    graph ? html("div", { class: "design", "aria-label": "Design", role: "region" }, graph.element) : null,
    html("div", { class: "transport" }, line.element, controls.element), tabs, body);
  element.addEventListener("keydown", (event) => playerKey(event, { step, go: (at) => pick(at), play, trouble, last: events.length - 1, find: controls.find }));
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
    history.replaceState(null, "", episodeHash(sample) + "&event=" + event + (other ? "&other=" + encodeURIComponent(other) : ""));
  }, 250);
}

/**
 * @param {Sample} sample
 * @param {Sample[]} samples
 * @param {Story} story
 */
function playerHead(sample, samples, story) {
  const { episode } = sample;
  const related = samples.filter((other) => other !== sample && isRelated(other.episode, episode));
  const facts = [counted(episode.events, "event"), seconds(episode.time), episode.reward ? "reward " + numeral(episode.reward.executors) : "",
    episode.calls.length > 0 ? counted(episode.calls.length, "call") : "", story.troubles.length > 0 ? counted(story.troubles.length, "problem") : ""].filter((text) => text);
  return html("header", { class: "player-head" },
    html("div", { class: "player-title" }, html("h1", null, datum(episode.task ? episode.task.family + " " + episode.task.level : oneLine(episode.id, 80))), outcomeBadge(episode),
      html("span", { class: "player-facts" }, facts.join(" \u00b7 ")), html("span", { class: "spacer" }),
      related.length > 0 ? choice("Beside", [{ value: "", text: "no other episode" }].concat(related.slice(0, 200).map((other) => ({ value: other.episode.id, text: other.episode.id + ", " + outcomeWord(other.episode) }))),
        "", (value) => { if (value) location.hash = episodeHash(sample) + "&other=" + encodeURIComponent(value); }) : null),
    html("p", { class: "player-task" }, episode.task ? datum(oneLine(episode.task.statement, 300), "code") : null,
      episode.answer !== null ? html("span", null, " answer ", datum(oneLine(episode.answer, 200), "code")) : null,
      episode.task && episode.solved === false ? html("span", { class: "soft" }, " expected ", datum(oneLine(episode.task.solution, 200), "code")) : null,
      html("span", { class: "soft episode-id" }, datumLine(episode.id))),
    episode.violations.length > 0 ? html("p", { class: "notice" }, "\u2715 ", datum(oneLine(episode.violations[0], 300))) : null,
    episode.failure ? html("p", { class: "notice" }, "\u2715 ", datum(oneLine(episode.failure, 300))) : null);
}

/**
 * Whether two episodes come from the same task, so that it makes sense to see them side by side.
 * @param {Episode} one
 * @param {Episode} other
 */
function isRelated(one, other) {
  const root = (/** @type {Episode} */ episode) => (episode.parent ? episode.parent.episode : episode.id).split("/").slice(0, 2).join("/");
  return root(one) === root(other);
}

/**
 * @typedef {object} PlayerActions
 * @property {(by: number) => void} step
 * @property {(at: number) => void} go
 * @property {() => void} play
 * @property {(by: number) => void} trouble
 */

/**
 * @param {Story} story
 * @param {EventFilter} filter
 * @param {PlayerActions & {refilter: () => void}} actions
 */
function playerControls(story, filter, actions) {
  const last = story.events.length - 1;
  const button = (/** @type {string} */ sign, /** @type {string} */ label, /** @type {() => void} */ act) =>
    html("button", { type: "button", class: "control", "aria-label": label, title: label, onclick: act }, sign in icons ? icon(sign) : sign);
  const playing = button("play", "Play", actions.play);
  const speed = html("select", { "aria-label": "Speed" }, ...speeds.map((one) => html("option", { value: one.value }, one.text)));
  speed.value = "4";
  const slider = html("input", { type: "range", min: 0, max: Math.max(0, last), step: 1, value: 0, "aria-label": "Event", oninput: () => actions.go(Number(slider.value)) });
  const where = html("output", { class: "where" });
  const search = html("input", { type: "search", placeholder: "Search events", "aria-label": "Search events", oninput: () => {
    filter.text = search.value;
    actions.refilter();
  } });
  search.addEventListener("keydown", (event) => {
    if (event.key === "Enter") actions.step(event.shiftKey ? -1 : 1);
    if (event.key === "Escape") search.blur();
  });
  const present = distinct(story.events.map((event) => event.kind));
  const kind = choice("Kind", [{ value: "", text: "all" }].concat(story.troubles.length > 0 ? [{ value: "trouble", text: "problems only" }] : [],
    present.map((name) => ({ value: name, text: kindOf(name).name }))), "", (value) => {
    filter.kind = value;
    actions.refilter();
  });
  const actor = choice("Actor", [{ value: "-1", text: "all" }].concat(story.actorNames.slice(0, 500).map((name, place) => ({ value: String(place), text: name }))), "-1", (value) => {
    filter.actor = Number(value);
    actions.refilter();
  });
  const wrong = story.troubles.length > 0 ? button("\u21af " + story.troubles.length, "Next problem", () => actions.trouble(1)) : null;
  const element = html("div", { class: "controls", role: "toolbar", "aria-label": "Player" },
    html("span", { class: "buttons" }, button("first", "First event", () => actions.go(filter.shown[0] || 0)), button("back", "Step back", () => actions.step(-1)), playing,
      button("forward", "Step forward", () => actions.step(1)), button("last", "Last event", () => actions.go(filter.shown.length > 0 ? filter.shown[filter.shown.length - 1] : last)), wrong), speed, slider, where,
    html("span", { class: "finders" }, search, kind, actor, button("?", "Keys", showKeys)));
  return {
    element, speed: () => speed.value, find: () => search.focus(),
    setPlaying: (/** @type {boolean} */ isPlaying) => {
      empty(playing);
      playing.append(icon(isPlaying ? "pause" : "play"));
      playing.setAttribute("aria-label", isPlaying ? "Pause" : "Play");
    },
    show: (/** @type {number} */ at, /** @type {EventFilter} */ state) => {
      slider.value = String(at);
      const event = story.events[at];
      if (!event) return;
      slider.setAttribute("aria-valuetext", eventSentence(event));
      where.textContent = event.event + " of " + story.events[last].event + " \u00b7 " + seconds(event.time)
        + (state.isOn ? " \u00b7 " + counted(state.shown.length, "match", "matches") : "");
    },
  };
}

/** @type {[string, string][]} */
const playerKeys = [["\u2192 or J", "next event"], ["\u2190 or K", "previous event"], ["Shift with these", "ten events"], ["Home, End", "first and last event"],
  ["Space", "play and pause"], ["N, P", "next and previous problem"], ["/", "search"], ["?", "these keys"], ["Esc", "leave the search, close this"]];

/** Shows the keys. */
function showKeys() {
  const dialog = html("dialog", { "aria-labelledby": "keys-title", onclose: () => dialog.remove() }, html("h2", { id: "keys-title" }, "Keys of the player"),
    html("dl", { class: "keys" }, ...playerKeys.map((pair) => html("div", null, html("dt", null, html("kbd", null, pair[0])), html("dd", null, pair[1])))),
    html("button", { type: "button", class: "quiet", onclick: () => dialog.close() }, "Close"));
  document.body.append(dialog);
  dialog.showModal();
}

/**
 * @param {KeyboardEvent} event
 * @param {PlayerActions & {last: number, find: () => void}} actions
 */
function playerKey(event, actions) {
  const target = /** @type {HTMLElement} */ (event.target);
  if (event.ctrlKey || event.metaKey || event.altKey || /^(SELECT|TEXTAREA)$/.test(target.tagName)) return;
  const isTyping = target instanceof HTMLInputElement && target.type !== "range";
  if (isTyping) return;
  const far = event.shiftKey ? 10 : 1;
  /** @type {Record<string, () => void>} */
  const keys = {
    ArrowRight: () => actions.step(far), ArrowDown: () => actions.step(far), j: () => actions.step(1), J: () => actions.step(10),
    ArrowLeft: () => actions.step(-far), ArrowUp: () => actions.step(-far), k: () => actions.step(-1), K: () => actions.step(-10),
    PageDown: () => actions.step(20), PageUp: () => actions.step(-20), Home: () => actions.go(0), End: () => actions.go(actions.last),
    n: () => actions.trouble(1), p: () => actions.trouble(-1), "/": actions.find, "?": showKeys, " ": actions.play,
  };
  if (!Object.prototype.hasOwnProperty.call(keys, event.key)) return;
  if (event.key === " " && /^(BUTTON|SUMMARY|A)$/.test(target.tagName)) return;
  if (/^(Arrow|Page|Home|End)/.test(event.key) && target.closest(".detail-body, .graph")) return;
  event.preventDefault();
  keys[event.key]();
}
