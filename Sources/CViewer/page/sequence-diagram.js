"use strict";
// The sequence diagram: a lifeline for each actor, time downwards, a row an event. Only the rows that are
// seen are drawn.

const diagramSize = { row: 28, pause: 16, gutter: 66, least: 100, most: 200, head: 34 };

/**
 * @typedef {object} Diagram
 * @property {HTMLElement} element
 * @property {(at: number) => void} choose
 * @property {(isShown: ((at: number) => boolean) | null) => void} filter events that do not match are faint
 */

/**
 * What is seen of the drawing, from left to right.
 * @typedef {{left: number, right: number}} Edges
 */

/**
 * @param {Story} story
 * @param {(at: number) => void} chosen
 * @returns {Diagram}
 */
function sequenceDiagram(story, chosen) {
  const { events, actors } = story;
  const size = diagramSize;
  const tops = new Float64Array(events.length + 1);
  for (let at = 0; at < events.length; at += 1) {
    const isPause = at > 0 && events[at].time !== events[at - 1].time;
    tops[at] = (at === 0 ? 8 : tops[at - 1] + size.row) + (isPause ? size.pause : 0);
  }
  tops[events.length] = events.length > 0 ? tops[events.length - 1] + size.row : 0;
  const starts = actors.map(() => -1);
  for (let at = 0; at < events.length; at += 1) {
    for (const actor of [story.subject[at], story.peer[at]]) if (actor >= 0 && starts[actor] < 0) starts[
      actor] = at;
  }
  const longest = Math.max(0, ...story.stretches.map((stretch) => stretch.to - stretch.from));
  const head = html("div", { class: "diagram-head", "aria-hidden": "true" });
  const picture = svg("svg", { class: "diagram-picture", "aria-hidden": "true" });
  const ground = html("div", { class: "diagram-ground" }, head, picture);
  const element = html("div", {
    class: "diagram", tabindex: 0, role: "region",
    "aria-label": "Sequence diagram of " + counted(actors.length, "actor")
      + ". The list of events says the same in words.",
  }, ground);
  let current = -1;
  let pitch = size.least;
  /** @type {((at: number) => boolean) | null} */
  let isShown = null;
  let isPending = false;
  // Sizes and places are kept here, because asking the element for them would lay out the whole page at every
  // step.
  const view = { width: 0, height: 0, top: 0, left: 0, ground: 300 };
  const x = (/** @type {number} */ actor) => size.gutter + pitch * (actor + 0.5);

  const layOut = () => {
    [view.width, view.height] = [element.clientWidth, element.clientHeight];
    if (view.width < 20) return;
    pitch = Math.max(size.least, Math.min(
      size.most, (view.width - size.gutter - 4) / Math.max(1, actors.length)));
    view.ground = Math.max(view.width - 2, size.gutter + pitch * actors.length);
    ground.style.width = view.ground + "px";
    ground.style.height = tops[events.length] + size.head + 24 + "px";
    empty(head);
    head.style.width = ground.style.width;
    actors.forEach((path, actor) => {
      const label = html("span", { class: "actor-name", title: visible(path) },
        datum(oneLine(story.actorNames[actor], 60)));
      label.style.left = x(actor) - pitch / 2 + 3 + "px";
      label.style.width = pitch - 6 + "px";
      head.append(label);
    });
    show();
  };
  const show = () => {
    if (view.height > 0 && current >= 0) {
      const y = tops[current];
      const room = view.height - size.head;
      const before = { top: view.top, left: view.left };
      const lowest = Math.max(0, tops[events.length] + size.head + 24 - view.height);
      if (y < view.top + size.row) view.top = Math.max(0, y - room * 0.25);
      else if (y > view.top + room - size.row * 2) view.top = Math.min(lowest, y - room * 0.7);
      const here = x(Math.max(0, story.subject[current]));
      const there = story.peer[current] < 0 ? here : x(story.peer[current]);
      const [from, to] = [Math.min(here, there), Math.max(here, there)];
      if (from < view.left + size.gutter + 30 || to > view.left + view.width - 50) {
        const middle = to - from < view.width - size.gutter - 80 ? (from + to - size.gutter) / 2
          : events[current].kind === "reply" ? there : here;
        view.left = Math.max(0, Math.min(view.ground - view.width, middle - view.width / 2));
      }
      if (view.top !== before.top) element.scrollTop = view.top;
      if (view.left !== before.left) element.scrollLeft = view.left;
    }
    soon();
  };

  const draw = () => {
    isPending = false;
    const top = Math.max(0, view.top - 60);
    const bottom = view.top + view.height + 60;
    const first = Math.max(0, firstAtLeast(tops.subarray(0, events.length), top) - 1);
    const last = Math.min(events.length, firstAtLeast(tops.subarray(0, events.length), bottom));
    const width = view.ground;
    empty(picture);
    const height = Math.min(bottom, tops[events.length] + 24) - top;
    picture.setAttribute("width", String(width));
    picture.setAttribute("height", String(Math.max(0, height)));
    picture.setAttribute("viewBox", "0 " + top + " " + width + " " + Math.max(1, height));
    picture.style.top = top + size.head + "px";
    if (current >= first && current < last) {
      picture.append(svg("rect", { class: "now", x: 0, y: tops[current], width, height: size.row }));
    }
    actors.forEach((_, actor) => {
      const from = starts[actor] < 0 ? 0 : tops[starts[actor]] + size.row / 2;
      if (from < bottom) picture.append(svg(
        "path", { class: "lifeline", d: "M" + x(actor) + " " + Math.max(from, top) + "V"
        + Math.min(bottom, tops[events.length]) }));
    });
    const begin = firstStretch(story.stretches, first - longest);
    for (let index = begin; index < story.stretches.length && story.stretches[index].from < last;
      index += 1) {
      const stretch = story.stretches[index];
      if (stretch.to < first) continue;
      const y = tops[stretch.from] + size.row / 2;
      const end = stretch.to >= events.length ? tops[events.length] : tops[stretch.to] + size.row / 2;
      const wide = stretch.kind === "call" ? 11 : 5;
      const from = Math.max(y, top - 20);
      picture.append(svg("rect", {
        class: "stretch " + stretch.kind + (stretch.fault ? " fault" : "")
          + (stretch.from <= current && stretch.to > current ? " running" : ""),
        x: x(stretch.actor) - wide / 2, y: from, width: wide,
          height: Math.max(3, Math.min(end, bottom + 20) - from), rx: 2,
      }));
    }
    for (let at = first; at < last; at += 1) {
      const row = drawEvent(story, at, tops[at], x,
        { left: view.left, right: Math.min(width, view.left + view.width) });
      if (isShown && !isShown(at)) row.classList.add("faint");
      if (at === current) row.classList.add("current");
      picture.append(row);
    }
  };
  const soon = () => {
    if (isPending) return;
    isPending = true;
    requestAnimationFrame(draw);
  };
  element.addEventListener("scroll", () => {
    [view.top, view.left] = [element.scrollTop, element.scrollLeft];
    soon();
  }, { passive: true });
  new ResizeObserver(layOut).observe(element);
  picture.addEventListener("click", (event) => {
    const y = event.clientY - element.getBoundingClientRect().top + element.scrollTop - size.head;
    const at = firstAtLeast(tops.subarray(0, events.length), y + 0.01) - 1;
    if (at >= 0) chosen(at);
  });
  return {
    element,
    filter: (next) => {
      isShown = next;
      soon();
    },
    choose: (at) => {
      current = at;
      show();
    },
  };
}

