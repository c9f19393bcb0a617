"use strict";
// The way through an episode: buttons, slider, search, filters, and keys.

const speeds = [{ value: "1", text: "1 a second" }, { value: "4", text: "4 a second" },
  { value: "20", text: "20 a second" },
  { value: "100", text: "100 a second" }, { value: "time", text: "virtual time" }];

/** @type {Record<string, string>} */
const icons = {
  first: "M3 3V13M8.5 4L4.5 8L8.5 12M13 4L9 8L13 12", back: "M10 4L6 8L10 12", play: "M5 3L12 8L5 13Z",
    pause: "M5.5 3V13M10.5 3V13",
  forward: "M6 4L10 8L6 12", last: "M13 3V13M7.5 4L11.5 8L7.5 12M3 4L7 8L3 12",
};

/**
 * The sign on a button.
 * @param {string} name
 */
function icon(name) {
  const style = name === "play" ? "icon filled" : "icon";
  return svg("svg", { class: style, width: 16, height: 16, "aria-hidden": "true" },
    svg("path", { d: icons[name] }));
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
    html("button", { type: "button", class: "control", "aria-label": label, title: label, onclick: act },
      sign in icons ? icon(sign) : sign);
  const playing = button("play", "Play", actions.play);
  const speed = html("select", { "aria-label": "Speed" },
    ...speeds.map((one) => html("option", { value: one.value }, one.text)));
  speed.value = "4";
  const slider = html("input", { type: "range", min: 0, max: Math.max(0, last), step: 1, value: 0,
    "aria-label": "Event", oninput: () => actions.go(Number(slider.value)) });
  const where = html("output", { class: "where" });
  const search = html("input", { type: "search", placeholder: "Search events", "aria-label": "Search events",
    oninput: () => {
    filter.text = search.value;
    actions.refilter();
  } });
  search.addEventListener("keydown", (event) => {
    if (event.key === "Enter") actions.step(event.shiftKey ? -1 : 1);
    if (event.key === "Escape") search.blur();
  });
  const present = distinct(story.events.map((event) => event.kind));
  const kind = choice("Kind", [{ value: "", text: "all" }].concat(
    story.troubles.length > 0 ? [{ value: "trouble", text: "problems only" }] : [],
    present.map((name) => ({ value: name, text: kindOf(name).name }))), "", (value) => {
    filter.kind = value;
    actions.refilter();
  });
  const actor = choice("Actor", [{ value: "-1", text: "all" }].concat(
    story.actorNames.slice(0, 500).map((name, place) => ({ value: String(place), text: name }))), "-1",
    (value) => {
    filter.actor = Number(value);
    actions.refilter();
  });
  const wrong = story.troubles.length > 0
    ? button("\u21af Next problem", "Next of " + counted(story.troubles.length, "problem"),
    () => actions.trouble(1)) : null;
  const element = html("div", { class: "controls", role: "toolbar", "aria-label": "Player" },
    html("span", { class: "buttons" }, button("first", "First event", () => actions.go(filter.shown[0] || 0)),
      button("back", "Step back", () => actions.step(-1)), playing,
      button("forward", "Step forward", () => actions.step(1)),
        button("last", "Last event", () => actions.go(
        filter.shown.length > 0 ? filter.shown[filter.shown.length - 1] : last)), wrong), speed, slider,
        where,
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
const playerKeys = [["\u2192 or J", "next event"], ["\u2190 or K", "previous event"],
  ["Shift with these", "ten events"], ["Home, End", "first and last event"],
  ["Space", "play and pause"], ["N, P", "next and previous problem"], ["/", "search"], ["?", "these keys"],
    ["Esc", "leave the search, close this"]];

/** Shows the keys. */
function showKeys() {
  const dialog = html("dialog", { "aria-labelledby": "keys-title", onclose: () => dialog.remove() },
    html("h2", { id: "keys-title" }, "Keys of the player"),
    html("dl", { class: "keys" }, ...playerKeys.map(
      (pair) => html("div", null, html("dt", null, html("kbd", null, pair[0])), html("dd", null, pair[1])))),
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
    ArrowRight: () => actions.step(far), ArrowDown: () => actions.step(far), j: () => actions.step(1),
      J: () => actions.step(10),
    ArrowLeft: () => actions.step(-far), ArrowUp: () => actions.step(-far), k: () => actions.step(-1),
      K: () => actions.step(-10),
    PageDown: () => actions.step(20), PageUp: () => actions.step(-20), Home: () => actions.go(0),
      End: () => actions.go(actions.last),
    n: () => actions.trouble(1), p: () => actions.trouble(-1), "/": actions.find, "?": showKeys,
      " ": actions.play,
  };
  if (!Object.prototype.hasOwnProperty.call(keys, event.key)) return;
  if (event.key === " " && /^(BUTTON|SUMMARY|A)$/.test(target.tagName)) return;
  if (/^(Arrow|Page|Home|End)/.test(event.key) && target.closest(".detail-body, .graph")) return;
  event.preventDefault();
  keys[event.key]();
}
