"use strict";
// The whole episode on virtual time, to scale: a lane for each actor, its calls as bars, troubles as ticks.

/**
 * @typedef {object} Timeline
 * @property {HTMLElement} element
 * @property {(at: number) => void} choose
 */

/**
 * @param {Story} story
 * @param {(at: number) => void} chosen
 * @returns {Timeline}
 */
function timeline(story, chosen) {
  const { events } = story;
  const end = events.length > 0 ? events[events.length - 1].time : 0;
  const lanes = distinct(story.stretches.map((stretch) => stretch.actor)).slice(0, 400);
  const laneOf = new Map(lanes.map((actor, lane) => [actor, lane]));
  const lane = lanes.length > 12 ? Math.max(1.5, 60 / lanes.length) : 6;
  const height = Math.ceil(Math.max(18, lanes.length * lane + 12));
  const canvas = html("canvas", { "aria-hidden": "true" });
  const cursor = html("div", { class: "timeline-cursor" });
  const times = html("div", { class: "timeline-times", "aria-hidden": "true" });
  const element = html("div", { class: "timeline" },
    html("div", { class: "timeline-lanes", style: "height:" + height + "px" }, canvas, cursor), times);
  let width = 0;
  let current = 0;
  const x = (/** @type {number} */ time) => (end > 0 ? (time / end) * (width - 4) + 2 : 2);
  const timeAt = (/** @type {number} */ at) => (at < events.length ? events[at].time : end);
  const draw = () => {
    const pixels = window.devicePixelRatio || 1;
    const context = canvas.getContext("2d");
    if (!context || width === 0) return;
    canvas.width = width * pixels;
    canvas.height = height * pixels;
    canvas.style.width = width + "px";
    canvas.style.height = height + "px";
    context.scale(pixels, pixels);
    const style = getComputedStyle(element);
    const colour = (/** @type {string} */ name) => style.getPropertyValue(name).trim();
    for (const kind of ["work", "call"]) {
      for (const stretch of story.stretches) {
        if (stretch.kind !== kind) continue;
        const from = x(events[stretch.from].time);
        const to = x(timeAt(stretch.to));
        const y = 8 + (laneOf.get(stretch.actor) || 0) * lane;
        context.fillStyle = colour(kind === "work" ? "--lane-work" : stretch.fault ? "--bad" : "--outside");
        context.fillRect(from, y, Math.max(1.5, to - from),
          Math.max(1, kind === "work" ? lane - 1 : lane - 1.5));
      }
    }
    context.fillStyle = colour("--bad");
    for (const at of story.troubles) context.fillRect(x(events[at].time) - 1, 0, 2, 6);
  };
  const place = () => { cursor.style.transform = "translateX(" + x(timeAt(current)) + "px)"; };
  whenSized(element, (next) => {
    width = next;
    empty(times);
    for (const value of ticks([0, end || 1], Math.max(2, width / 110))) {
      const label = html("span", null, seconds(value));
      label.style.left = Math.min(width - 34, x(value)) + "px";
      times.append(label);
    }
    draw();
    place();
  });
  new MutationObserver(draw).observe(document.documentElement,
    { attributes: true, attributeFilter: ["data-theme"] });
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  element.addEventListener("pointerdown", (event) => {
    const time = ((event.clientX - element.getBoundingClientRect().left - 2) / Math.max(1, width - 4)) * end;
    let low = 0;
    while (low < events.length - 1 && events[low + 1].time <= time) low += 1;
    chosen(low);
  });
  return { element, choose: (at) => { current = at; place(); } };
}