/**
 * The place of the first stretch that begins at an event or later.
 * @param {Stretch[]} stretches
 * @param {number} event
 */
function firstStretch(stretches, event) {
  let low = 0;
  let high = stretches.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (stretches[middle].from < event) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * One row: the time where it moves on, and what happened.
 * @param {Story} story
 * @param {number} at
 * @param {number} top
 * @param {(actor: number) => number} x
 * @param {Edges} edges
 */
function drawEvent(story, at, top, x, edges) {
  const event = story.events[at];
  const middle = top + diagramSize.row / 2 + 5;
  const row = svg("g", { class: "row kind-of-" + kindOf(event.kind).group
    + (isTroubleAt(story, at) ? " trouble" : "") + (event.inherited ? " inherited" : "") });
  if (at === 0 || story.events[at - 1].time !== event.time) {
    row.append(svg("text", { class: "time", x: edges.left + diagramSize.gutter - 10, y: middle + 3,
      "text-anchor": "end" }, seconds(event.time)),
      svg("path", { class: "instant", d: "M" + (edges.left + diagramSize.gutter - 4) + " " + (top - 3) + "H"
        + edges.right }));
  }
  const [subject, peer] = [story.subject[at], story.peer[at]];
  const here = x(Math.max(0, subject));
  if (peer >= 0 && peer !== subject) drawArrow(row, event, x(peer), here, middle, edges);
  else drawPoint(row, event, here, middle, edges);
  return row;
}

/**
 * @param {SVGGElement} row
 * @param {LogEvent} event
 * @param {number} from
 * @param {number} to
 * @param {number} y
 * @param {Edges} edges
 */
function drawArrow(row, event, from, to, y, edges) {
  const way = Math.sign(to - from) || 1;
  const isLost = event.kind === "drop" || event.kind === "deadLetter";
  const end = event.kind === "drop" ? from + (to - from) * 0.62
    : to - way * (event.kind === "deadLetter" ? 9 : 6);
  row.append(svg("path", { class: "arrow" + (event.kind === "reply" ? " reply" : ""),
    d: "M" + from + " " + y + "H" + end }));
  if (isLost) row.append(cross(end, y, 5));
  else row.append(svg("path", { class: "arrow-head",
    d: "M" + (to - way * 9) + " " + (y - 4.5) + "L" + (to - way * 1) + " " + y + "L" + (to - way * 9) + " "
    + (y + 4.5) + "Z" }));
  const words = (isLost ? kindOf(event.kind).name + ": " : "") + eventAction(event);
  const begin = Math.max(Math.min(from, to) + 8,
    Math.min(edges.left + diagramSize.gutter + 8, Math.max(from, to) - 60));
  row.append(label(words, begin, Math.min(Math.max(from, to), edges.right) - 8, y - 5, edges));
}

/**
 * @param {SVGGElement} row
 * @param {LogEvent} event
 * @param {number} x
 * @param {number} y
 * @param {Edges} edges
 */
function drawPoint(row, event, x, y, edges) {
  const say = (/** @type {number} */ offset) =>
    row.append(label(eventAction(event), x + offset, x - offset, y + 3.5, edges));
  switch (event.kind) {
    case "call": case "completion":
      row.append(svg("path", { class: "outside-mark",
        d: event.kind === "call" ? "M" + (x - 4) + " " + (y - 5) + "L" + (x + 4) + " " + y + "L" + (x - 4)
        + " " + (y + 5) + "Z"
        : "M" + (x + 4) + " " + (y - 5) + "L" + (x - 4) + " " + y + "L" + (x + 4) + " " + (y + 5) + "Z" }));
      return say(12);
    case "crash": case "failure":
      row.append(cross(x, y, 7));
      return say(14);
    case "finish":
      row.append(svg("rect", { class: "end-mark", x: x - 5, y: y - 5, width: 10, height: 10 }));
      return say(12);
    default:
      row.append(svg("circle", { class: "point-mark", cx: x, cy: y, r: 8 }),
        svg("text", { class: "sign", x, y: y + 4, "text-anchor": "middle" }, kindOf(event.kind).sign));
      return say(13);
  }
}

/**
 * Words beside a mark. A row has one event, so they may take the room to the edge; where that is little, they
 * end at
 * `left` of the mark.
 * @param {string} words
 * @param {number} right where they begin
 * @param {number} left where they end otherwise
 * @param {number} y
 * @param {Edges} edges
 */
function label(words, right, left, y, edges) {
  const isLeft = edges.right - right < 190 && left - edges.left - diagramSize.gutter > edges.right - right;
  const room = Math.floor((isLeft ? left - edges.left - diagramSize.gutter : edges.right - right) / 6.3);
  return svg("text", { class: "label", x: isLeft ? left : right, y, "text-anchor": isLeft ? "end" : "start" },
    oneLine(words, Math.min(110, Math.max(8, room))));
}

/** @param {number} x @param {number} y @param {number} reach */
function cross(x, y, reach) {
  return svg("path", { class: "cross",
    d: "M" + (x - reach) + " " + (y - reach) + "l" + 2 * reach + " " + 2 * reach + "m0 " + -2 * reach + "l"
    + -2 * reach + " " + 2 * reach });
}
