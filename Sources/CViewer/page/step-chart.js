"use strict";
// The frame of every chart over training steps: axes, stages, reading by pointer or keys, and a zoom that all
// charts of
// a page share. What is drawn inside comes from step-drawings.js.

/** @typedef {{role: string, from: number, to: number}} Stage */

/**
 * @typedef {object} Reading
 * @property {string} name
 * @property {string} value
 * @property {string} style the class that has the series' colour
 * @property {number | null} [y] where a dot marks it
 * @property {string} [mark] a letter or sign that tells it from others without colour
 */

/**
 * @typedef {object} Plot
 * @property {SVGGElement} layer
 * @property {Scale} x
 * @property {Scale} y
 * @property {number} width
 * @property {number} height
 */

/**
 * @typedef {object} StepDrawing
 * @property {number[]} stops where the reader can stand, ascending
 * @property {(range: [number, number]) => [number, number]} extent of the values in a range of steps
 * @property {(plot: Plot) => void} draw
 * @property {(step: number) => Reading[]} read
 * @property {(value: number) => string} format
 * @property {() => TableData} table
 */

/**
 * @typedef {object} StepChartOptions
 * @property {string} title
 * @property {string} note
 * @property {number} height
 * @property {StepDrawing} drawing
 * @property {Stage[]} stages
 * @property {Zoom} zoom
 * @property {Child[]} [tools]
 * @property {Child} [legend]
 * @property {boolean} [isSmall]
 * @property {((step: number) => HTMLElement | null)} [episodesAt] what is shown where the reader chooses a
 *   step
 */

/** The range of steps that all charts of a page show. */
class Zoom {
  /** @param {[number, number]} whole */
  constructor(whole) {
    this.whole = whole;
    /** @type {[number, number]} */
    this.range = [whole[0], whole[1]];
    /** @type {Set<() => void>} */
    this.listeners = new Set();
  }

  get isWhole() {
    return this.range[0] === this.whole[0] && this.range[1] === this.whole[1];
  }

  /** @param {number} low @param {number} high */
  show(low, high) {
    const least = Math.min(2, this.whole[1] - this.whole[0]);
    let from = Math.max(this.whole[0], Math.min(low, high));
    let to = Math.min(this.whole[1], Math.max(low, high));
    if (to - from < least) {
      const middle = (from + to) / 2;
      from = Math.max(this.whole[0], Math.min(middle - least / 2, this.whole[1] - least));
      to = from + least;
    }
    this.range = [from, to];
    this.listeners.forEach((listener) => listener());
  }

  reset() {
    this.show(this.whole[0], this.whole[1]);
  }
}

/**
 * A chart over steps.
 * @param {StepChartOptions} options
 */
