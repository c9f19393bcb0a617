"use strict";
// Two episodes of one task side by side, with the first event that differs.

/**
 * What makes two events the same for a reader: everything but the episode that they stand in.
 * @param {LogEvent} event
 */
function eventKey(event) {
  return JSON.stringify([event.kind, event.time, event.subject, event.peer, event.name, event.call,
    event.units, event.payload]);
}

/**
 * The number of events that both begin with.
 * @param {LogEvent[]} one
 * @param {LogEvent[]} other
 */
function commonBeginning(one, other) {
  let at = 0;
  while (at < one.length && at < other.length && eventKey(one[at]) === eventKey(other[at])) at += 1;
  return at;
}

/**
 * @param {Sample} one
 * @param {Sample} other
 * @returns {Player}
 */
function sideBySide(one, other) {
  const stories = [storyOf(one), storyOf(other)];
  const first = commonBeginning(one.events, other.events);
  const count = Math.max(one.events.length, other.events.length);
  const isSame = first === count;
  let current = isSame ? 0 : first;
  const detail = html("div", { class: "beside-details" });
  const go = (/** @type {number} */ at, /** @type {boolean} */ isSpoken) => {
    current = Math.max(0, Math.min(count - 1, at));
    list.choose(current);
    empty(detail);
    stories.forEach((story, side) => detail.append(
      html("section", { class: "detail-body", tabindex: 0, role: "region",
      "aria-label": side === 0 ? "Event on the left" : "Event on the right" },
      current < story.events.length ? eventDetail(story, current, (place) => go(place, true))
        : html("p", { class: "note" }, "This episode has ended."))));
    const event = stories[0].events[current] || stories[1].events[current];
    if (event) keepAddress(one, event.event);
    if (isSpoken && event) announce((current < first ? "Same in both. " : "Differs. ")
      + eventSentence(event));
  };
  const list = rowList({
    label: "Events of both episodes", rowHeight: 30, chosen: (row) => go(row, true),
    row: (row) => {
      const keys = stories.map((story) => (row < story.events.length ? eventKey(story.events[row]) : ""));
      const differs = row >= first && keys[0] !== keys[1];
      return {
        id: "pair-" + row, element: html("div",
          { class: "pair-row" + (differs ? " differs" : "") + (row === first ? " first-difference" : "") },
          html("span", { class: "pair-sign", "aria-label": differs ? "differs" : "same" },
            row === first && !isSame ? "\u2260" : differs ? "\u2260" : "="),
          ...stories.map((story) => (row < story.events.length ? eventRow(story, row)
            : html("div", { class: "event-row" })))),
      };
    },
  });
  const step = (/** @type {number} */ by) => go(current + by, true);
  const element = html("div", { class: "player beside" },
    besideHead(one, other, first, isSame, () => go(first, true)),
    html("div", { class: "beside-list" }, list.element), detail);
  element.addEventListener("keydown", (event) => playerKey(event, {
    step, go: (at) => go(at, true), play: () => undefined, trouble: () => go(first, true), last: count - 1,
      find: () => undefined,
  }));
  list.setCount(count);
  return {
    element, stop: () => undefined, first: () =>
      (isSame ? 0 : (one.events[first] || other.events[first]).event),
    go: (number, isSpoken) => go(firstAtLeast(
      (one.events.length >= other.events.length ? one : other).events.map((event) => event.event), number),
      isSpoken),
  };
}

/**
 * @param {Sample} one
 * @param {Sample} other
 * @param {number} first
 * @param {boolean} isSame
 * @param {() => void} jump
 */
function besideHead(one, other, first, isSame, jump) {
  const both = [one.episode, other.episode];
  const at = one.events[first] || other.events[first];
  /** @type {[string, (episode: Episode) => string][]} */
  const rows = [["episode", (episode) => episode.id], ["outcome", outcomeWord],
    ["answer", (episode) => (episode.answer === null ? "none" : episode.answer)],
    ["reward", (episode) => (episode.reward ? numeral(episode.reward.executors) : "\u2013")],
      ["design", (episode) => (episode.script ? scriptLine(episode.script) : "\u2013")],
    ["calls", (episode) => String(episode.calls.length)], ["events", (episode) => String(episode.events)],
      ["virtual time", (episode) => seconds(episode.time)]];
  const cells = rows.map(([, value]) => both.map(value));
  const sides = ["left", "right"].map((side, place) => html("tr", null, html("th", { scope: "row" }, side),
    ...cells.map((pair) => html("td", { class: pair[0] === pair[1] ? null : "differs" },
      datumLine(pair[place])))));
  return html("header", { class: "player-head" },
    html("div", { class: "player-title" }, html("h1", null, "Two episodes side by side"),
      html("span", { class: "player-facts" }, isSame ? "Both have the same events."
        : first === 0 ? "They differ from the first event on."
          : "The first " + counted(first, "event") + " are the same."),
      isSame ? null : html("button", { type: "button", class: "quiet", onclick: jump },
        "First difference: event " + at.event + ", " + seconds(at.time)),
      html("span", { class: "spacer" }), html("a", { href: episodeHash(one) }, "Left alone"),
        html("a", { href: episodeHash(other) }, "Right alone")),
    html("div", { class: "table", tabindex: 0, role: "region", "aria-label": "What differs" },
      html("table", { class: "small-table beside-table" },
      html("thead", null, html("tr", null,
        html("th", { scope: "col" }, html("span", { class: "offscreen" }, "side")),
        ...rows.map(([name], column) =>
        html("th", { scope: "col" }, name + (cells[column][0] === cells[column][1] ? "" : " \u2260"))))),
          html("tbody", null, ...sides))));
}
