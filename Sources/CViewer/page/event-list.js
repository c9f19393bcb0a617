"use strict";
// A list that holds elements only for the rows that are seen, and the list of an episode's events.

/**
 * @typedef {object} RowList
 * @property {HTMLElement} element
 * @property {(count: number) => void} setCount
 * @property {(row: number) => void} choose
 */

/**
 * @param {object} options
 * @param {string} options.label
 * @param {number} options.rowHeight
 * @param {(row: number) => {id: string, element: HTMLElement}} options.row
 * @param {(row: number) => void} options.chosen
 * @returns {RowList}
 */
function rowList(options) {
  const { rowHeight } = options;
  const rows = html("div", { class: "list-rows", role: "presentation" });
  const element = html("div", { class: "list", role: "listbox", tabindex: 0, "aria-label": options.label },
    rows);
  let count = 0;
  let current = -1;
  // Height and place are kept here, because asking the element for them would lay out the whole page at every
  // step.
  let height = 0;
  let top = 0;
  /** @type {Map<number, HTMLElement>} */
  const drawn = new Map();
  const mark = (/** @type {number} */ row, /** @type {boolean} */ isCurrent) => {
    const made = drawn.get(row);
    if (made) made.setAttribute("aria-selected", String(isCurrent));
    if (made && isCurrent) element.setAttribute("aria-activedescendant", made.id);
  };
  const draw = () => {
    const first = Math.max(0, Math.floor(top / rowHeight) - 6);
    const last = Math.min(count, Math.ceil((top + height) / rowHeight) + 6);
    drawn.forEach((made, row) => {
      if (row >= first && row < last) return;
      made.remove();
      drawn.delete(row);
    });
    for (let row = last - 1; row >= first; row -= 1) {
      if (drawn.has(row)) continue;
      const made = options.row(row);
      made.element.style.top = row * rowHeight + "px";
      made.element.setAttribute("role", "option");
      made.element.setAttribute("id", made.id);
      made.element.setAttribute("aria-selected", "false");
      made.element.setAttribute("aria-setsize", String(count));
      made.element.setAttribute("aria-posinset", String(row + 1));
      drawn.set(row, made.element);
      const next = drawn.get(row + 1);
      rows.insertBefore(made.element, next || null);
    }
    if (!drawn.has(current)) element.removeAttribute("aria-activedescendant");
    mark(current, true);
  };
  const show = () => {
    const place = current * rowHeight;
    const before = top;
    if (current >= 0 && height > 0) {
      if (place < top + rowHeight) top = Math.max(0, place - rowHeight * 2);
      else if (place > top + height - rowHeight * 2) top = Math.min(
        Math.max(0, count * rowHeight - height), place - height + rowHeight * 3);
    }
    if (top !== before) element.scrollTop = top;
    draw();
  };
  element.addEventListener("scroll", () => {
    top = element.scrollTop;
    draw();
  }, { passive: true });
  element.addEventListener("click", (event) => {
    const row = Math.floor((event.clientY - element.getBoundingClientRect().top
      + element.scrollTop) / rowHeight);
    if (row >= 0 && row < count) options.chosen(row);
  });
  new ResizeObserver(() => {
    height = element.clientHeight;
    show();
  }).observe(element);
  return {
    element,
    setCount: (next) => {
      count = next;
      drawn.clear();
      empty(rows);
      rows.style.height = count * rowHeight + "px";
      draw();
    },
    choose: (row) => {
      mark(current, false);
      current = row;
      show();
    },
  };
}

/**
 * A row of the list of events.
 * @param {Story} story
 * @param {number} at
 */
function eventRow(story, at) {
  const event = story.events[at];
  const before = at > 0 ? story.events[at - 1] : null;
  const isNew = before === null || before.time !== event.time;
  const actor = story.actorNames[story.subject[at]] || "";
  const from = story.peer[at] >= 0 ? story.actorNames[story.peer[at]] : "";
  const message = event.kind === "delivery" || event.kind === "reply" || event.kind === "drop"
    || event.kind === "deadLetter";
  return html("div", {
    class: "event-row" + (isTroubleAt(story, at) ? " trouble" : "") + (event.inherited ? " inherited" : "")
      + (isNew ? " new-time" : ""),
  }, html("span", { class: "event-number" }, event.event),
    html("span", { class: "event-sign kind-of-" + kindOf(event.kind).group, "aria-hidden": "true" },
    kindOf(event.kind).sign),
  html("span", { class: "event-words" }, html("span", { class: "offscreen" }, kindOf(event.kind).name + " "),
    message && from ? html("b", null, datum(oneLine(from, 40)), " \u2192 ", datum(oneLine(actor, 40)))
      : html("b", null, datum(oneLine(actor, 60))),
    " ", datum(oneLine(eventAction(event), 160), "event-action")),
  html("span", { class: "event-time" }, isNew ? seconds(event.time) : ""));
}