function stepChart(options) {
  const { drawing, zoom } = options;
  const tooltip = html("div", { class: "tooltip", hidden: true });
  const below = html("div", { class: "below" });
  const canvas = html("div", {
    class: "plot", tabindex: 0, role: "group", "aria-roledescription": "chart",
      style: "height:" + options.height + "px",
    "aria-label": options.title + ". Arrow keys read values, plus and minus zoom, 0 shows all"
      + (options.episodesAt ? ", Enter lists episodes" : "") + ".",
  });
  const reset = html("button", { class: "quiet reset", type: "button", hidden: true,
    onclick: () => zoom.reset() }, "Show all steps");
  let width = 0;
  /** @type {Plot | null} */
  let plot = null;
  /** @type {number | null} */
  let place = null;
  const cursor = svg("g", { class: "cursor" });

  const render = () => {
    if (width === 0) return;
    plot = drawFrame(options, canvas, width);
    canvas.append(tooltip);
    if (plot.layer.parentNode) plot.layer.parentNode.append(cursor);
    reset.hidden = zoom.isWhole;
    point(null, false);
  };

  /** @param {number | null} next @param {boolean} isSpoken */
  const point = (next, isSpoken) => {
    place = next;
    empty(cursor);
    tooltip.hidden = next === null || plot === null;
    if (next === null || plot === null) return;
    const step = drawing.stops[next];
    const readings = drawing.read(step);
    showReading(plot, cursor, tooltip, step, readings, options);
    if (isSpoken) {
      announce(options.title + ", step " + numeral(step) + ": "
        + readings.map((reading) => reading.name + " " + reading.value).join(", "));
    }
  };

  /** @param {number} step */
  const choose = (step) => {
    if (!options.episodesAt) return;
    empty(below);
    const list = options.episodesAt(step);
    if (list) below.append(list);
  };

  const move = (/** @type {number} */ by) => {
    const inside = drawing.stops.map((_, index) => index).filter((index) =>
      drawing.stops[index] >= zoom.range[0] && drawing.stops[index] <= zoom.range[1]);
    if (inside.length === 0) return;
    const now = place === null ? (by > 0 ? -1 : inside.length) : inside.indexOf(place);
    point(inside[Math.max(0, Math.min(inside.length - 1, now + by))], true);
  };

  canvas.addEventListener("keydown", (event) => {
    const [low, high] = zoom.range;
    const middle = place === null ? (low + high) / 2 : drawing.stops[place];
    /** @type {Record<string, () => void>} */
    const actions = {
      ArrowLeft: () => move(-1), ArrowRight: () => move(1), Home: () => move(-1e9), End: () => move(1e9),
      "+": () => zoom.show(middle - (middle - low) / 2, middle + (high - middle) / 2),
      "-": () => zoom.show(middle - (middle - low) * 2 - 1, middle + (high - middle) * 2 + 1),
      "0": () => zoom.reset(), Escape: () => point(null, false),
      Enter: () => { if (place !== null) choose(drawing.stops[place]); },
    };
    const key = event.key === "=" ? "+" : event.key;
    if (!(key in actions) || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    actions[key]();
  });
  canvas.addEventListener("blur", () => point(null, false));
  followPointer(canvas, zoom, () => plot, (x) => {
    if (plot === null || drawing.stops.length === 0) return;
    point(x === null ? null : nearest(drawing.stops, plot.x.value(x)), false);
  }, (x) => { if (plot !== null && drawing.stops.length > 0) choose(
    drawing.stops[nearest(drawing.stops, plot.x.value(x))]); });

  zoom.listeners.add(render);
  whenSized(canvas, (next) => {
    width = next;
    render();
  });
  return figureOf({
    title: options.title, note: options.note, tools: [reset, ...(options.tools || [])],
      isSmall: options.isSmall,
    body: html("div", null, options.legend || null, canvas, below), table: drawing.table,
  });
}

const plotMargin = { left: 46, right: 12, top: 20, bottom: 24 };

/**
 * Draws axes, stages and contents; what stood there before goes.
 * @param {StepChartOptions} options
 * @param {HTMLElement} canvas
 * @param {number} width
 * @returns {Plot}
 */
function drawFrame(options, canvas, width) {
  const { drawing, zoom, stages, height } = options;
  const inner = { width: width - plotMargin.left - plotMargin.right,
    height: height - plotMargin.top - plotMargin.bottom };
  const x = linear(zoom.range, [0, inner.width]);
  const y = linear(drawing.extent(zoom.range), [inner.height, 0]);
  const clip = "clip-" + String(drawFrame.count++);
  const picture = svg("svg", { width, height, "aria-hidden": "true" },
    svg("defs", null, svg("clipPath", { id: clip },
      svg("rect", { x: -6, y: -6, width: inner.width + 12, height: inner.height + 12 }))));
  const ground = svg("g", { transform: "translate(" + plotMargin.left + " " + plotMargin.top + ")" });
  const layer = svg("g", { "clip-path": "url(#" + clip + ")" });
  for (const stage of stages) {
    const from = Math.max(zoom.range[0], stage.from);
    const to = Math.min(zoom.range[1], stage.to);
    if (to <= from) continue;
    const wide = x.place(to) - x.place(from);
    ground.append(svg("rect", { class: "stage " + roleStyle(stage.role), x: x.place(from), y: 0, width: wide,
      height: inner.height }));
    if (x.place(from) > 1) ground.append(
      svg("path", { class: "stage-edge", d: "M" + x.place(from) + " -14V" + inner.height }));
    const label = stage.role + (stage.role === "both" ? " learn" : " learns");
    if (wide > 88) ground.append(svg("text", { class: "stage-name", x: x.place(from) + 5, y: -6 }, label));
    else if (wide > 16) ground.append(svg(
      "text", { class: "stage-name", x: x.place(from) + 5, y: -6 }, stage.role[0].toUpperCase()));
  }
  for (const value of ticks(y.domain, Math.max(2, inner.height / 44))) {
    const at = Math.round(y.place(value)) + 0.5;
    ground.append(svg("path", { class: value === 0 ? "grid zero" : "grid",
      d: "M0 " + at + "H" + inner.width }),
      svg("text", { class: "tick", x: -7, y: at + 3.5, "text-anchor": "end" }, drawing.format(value)));
  }
  for (const value of ticks(zoom.range, Math.max(2, inner.width / 80), true)) {
    ground.append(svg("text", { class: "tick", x: x.place(value), y: inner.height + 16,
      "text-anchor": "middle" }, numeral(value)));
  }
  ground.append(svg("text", { class: "tick", x: -7, y: inner.height + 16, "text-anchor": "end" }, "step"));
  ground.append(layer);
  picture.append(ground);
  empty(canvas);
  canvas.append(picture);
  const plot = { layer, x, y, width: inner.width, height: inner.height };
  drawing.draw(plot);
  return plot;
}
drawFrame.count = 0;

/**
 * The class with the colour of a role.
 * @param {string} role
 */
function roleStyle(role) {
  return role === "designer" || role === "executor" ? "role-" + role : "role-both";
}

/**
 * Marks a step and writes what the chart says there.
 * @param {Plot} plot
 * @param {SVGGElement} cursor
 * @param {HTMLElement} tooltip
 * @param {number} step
 * @param {Reading[]} readings
 * @param {StepChartOptions} options
 */
function showReading(plot, cursor, tooltip, step, readings, options) {
  const at = plot.x.place(step);
  cursor.append(svg("path", { class: "rule", d: "M" + at + " 0V" + plot.height }));
  empty(tooltip);
  tooltip.append(html("div", { class: "tooltip-head" }, "step " + numeral(step)));
  for (const reading of readings.slice(0, 14)) {
    if (reading.y !== null && reading.y !== undefined) {
      cursor.append(svg("circle", { class: "dot " + reading.style, cx: at, cy: plot.y.place(reading.y),
        r: 3.5 }));
    }
    tooltip.append(html("div", { class: "tooltip-row" },
      html("span", { class: "swatch " + reading.style }, reading.mark || ""),
      datumLine(reading.name, "tooltip-name"), html("b", null, reading.value)));
  }
  if (readings.length > 14) tooltip.append(
    html("div", { class: "tooltip-more" }, "and " + (readings.length - 14) + " more"));
  if (options.episodesAt) tooltip.append(
    html("div", { class: "tooltip-more" }, "click: episodes of this step"));
  const isRight = at > plot.width * 0.55;
  tooltip.style.left = isRight ? "auto" : plotMargin.left + at + 12 + "px";
  tooltip.style.right = isRight ? plotMargin.right + plot.width - at + 12 + "px" : "auto";
}

/**
 * Reads by hovering, zooms by dragging, resets by a double click, chooses by a click.
 * @param {HTMLElement} canvas
 * @param {Zoom} zoom
 * @param {() => Plot | null} plot
 * @param {(x: number | null) => void} pointed
 * @param {(x: number) => void} chosen
 */
function followPointer(canvas, zoom, plot, pointed, chosen) {
  /** @type {number | null} */
  let start = null;
  const band = html("div", { class: "zoom-band", hidden: true });
  const place = (/** @type {PointerEvent} */ event) =>
    event.clientX - canvas.getBoundingClientRect().left - plotMargin.left;
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    start = place(event);
    canvas.append(band);
  });
  canvas.addEventListener("pointermove", (event) => {
    const x = place(event);
    pointed(x);
    if (start === null || Math.abs(x - start) < 5 || event.pointerType === "touch") return;
    if (!canvas.hasPointerCapture(event.pointerId)) canvas.setPointerCapture(event.pointerId);
    band.hidden = false;
    band.style.left = plotMargin.left + Math.min(x, start) + "px";
    band.style.width = Math.abs(x - start) + "px";
  });
  canvas.addEventListener("pointerup", (event) => {
    const now = plot();
    const x = place(event);
    if (start !== null && now !== null) {
      if (!band.hidden) zoom.show(now.x.value(start), now.x.value(x));
      else chosen(x);
    }
    start = null;
    band.hidden = true;
  });
  canvas.addEventListener("pointercancel", () => {
    start = null;
    band.hidden = true;
  });
  canvas.addEventListener("pointerleave", () => { if (start === null) pointed(null); });
  canvas.addEventListener("dblclick", () => zoom.reset());
}
